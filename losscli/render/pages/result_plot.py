"""The page of a drawn result: intervals, bars and curves in characters."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from losscli.render.canvas import Trace, drawn, frame_of
from losscli.render.page import Drawing, Page, TextLine
from losscli.render.verdicts import STYLES
from losscli.results.documents.result_plot import Panel, PlotPoint, ResultPlot
from losscli.results.text import escape

_MOST, _USUAL, _LEAST = 156, 78, 40  # columns
_ROWS = 9  # of a history
_Draw: TypeAlias = Callable[[Panel, int], Iterator[TextLine]]
_BADLY = ("fail", "error", "undecided")


def page(result: ResultPlot) -> Page:
    """The panels one below the other; where they were written to a file, its name."""
    if result.output is not None:
        return Page((), (), [f"wrote {escape(result.output)}"])
    lines: list[TextLine | Drawing] = []
    if result.title:
        lines += [TextLine(escape(result.title)), TextLine("")]
    for number, panel in enumerate(result.panels):
        lines += [TextLine("")] if number else []
        lines.append(TextLine(escape(panel.title), style="bold"))
        draw = {"history": _history, "distribution": _bars}.get(panel.kind, _intervals)
        lines.append(Drawing(partial(_listed, draw, panel), _MOST, usual=_USUAL))
    return Page((), (), (), lines=lines)


def _listed(draw: _Draw, panel: Panel, columns: int) -> list[TextLine]:
    return list(draw(panel, max(columns, _LEAST)))


def _intervals(panel: Panel, columns: int) -> Iterator[TextLine]:
    """A line a point: its name, its interval with a dot at the value, the value."""
    names = _names(panel.points, columns // 4)
    values = [_number(point.value) for point in panel.points]
    status = [f"  {point.status}" if point.status else "" for point in panel.points]
    texts = [f"{value}{word}" for value, word in zip(values, status, strict=True)]
    width = columns - len(names[0]) - max(map(len, texts)) - 4
    ends = [end for point in panel.points for end in (point.value, *(point.ci or ()))]
    ends += [panel.reference]
    known = [end for end in ends if end is not None and math.isfinite(end)] or [0.0]
    low, high = min(known), max(known)
    for name, point, text in zip(names, panel.points, texts, strict=True):
        line = _interval(point, panel.reference, low, high, width)
        style = STYLES.get(point.status, "")
        plain = line.translate(_PLAIN)
        yield TextLine(f"{name}  {line}  {text}", f"{name}  {plain}  {text}", style)
    axis = _axis(_number(low), _number(high), escape(panel.axis), width)
    yield TextLine(f"{' ' * len(names[0])}  {axis}", style="dim")


def _axis(low: str, high: str, name: str, width: int) -> str:
    """Both ends, and the name between them where there is room."""
    room = width - len(low) - len(high)
    return f"{low}{(name if len(name) + 2 <= room else '').center(max(room, 1))}{high}"


_PLAIN = str.maketrans({"─": "-", "●": "o", "┊": "|", "├": "[", "┤": "]"})


def _interval(
    point: PlotPoint, reference: float | None, low: float, high: float, width: int
) -> str:
    signs = [" "] * width

    def put(value: float | None, sign: str) -> None:
        if value is not None and math.isfinite(value):
            signs[_column(value, low, high, width)] = sign

    put(reference, "┊")
    if point.ci is not None and all(map(math.isfinite, point.ci)):
        first, last = (_column(end, low, high, width) for end in point.ci)
        signs[first : last + 1] = "─" * (last - first + 1)
        put(point.ci[0], "├")
        put(point.ci[1], "┤")
    put(point.value, "●")
    return "".join(signs)


def _column(value: float, low: float, high: float, width: int) -> int:
    share = (value - low) / (high - low) if high > low else 0.5
    return min(max(round(share * (width - 1)), 0), width - 1)


def _bars(panel: Panel, columns: int) -> Iterator[TextLine]:
    """A line a bin, and the quantiles below."""
    names = _names(panel.points, columns // 3)
    counts = [int(point.value or 0) for point in panel.points]
    texts = [f"{count:,}" for count in counts]
    wide = max(map(len, texts))
    most, width = max(counts) or 1, columns - len(names[0]) - wide - 4
    for name, count, text in zip(names, counts, texts, strict=True):
        bar = "█" * round(width * count / most) or ("▏" if count else "")
        head = f"{name}  {text.rjust(wide)}  "
        plain = bar.replace("█", "#").replace("▏", "|")
        yield TextLine((head + bar).rstrip(), (head + plain).rstrip())
    quantiles = [f"{escape(name)} {value:.6g}" for name, value in panel.quantiles.items()]
    yield TextLine(", ".join(quantiles), style="dim")


def _history(panel: Panel, columns: int) -> Iterator[TextLine]:
    """A curve over the runs; x marks those that did not pass, - a limit."""
    points = panel.points
    at = np.arange(float(len(points)))
    values = np.array([math.nan if p.value is None else p.value for p in points])
    known = np.isfinite(values)
    limits = [Trace(at[[0, -1]], np.full(2, limit), "-") for limit in panel.limits]
    curve = Trace(at[known], values[known])
    frame = frame_of([curve, *limits], columns, _ROWS)._replace(left=0.0, right=float(at[-1]))
    gone = [(place, frame.bottom, "x") for place in at[~known].tolist()]
    bad = [
        (float(place), point.value, "x") for place, point in enumerate(points)
        if point.value is not None and math.isfinite(point.value) and point.status in _BADLY
    ]  # fmt: skip
    yield TextLine(f"{_number(frame.bottom)} to {_number(frame.top)}{_legend(panel, bad, gone)}")
    for line, plain in drawn([curve, *limits], frame, [*bad, *gone]):
        yield TextLine(line.rstrip(), plain.rstrip() or " ")
    first, last = escape(points[0].name), escape(points[-1].name)
    yield TextLine(f"{first}{last.rjust(max(columns - len(first), len(last) + 1))}", style="dim")


def _legend(panel: Panel, bad: Sequence[object], gone: Sequence[object]) -> str:
    words = ["x: did not pass"] if bad else []
    words += ["x at the bottom: no result"] if gone else []
    words += ["-: limit of a gate"] if panel.limits else []
    return f"; {'; '.join(words)}" if words else ""


def _names(points: Sequence[PlotPoint], most: int) -> list[str]:
    """The names in one width, the longer ones cut."""
    names = [escape(point.name) for point in points]
    width = max(min(max(map(len, names)), most), 1)
    return [name.ljust(width) if len(name) <= width else f"{name[: width - 1]}…" for name in names]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"
