"""The page of a plot: the curves in characters, each with its letter, and a legend."""

from collections.abc import Iterator
from string import ascii_lowercase

from losscli.explanation.plot import Plot
from losscli.render.canvas import Trace, drawn, frame_of
from losscli.render.page import Page, TextLine
from losscli.results.text import escape

_COLUMNS, _ROWS = 76, 14


def page(result: Plot) -> Page:
    """The picture; where it was written to a file, the name of the file."""
    if result.output is not None:
        return Page((), (), [f"wrote {escape(result.output)}"])
    body = [TextLine(escape(result.title)), TextLine("")] if result.title else []
    sides = [("loss", [(curve.at, curve.losses) for curve in result.curves])]
    gradients = [(c.at, c.gradients) for c in result.curves if c.gradients is not None]
    if result.gradient and len(gradients) == len(result.curves):
        sides.append(("gradient", gradients))
    rows = _ROWS if len(sides) == 1 else _ROWS // 2
    for name, pairs in sides:
        marks = zip(pairs, ascii_lowercase, strict=False)
        traces = [Trace(at, heights, mark) for (at, heights), mark in marks]
        body += _panel(name, traces, (result.low, result.high), rows)
        body.append(TextLine(_axis(result), style="dim"))
    for curve, mark in zip(result.curves, ascii_lowercase, strict=False):
        body.append(TextLine(f"{mark}  {escape(curve.label)}"))
    return Page((), (), (), lines=body)


def _panel(
    name: str, traces: list[Trace], ends: tuple[float, float], rows: int
) -> Iterator[TextLine]:
    # A curve may end before the axis does, where its loss is no longer defined.
    left, right = ends
    frame = frame_of(traces, _COLUMNS, rows)._replace(left=left, right=right)
    yield TextLine(f"{name}, {frame.bottom:.4g} to {frame.top:.4g}")
    both = (drawn(traces, frame, braille=braille) for braille in (True, False))
    for line, plain in zip(*both, strict=True):
        yield TextLine(line.rstrip(), plain.rstrip() or " ")


def _axis(result: Plot) -> str:
    low, high = f"{result.low:.4g}", f"{result.high:.4g}"
    return f"{low}{result.axis.center(_COLUMNS - len(low) - len(high))}{high}"
