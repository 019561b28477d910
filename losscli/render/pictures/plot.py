"""Curves of losses as a picture: told apart in colour, in grey, and by their names beside them."""

import io
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losscli.explanation.curves import Curve
    from losscli.explanation.plot import Plot

# Okabe and Ito's colours, in an order of which neighbours differ in brightness too; each with a
# dash of its own, so that a print in grey or an eye without colours tells them apart.
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
_APART = 0.065  # of the height of a panel, between the names of curves


def draw(result: "Plot", form: str) -> bytes:
    """The picture in a format; the same bytes for the same curves."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = all(curve.gradients is not None for curve in result.curves)
    panels = ["loss", "gradient"] if result.gradient and known else ["loss"]
    settings: Any = {**mpl.rcParamsDefault, **_SETTINGS}  # whatever a matplotlibrc says
    with mpl.rc_context(settings):
        figure = Figure(figsize=(5.2 * len(panels), 3.8), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, name in zip(axes, panels, strict=True):
            _panel(axis, result, name)
        if result.title:
            figure.suptitle(result.title, fontsize=11)
        stream = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        figure.savefig(stream, format=form, dpi=150, metadata=undated)
    return stream.getvalue()


def _panel(axis: Any, result: "Plot", name: str) -> None:
    from losscli.render.canvas import Trace, frame_of

    heights = [_heights(curve, name) for curve in result.curves]
    traces = [Trace(curve.at, h) for curve, h in zip(result.curves, heights, strict=True)]
    frame = frame_of(traces, 2, 2)
    spare = 0.04 * (frame.top - frame.bottom)
    axis.set_xlim(result.low, result.high)
    axis.set_ylim(frame.bottom - spare, frame.top + spare)
    axis.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
    for number, (curve, mine) in enumerate(zip(result.curves, heights, strict=True)):
        colour, dash, mark = _STYLES[number]
        # Markers of several curves stand at other places, so that none hides another's.
        every = (number * 5, max(1, len(curve.at) // 8))
        axis.plot(
            curve.at, mine, color=colour, linestyle=dash, linewidth=1.8, marker=mark,
            markersize=4.5, markevery=every, markerfacecolor="white", markeredgewidth=1.0,
        )  # fmt: skip
    _names(axis, result, heights)
    axis.set_xlabel(result.axis)
    axis.set_title(name, loc="left", fontsize=10)
    axis.grid(visible=True, alpha=0.2)


def _heights(curve: "Curve", name: str) -> Any:
    return curve.losses if name == "loss" else curve.gradients


def _names(axis: Any, result: "Plot", heights: list[Any]) -> None:
    """The name and mark of each curve at its right end, moved apart where ends meet."""
    low, high = axis.get_ylim()
    ends = sorted((_last(mine, low, high), number) for number, mine in enumerate(heights))
    places = _apart([end for end, _ in ends], _APART * (high - low), high)
    aside = axis.get_yaxis_transform()  # shares of the width, heights of the data
    for place, (_, number) in zip(places, ends, strict=True):
        colour, _, mark = _STYLES[number]
        axis.plot(
            [1.03], [place], mark, transform=aside, color=colour, markersize=4.5, clip_on=False,
            markerfacecolor="white", markeredgewidth=1.0,
        )  # fmt: skip
        axis.annotate(
            result.curves[number].label, (1.0, place), xycoords=aside, xytext=(14, 0),
            textcoords="offset points", color=colour, va="center", annotation_clip=False,
        )  # fmt: skip


def _last(heights: Any, low: float, high: float) -> float:
    """Where a curve ends, held within the panel."""
    finite = [float(height) for height in heights[-2:] if math.isfinite(height)]
    return min(max(finite[-1] if finite else low, low), high)


def _apart(ends: list[float], distance: float, high: float) -> list[float]:
    """Rising places that keep a distance, none above `high`: pushed up first, and back down."""
    places: list[float] = []
    for end in ends:
        places.append(max(end, places[-1] + distance) if places else end)
    limit = high
    for at in reversed(range(len(places))):
        places[at] = min(places[at], limit)
        limit = places[at] - distance
    return places
