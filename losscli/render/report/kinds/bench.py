"""The sections of a benchmark: conclusions, times and bandwidth against size, the table."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

from losscli.render.numbers import short_names
from losscli.render.pages import page_of
from losscli.render.report.blocks import Block, Figure, Figures, Section, Text
from losscli.render.report.charts.cells import Estimate
from losscli.render.report.charts.forest import Line, forest
from losscli.render.report.charts.lines import SERIES, Axis, Point, Series, lines
from losscli.render.report.generic import grid
from losscli.render.report.origin import environment
from losscli.render.report.source import Source
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.stats.formatting import digits, duration

_PANELS = 16  # drawings


def section(source: Source) -> Section:
    """The section of a benchmark."""
    result: Benchmark = source.result
    parts = [*results(source)]
    parts.append(Section("Environment", environment(result.environment, None, result.losscli)))
    return Section(source.name, (), parts, result.status)


def results(source: Source) -> Iterator[Section]:
    """The parts that a step of a run has too."""
    result: Benchmark = source.result
    page = page_of(result)
    blocks: list[Block] = [Text(page.header, "quiet")] if page.header else []
    old = source.baseline if isinstance(source.baseline, Benchmark) else None
    figures = list(_figures(result, old))
    if figures:
        blocks.append(Figures(figures[:_PANELS]))
    blocks += [grid(table) for table in page.tables]
    blocks.append(Text(page.footer, "quiet"))
    yield Section("Benchmark", blocks)
    if result.notes:
        yield Section("Notes", [Text([note.message for note in result.notes])])


def _figures(result: Benchmark, old: Benchmark | None) -> Iterator[Figure]:
    """Against size where there are several sizes, else the implementations side by side."""
    panels: dict[tuple[str, str, str, str], list[BenchmarkRow]] = {}
    for row in result.rows:
        if row.times is not None:
            key = (row.label, row.dtype, row.device, str(row.passes))
            panels.setdefault(key, []).append(row)
    names = short_names(row.impl for row in result.rows)
    for key, rows in panels.items():
        title = " ".join(key)
        before = [] if old is None else [row for row in old.rows if _key(row) == key]
        if len({math.prod(row.shape) for row in rows}) > 1:
            yield _against_size(rows, before, names, title)
        else:
            yield Figure(f"time, {title}", forest(_lines(rows, names), f"time, {title}, ms"))


def _key(row: BenchmarkRow) -> tuple[str, str, str, str]:
    return row.label, row.dtype, row.device, str(row.passes)


def _lines(rows: Sequence[BenchmarkRow], names: dict[str, str]) -> list[Line]:
    found = []
    for row in rows:
        if row.times is not None:
            ci = row.times.ci and (1e3 * row.times.ci[0], 1e3 * row.times.ci[1])
            words = duration(row.times.median) + ("" if row.correct else ", incorrect")
            estimate = Estimate(1e3 * row.times.median, ci)
            found.append(Line(names[row.impl], estimate, words, "" if row.correct else "bad"))
    return found


def _against_size(
    rows: Sequence[BenchmarkRow],
    before: Sequence[BenchmarkRow],
    names: dict[str, str],
    title: str,
) -> Figure:
    impls = list(dict.fromkeys(row.impl for row in rows))
    shown = [
        Series(names[impl], f"s{number % SERIES}", _points(rows, impl))
        for number, impl in enumerate(impls)
    ]
    shown += [
        Series(f"{names[impl]}, baseline", f"s{number % SERIES} old", _points(before, impl))
        for number, impl in enumerate(impls)
        if any(row.impl == impl for row in before)
    ]
    limits = {math.prod(row.shape): row.limit_time_s for row in rows if row.limit_time_s}
    if limits:
        peak = [Point(size, time) for size, time in sorted(limits.items())]
        shown.append(Series("peak bandwidth", "limit", peak))
    x, y = Axis("elements", log=True, text="{:.0e}".format), Axis("time", log=True, text=duration)
    picture = lines(shown, x, y, f"time against size, {title}")
    return Figure(f"time, {title}", picture, [(each.class_, each.name) for each in shown])


def _points(rows: Sequence[BenchmarkRow], impl: str) -> list[Point]:
    found = []
    for row in sorted(rows, key=lambda row: math.prod(row.shape)):
        if row.impl == impl and row.times is not None:
            rate = f", {digits(row.gb_per_s)} GB/s" if row.gb_per_s else ""
            words = f"{impl} {row.size}: {duration(row.times.median)}{rate}"
            point = partial(Point, math.prod(row.shape), row.times.median, row.times.ci)
            found.append(point(words, failed=not row.correct))
    return found
