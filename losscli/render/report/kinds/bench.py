"""The sections of a benchmark: conclusions, times and bandwidth against size, the table."""

import math
from collections.abc import Iterator, Sequence

from losscli.render.numbers import short_names
from losscli.render.pages import page_of
from losscli.render.pages.bench import conclusions
from losscli.render.report.blocks import Block, Figure, Figures, Section, Summary, Text
from losscli.render.report.charts.cells import Estimate
from losscli.render.report.charts.forest import Line, forest
from losscli.render.report.generic import grid
from losscli.render.report.origin import environment, repeat
from losscli.render.report.sizes import against_size
from losscli.render.report.source import Source
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.stats.formatting import duration

_PANELS = 16  # drawings
_UNITS = (("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9))


def section(source: Source) -> Section:
    """The section of a benchmark."""
    result: Benchmark = source.result
    parts = [*results(source)]
    parts.append(Section("Environment", environment(result.environment, None, result.losscli)))
    parts += repeat(result.command)
    return Section(source.name, (), parts, result.status)


def summary(result: Benchmark) -> Summary:
    """The number of correct rows, those that are not, and the conclusions."""
    wrong = [row for row in result.rows if not row.correct]
    right = len(result.rows) - len(wrong)
    reasons = [
        ("FAIL", f"{row.impl}, {row.label} {row.size} {row.passes}: {row.fault}") for row in wrong
    ]
    reasons += [("", sentence) for sentence in conclusions(result)]
    return Summary(f"{right:,} of {len(result.rows):,} rows correct", reasons)


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
            panels.setdefault(_key(row), []).append(row)
    names = short_names(row.impl for row in result.rows)
    for key, rows in panels.items():
        title = " ".join(key)
        before = [] if old is None else [row for row in old.rows if _key(row) == key]
        if len({math.prod(row.shape) for row in rows}) > 1:
            yield from against_size(rows, before, names, title)
        else:
            yield _side_by_side(rows, names, title)


def _key(row: BenchmarkRow) -> tuple[str, str, str, str]:
    return row.label, row.dtype, row.device, str(row.passes)


def _side_by_side(rows: Sequence[BenchmarkRow], names: dict[str, str], title: str) -> Figure:
    """The times of one size, with the least time that its traffic takes at the peak bandwidth."""
    least = next((row.limit_time_s for row in rows if row.limit_time_s), None)
    slowest = max(row.times.median for row in rows if row.times is not None)
    unit, factor = next((pair for pair in _UNITS if slowest * pair[1] >= 1.0), _UNITS[-1])
    words = f"time, {unit}, {title}"
    if least is not None:
        words += f"; dashed: {duration(least)} at peak bandwidth"
    limit = None if least is None else factor * least
    return Figure(words, forest(list(_lines(rows, names, factor)), words, limit))


def _lines(rows: Sequence[BenchmarkRow], names: dict[str, str], factor: float) -> Iterator[Line]:
    for row in rows:
        if row.times is not None:
            ci = row.times.ci and (factor * row.times.ci[0], factor * row.times.ci[1])
            words = duration(row.times.median) + ("" if row.correct else ", incorrect")
            estimate = Estimate(factor * row.times.median, ci)
            yield Line(names[row.impl], estimate, words, "" if row.correct else "bad")
