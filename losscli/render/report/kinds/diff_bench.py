"""The sections of a difference between benchmarks: ratios of times, and the table."""

from losscli.render.numbers import short_names
from losscli.render.pages import page_of
from losscli.render.report.blocks import TONES, Block, Figure, Figures, Section, Text
from losscli.render.report.charts.cells import Estimate
from losscli.render.report.charts.forest import Line, forest
from losscli.render.report.generic import grid
from losscli.render.report.source import Source
from losscli.render.report.verdicts import verdict_summary
from losscli.results.documents.diff import BenchmarkDiff, TimeDiff

_MOST = 24  # lines of a drawing

summary = verdict_summary


def section(source: Source) -> Section:
    """The section of a difference between two benchmarks."""
    result: BenchmarkDiff = source.result
    page, names = page_of(result), short_names(row.impl for row in result.rows)
    lines = [_line(row, names) for row in result.rows if row.ratio is not None][:_MOST]
    blocks: list[Block] = [Text(page.header, "quiet")]
    if lines:
        title = "new time over old time"
        shade = (1.0, 1.0 + result.margin) if result.margin else None
        blocks.append(Figures([Figure(title, forest(lines, title, 1.0, shade))]))
    blocks += [*map(grid, page.tables), Text(page.footer, "quiet")]
    return Section(source.name, blocks, status=result.status)


def _line(row: TimeDiff, names: dict[str, str]) -> Line:
    name = f"{names[row.impl]} {row.label} {row.size}"
    words = f"{row.passes} {row.dtype}: {row.ratio:.3g}, {row.verdict}"
    return Line(name, Estimate(row.ratio, row.ci), words, TONES.get(row.verdict, ""))
