"""The sections of a difference between evaluations: intervals of the changes, and the table."""

from collections.abc import Iterator, Sequence

from losscli.render.pages import page_of
from losscli.render.report.blocks import TONES, Block, Figure, Figures, Section, Text
from losscli.render.report.charts.cells import Estimate
from losscli.render.report.charts.forest import Line, forest
from losscli.render.report.generic import grid
from losscli.render.report.source import Source
from losscli.render.report.verdicts import verdict_summary
from losscli.results.documents.diff import EvaluationDiff, LossDiff

_MOST = 24  # lines of a drawing

summary = verdict_summary


def section(source: Source) -> Section:
    """The section of a difference between two evaluations."""
    result: EvaluationDiff = source.result
    return Section(source.name, _blocks(result), status=result.status)


def _blocks(result: EvaluationDiff) -> list[Block]:
    page = page_of(result)
    figures = list(_figures(result))
    blocks: list[Block] = [Text(page.header, "quiet")]
    blocks += [Figures(figures)] if figures else []
    return [*blocks, *map(grid, page.tables), Text(page.footer, "quiet")]


def _figures(result: EvaluationDiff) -> Iterator[Figure]:
    """The changes of all rows, in percent; then a drawing a loss of the changes of its groups."""
    whole = [row for row in result.rows if not row.by]
    yield from _figure("relative change, %", whole, result.margin)
    for label in dict.fromkeys(row.label for row in result.rows if row.by):
        groups = [row for row in result.rows if row.by and row.label == label]
        yield from _figure(f"relative change of {label} by group, %", groups, result.margin)


def _figure(title: str, rows: Sequence[LossDiff], margin: float) -> Iterator[Figure]:
    shown = [row for row in rows if row.change is not None and row.old][:_MOST]
    if shown:
        shade = (0.0, 100 * margin) if margin else None
        yield Figure(title, forest(list(map(_line, shown)), title, 0.0, shade))


def _line(row: LossDiff) -> Line:
    scale = 100.0 / abs(row.old)
    ci = row.ci and (scale * row.ci[0], scale * row.ci[1])
    change = scale * (row.change or 0.0)
    name = row.group or row.label
    return Line(
        name, Estimate(change, ci), f"{change:+.3g} %, {row.verdict}", TONES.get(row.verdict, "")
    )
