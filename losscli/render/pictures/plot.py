"""A picture of loss curves, distinguished by colour, dash, marker and a name at their ends."""

import io
import math
from typing import Any

from losscli.results.documents.plot import Plot

# Okabe and Ito's colours, ordered so that neighbours differ in brightness too; each with a dash of
# its own, for prints in grey and readers who do not see colours.
_STYLES = (
    ("#0072B2", "-", "o"),
    ("#D55E00", (0, (5, 1.5)), "s"),
    ("#000000", (0, (1, 1.2)), "D"),
    ("#009E73", (0, (7, 1.5, 1, 1.5)), "^"),
    ("#CC79A7", (0, (3, 1, 1, 1, 1, 1)), "v"),
    ("#56B4E9", (0, (9, 2)), "P"),
    ("#E69F00", (0, (2, 2)), "X"),
    ("#6A6A6A", (0, (4, 1, 1, 1)), "*"),
)
_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "losscli", "svg.fonttype": "path",
    "font.family": "DejaVu Sans", "font.size": 9.0,
    "axes.spines.top": False, "axes.spines.right": False, "text.usetex": False,
    "axes.unicode_minus": True, "mathtext.default": "regular", "text.parse_math": False,
}  # fmt: skip
_NAME_DISTANCE = 0.065  # of the height of a panel


def draw(result: Plot, form: str) -> bytes:
    """The picture in a format; the same bytes for the same curves."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    known = all(curve.gradients is not None for curve in result.curves)
    panels = ["loss", "gradient"] if result.gradient and known else ["loss"]
    settings: Any = {**mpl.rcParamsDefault, **_SETTINGS}  # whatever a matplotlibrc says
    with mpl.rc_context(settings):
        figure = Figure(figsize=(5.2 * len(panels), 3.8), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, name in zip(axes, panels, strict=True):
            _panel(axis, result, name)
        if result.title:
            figure.suptitle(result.title, fontsize=11)
        stream = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        figure.savefig(stream, format=form, dpi=150, metadata=undated)
    return stream.getvalue()


def _panel(axis: Any, result: Plot, name: str) -> None:
    from losscli.render.canvas import Trace, frame_of

    heights: list[Any] = [
        curve.losses if name == "loss" else curve.gradients for curve in result.curves
    ]
    traces = [Trace(curve.at, h) for curve, h in zip(result.curves, heights, strict=True)]
    frame = frame_of(traces, 2, 2)
    margin = 0.04 * (frame.top - frame.bottom)
    axis.set_xlim(result.low, result.high)
    axis.set_ylim(frame.bottom - margin, frame.top + margin)
    axis.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
    for number, (curve, own) in enumerate(zip(result.curves, heights, strict=True)):
        colour, dash, mark = _STYLES[number]
        # Each curve has its markers at other points, so that none hides another's.
        every = (number * 5, max(1, len(curve.at) // 8))
        axis.plot(
            curve.at, own, color=colour, linestyle=dash, linewidth=1.8, marker=mark,
            markersize=4.5, markevery=every, markerfacecolor="white", markeredgewidth=1.0,
        )  # fmt: skip
    _add_names(axis, result, heights)
    axis.set_xlabel(result.axis)
    axis.set_title(name, loc="left", fontsize=10)
    axis.grid(visible=True, alpha=0.2)


def _add_names(axis: Any, result: Plot, heights: list[Any]) -> None:
    """The name and mark of each curve at its right end, moved apart where ends meet."""
    low, high = axis.get_ylim()
    ends = sorted((_last(own, low, high), number) for number, own in enumerate(heights))
    places = _spread([end for end, _ in ends], _NAME_DISTANCE * (high - low), high)
    transform = axis.get_yaxis_transform()  # shares of the width, heights of the data
    for place, (_, number) in zip(places, ends, strict=True):
        colour, _, mark = _STYLES[number]
        axis.plot(
            [1.03], [place], mark, transform=transform, color=colour, markersize=4.5, clip_on=False,
            markerfacecolor="white", markeredgewidth=1.0,
        )  # fmt: skip
        axis.annotate(
            result.curves[number].label, (1.0, place), xycoords=transform, xytext=(14, 0),
            textcoords="offset points", color=colour, va="center", annotation_clip=False,
        )  # fmt: skip


def _last(heights: Any, low: float, high: float) -> float:
    """The height of a curve's end, clamped to the panel."""
    finite = [float(height) for height in heights[-2:] if math.isfinite(height)]
    return min(max(finite[-1] if finite else low, low), high)


def _spread(ends: list[float], distance: float, high: float) -> list[float]:
    """Heights near the given ones, in their order, at a distance from each other, at most high."""
    places: list[float] = []
    for end in ends:
        places.append(max(end, places[-1] + distance) if places else end)
    limit = high
    for at in reversed(range(len(places))):
        places[at] = min(places[at], limit)
        limit = places[at] - distance
    return places
