"""Histograms: a bar a bin, all of one width, with marks at quantiles."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from losscli.render.svg import Scale, drawing, label, line, tag

_WIDTH, _HEIGHT = 480.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 24.0, 34.0, 40.0
_MOST_EDGES = 8  # that are labelled
_APART = 30.0  # between the labels of two quantiles


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    marks: Mapping[str, float],
    name: str,
    title: str,
) -> Markup:
    """The drawing of the rows in each bin; name: of the axis. marks: values that are marked.

    Bins are drawn equally wide, whatever their edges are: the last one often holds a long tail.
    """
    wide = Scale(0.0, float(len(counts)), _LEFT, _WIDTH - _RIGHT)
    high = Scale(0.0, float(max(counts, default=0) or 1), _HEIGHT - _BOTTOM, _TOP)
    parts = [*_axes(edges, wide, high, name), *_bars(edges, counts, wide, high)]
    parts += _marks(edges, marks, wide, high)
    return drawing(_WIDTH, _HEIGHT, parts, title)


def _bars(
    edges: Sequence[float], counts: Sequence[int], wide: Scale, high: Scale
) -> Iterator[Markup]:
    for at, count in enumerate(counts):
        end = "]" if at == len(counts) - 1 else ")"
        words = f"[{edges[at]:.6g}, {edges[at + 1]:.6g}{end}: {count:,} rows"
        left, right, top = wide.at(at), wide.at(at + 1), high.at(count)
        yield tag(
            "rect", tag("title", words), x=left + 1, y=top, width=max(right - left - 2, 0.5),
            height=high.start - top, class_="column",
        )  # fmt: skip


def _marks(
    edges: Sequence[float], marks: Mapping[str, float], wide: Scale, high: Scale
) -> Iterator[Markup]:
    """A line at each value, with its name above; a name that would cover another is left out."""
    last = -math.inf
    for name, value in sorted(marks.items(), key=lambda pair: pair[1]):
        if not (math.isfinite(value) and edges[0] <= value <= edges[-1]):
            continue
        x = wide.at(_place(edges, value))
        yield line(x, _TOP - 8, x, high.start, "quantile")
        if x - last >= _APART:
            yield label(x, _TOP - 14, name, "middle", "tick")
            last = x


def _place(edges: Sequence[float], value: float) -> float:
    """The coordinate of a value: the number of the bin, and the part of it that is below."""
    at = min(max(bisect_right(edges, value) - 1, 0), len(edges) - 2)
    width = edges[at + 1] - edges[at]
    return at + ((value - edges[at]) / width if width > 0 else 0.0)


def _axes(edges: Sequence[float], wide: Scale, high: Scale, name: str) -> Iterator[Markup]:
    bottom = high.start
    for value in high.ticks():
        if value == int(value):
            yield line(wide.start, high.at(value), wide.end, high.at(value), "grid")
            yield label(wide.start - 6, high.at(value) + 4, f"{value:,.0f}", "end", "tick")
    every = -(-len(edges) // _MOST_EDGES)
    for at in range(0, len(edges), every):
        yield line(wide.at(at), bottom, wide.at(at), bottom + 4, "axis")
        yield label(wide.at(at), bottom + 17, f"{edges[at] + 0.0:.5g}", "middle", "tick")
    yield line(wide.start, bottom, wide.end, bottom, "axis")
    yield label((wide.start + wide.end) / 2, bottom + 34, name, "middle", "name")
    yield tag(
        "text", "rows", transform=f"translate(13 {(_TOP + bottom) / 2:.0f}) rotate(-90)",
        text_anchor="middle", class_="name",
    )  # fmt: skip
