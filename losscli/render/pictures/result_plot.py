"""A picture of a saved result: intervals, histograms and histories, a panel each."""

import io
import math
import warnings
from typing import Any

from losscli.results.documents.result_plot import Panel, PlotPoint, ResultPlot
from losscli.results.text import escape

_WIDTH, _LINE, _FRAME, _CURVE = 7.5, 0.28, 1.0, 2.8  # inches
_COLOURS = {"better": "#009E73", "worse": "#D55E00", "undecided": "#6A6A6A"}
_USUAL, _BAD = "#0072B2", "#D55E00"
_MOST_NAMES = 8  # along an axis
_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "losscli", "font.family": "DejaVu Sans", "font.size": 9.0,
    "axes.spines.top": False, "axes.spines.right": False, "text.usetex": False,
    "text.parse_math": False,
}  # fmt: skip


def draw(result: ResultPlot, form: str) -> bytes:
    """The picture in a format; the same bytes for the same panels."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    heights = list(map(_height, result.panels))
    settings: Any = {**mpl.rcParamsDefault, **_SETTINGS}  # whatever a matplotlibrc says
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # drawn as a box
        figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
        axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)
        for panel, (axis,) in zip(result.panels, axes, strict=True):
            draw_panel = {"history": _history, "distribution": _bars}.get(panel.kind, _intervals)
            draw_panel(axis, panel)
            pad = 14.0 if panel.quantiles else None  # their names are in between
            axis.set_title(escape(panel.title), loc="left", fontsize=10, pad=pad)
        if result.title:
            figure.suptitle(result.title, fontsize=11)
        stream = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        figure.savefig(stream, format=form, dpi=150, metadata=undated)
    return stream.getvalue()


def _height(panel: Panel) -> float:
    if panel.kind in ("history", "distribution"):
        return _CURVE
    return _FRAME + _LINE * len(panel.points)


def _intervals(axis: Any, panel: Panel) -> None:
    for place, point in enumerate(panel.points):
        colour = _COLOURS.get(point.status, _USUAL)
        if _has_interval(point):
            axis.plot(point.ci, [place, place], color=colour, linewidth=2.0)
        if _is_finite(point.value):
            axis.plot([point.value], [place], "o", color=colour, markersize=5)
    if panel.margin:
        axis.axvspan(-panel.margin, panel.margin, color="k", alpha=0.08)
    if _is_finite(panel.reference):
        axis.axvline(panel.reference, color="k", linewidth=0.8, linestyle="--")
    axis.set_yticks(range(len(panel.points)), [escape(point.name) for point in panel.points])
    axis.set_ylim(len(panel.points) - 0.5, -0.5)
    axis.set_xlabel(escape(panel.axis))
    axis.grid(visible=True, axis="x", alpha=0.2)


def _bars(axis: Any, panel: Panel) -> None:
    """Bars of one width; the last bin often holds a long tail."""
    counts = [point.value or 0.0 for point in panel.points]
    axis.bar(range(len(counts)), counts, width=0.92, align="edge", color=_USUAL, alpha=0.85)
    every = math.ceil(len(panel.edges) / _MOST_NAMES)
    shown = range(0, len(panel.edges), every)
    axis.set_xticks(list(shown), [f"{panel.edges[at] + 0.0:.5g}" for at in shown])
    for name, value in panel.quantiles.items():
        place = _place(panel, value)
        if place is not None:
            axis.axvline(place, color=_BAD, linewidth=1.2, linestyle="--")
            axis.annotate(name, (place, 1.0), xycoords=axis.get_xaxis_transform(),
                          ha="center", va="bottom", fontsize=8)  # fmt: skip
    axis.set_ylabel(escape(panel.axis))


def _place(panel: Panel, value: float) -> float | None:
    """The coordinate of a value among bins of equal width; None outside of them."""
    for at, (low, high) in enumerate(zip(panel.edges[:-1], panel.edges[1:], strict=True)):
        if low <= value <= high:
            return at + ((value - low) / (high - low) if high > low else 0.0)
    return None


def _history(axis: Any, panel: Panel) -> None:
    known = [(at, p) for at, p in enumerate(panel.points) if _is_finite(p.value)]
    axis.plot([at for at, _ in known], [p.value for _, p in known], color=_USUAL, linewidth=1.4)
    for at, point in known:
        bad = point.status not in ("pass", "")
        colour = _BAD if bad else _USUAL
        if _has_interval(point):
            axis.plot([at, at], point.ci, color=colour, linewidth=1.2, alpha=0.7)
        axis.plot([at], [point.value], "x" if bad else "o", color=colour, markersize=5)
    gone = [at for at, point in enumerate(panel.points) if point.value is None]
    if gone:
        axis.plot(gone, [0.02] * len(gone), "x", color=_BAD, markersize=6,
                  transform=axis.get_xaxis_transform(), label="no result")  # fmt: skip
        axis.legend(fontsize=8, frameon=False)
    for limit in panel.limits:
        axis.axhline(limit, color="0.3", linewidth=1.0, linestyle="--")
    every = math.ceil(len(panel.points) / _MOST_NAMES)
    shown = range(0, len(panel.points), every)
    axis.set_xticks(list(shown), [escape(panel.points[at].name) for at in shown], fontsize=8)
    axis.set_ylabel(escape(panel.axis))
    axis.grid(visible=True, axis="y", alpha=0.2)


def _has_interval(point: PlotPoint) -> bool:
    return point.ci is not None and all(map(math.isfinite, point.ci))


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
