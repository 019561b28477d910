"""The page of a plot: the curves in characters, each with its letter, and a legend."""

from collections.abc import Iterator
from string import ascii_lowercase

from losscli.render.canvas import Frame, Trace, drawn, frame_of
from losscli.render.page import Drawing, Page, TextLine
from losscli.results.documents.plot import Plot
from losscli.results.text import escape

_COLUMNS, _MOST = 78, 156  # usually, and in a wide terminal
_ROWS = 14


def page(result: Plot) -> Page:
    """The curves; where they were written to a file, its name."""
    if result.output is not None:
        return Page((), (), [f"wrote {escape(result.output)}"])
    title = [TextLine(escape(result.title)), TextLine("")] if result.title else []
    legend = [
        TextLine(f"{mark}  {escape(curve.label)}", indent=3)
        for curve, mark in zip(result.curves, ascii_lowercase, strict=False)
    ]
    curves = Drawing(lambda columns: list(_curves(result, columns)), _MOST, usual=_COLUMNS)
    return Page((), (), (), lines=[*title, curves, *legend])


def _curves(result: Plot, columns: int) -> Iterator[TextLine]:
    panels = [("loss", [curve.losses for curve in result.curves])]
    gradients = [curve.gradients for curve in result.curves if curve.gradients is not None]
    if result.gradient and len(gradients) == len(result.curves):
        panels.append(("gradient", gradients))
    low, high = f"{result.low:.4g}", f"{result.high:.4g}"
    axis = f"{low}{result.axis.center(columns - len(low) - len(high))}{high}"
    for name, heights in panels:
        at = [curve.at for curve in result.curves]
        traces = list(map(Trace, at, heights, ascii_lowercase))
        # A curve may end before the axis does, where its loss is no longer defined.
        rows = _ROWS * max(columns, _COLUMNS) // _COLUMNS  # wider curves are higher too
        frame = frame_of(traces, columns, rows // len(panels))
        yield from _panel(name, traces, frame._replace(left=result.low, right=result.high))
        yield TextLine(axis, style="dim")


def _panel(name: str, traces: list[Trace], frame: Frame) -> Iterator[TextLine]:
    yield TextLine(f"{name}, {frame.bottom:.4g} to {frame.top:.4g}")
    for line, plain in drawn(traces, frame):
        yield TextLine(line.rstrip(), plain.rstrip() or " ")
