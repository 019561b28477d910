"""Benchmarks against size: time, and bandwidth next to its limit, with those of the baseline."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from losscli.render.report.blocks import Figure
from losscli.render.report.charts.lines import SERIES, Axis, Point, Series, lines
from losscli.results.documents.bench import BenchmarkRow
from losscli.stats.formatting import digits, duration


class _Measure(NamedTuple):
    """A quantity that is drawn. interval: of its value in a row; None where it is not known."""

    name: str
    value: Callable[[BenchmarkRow], float | None]
    limit: Callable[[BenchmarkRow], float | None]
    text: Callable[[float], str]
    interval: Callable[[BenchmarkRow], tuple[float, float] | None]


def against_size(
    rows: Sequence[BenchmarkRow],
    before: Sequence[BenchmarkRow],
    names: dict[str, str],
    title: str,
) -> Iterator[Figure]:
    """Time, and bandwidth where a row has one; before: the rows of the baseline, drawn fainter."""
    for measure in _MEASURES:
        if any(measure.value(row) for row in rows):
            yield _figure(measure, rows, before, names, title)


def _figure(
    measure: _Measure,
    rows: Sequence[BenchmarkRow],
    before: Sequence[BenchmarkRow],
    names: dict[str, str],
    title: str,
) -> Figure:
    shown = []
    for number, impl in enumerate(dict.fromkeys(row.impl for row in rows)):
        class_ = f"s{number % SERIES}"
        shown.append(Series(names[impl], class_, _points(measure, rows, impl)))
        old = _points(measure, before, impl)
        if old:
            shown.append(Series(f"{names[impl]}, baseline", f"{class_} old", old))
    limits = {_size(row): limit for row in rows if (limit := measure.limit(row))}
    if limits:
        peak = [Point(size, limit) for size, limit in sorted(limits.items())]
        shown.append(Series("at peak bandwidth", "limit", peak))
    x, y = Axis("elements", log=True, text=_count), Axis(measure.name, log=True, text=measure.text)
    words = f"{measure.name} against size, {title}"
    legend = [(each.class_, each.name) for each in shown]
    return Figure(words, lines(shown, x, y, words), legend)


def _points(measure: _Measure, rows: Sequence[BenchmarkRow], impl: str) -> list[Point]:
    found = []
    for row in sorted(rows, key=_size):
        value = measure.value(row)
        if row.impl == impl and value:
            words = f"{impl} {row.size}: {measure.text(value)}"
            ci = measure.interval(row)
            found.append(Point(_size(row), value, ci, words, failed=not row.correct))
    return found


def _size(row: BenchmarkRow) -> int:
    return math.prod(row.shape)


def _count(value: float) -> str:
    """A number of elements with a decimal prefix.

    >>> _count(2e6), _count(100.0)
    ('2M', '100')
    """
    for prefix, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= factor:
            return f"{value / factor:.4g}{prefix}"
    return f"{value:.4g}"


def _peak_rate(row: BenchmarkRow) -> float | None:
    return row.bytes / row.limit_time_s / 1e9 if row.limit_time_s else None


_MEASURES = (
    _Measure(
        "time",
        lambda row: row.times.median if row.times else None,
        lambda row: row.limit_time_s,
        duration,
        lambda row: row.times.ci if row.times else None,
    ),
    _Measure("GB/s", lambda row: row.gb_per_s, _peak_rate, digits, lambda _: None),
)
