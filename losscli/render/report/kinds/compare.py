"""The sections of a comparison of models: verdicts, intervals of differences, groups, origin."""

from collections.abc import Iterator, Mapping

from losscli.render.pages import page_of
from losscli.render.report.blocks import Block, Figure, Figures, Section, Text, Tone
from losscli.render.report.charts.cells import Estimate
from losscli.render.report.charts.forest import Line, forest
from losscli.render.report.gates import gates_grid
from losscli.render.report.generic import grid
from losscli.render.report.origin import environment, inputs_grid
from losscli.render.report.source import Source
from losscli.results.documents.compare import LossComparison, ModelComparison, PairResult
from losscli.stats.formatting import number

_TONES: Mapping[str, Tone] = {"worse": "bad", "better": "good", "undecided": "unsure"}
_MOST = 24  # lines of a drawing, and drawings


def section(source: Source) -> Section:
    """The section of a comparison of models."""
    result: ModelComparison = source.result
    return Section(source.name, (), list(_sections(result)), result.status)


def _sections(result: ModelComparison) -> Iterator[Section]:
    if result.gates:
        yield Section("Gates", [gates_grid(result.gates, lambda _: None)])
    yield from results(Source("", result))
    if result.notes:
        yield Section("Notes", [Text([note.message for note in result.notes])])
    yield Section("Inputs", [inputs_grid(result.inputs)])
    yield Section("Environment", environment(result.environment, None, result.losscli))


def results(source: Source) -> Iterator[Section]:
    """The sections of the numbers: differences and values, and the differences of groups."""
    result: ModelComparison = source.result
    page = page_of(result)
    figures = [_differences(loss, "", result) for loss in result]
    figures += [_values(loss) for loss in result]
    blocks: list[Block] = [Text(page.header, "quiet"), Figures(figures[:_MOST])]
    of_all = len(page.tables) - (len(result) if result.groups else 0)
    blocks += [grid(table) for table in page.tables[:of_all]]
    yield Section("Comparison", [*blocks, Text(page.footer, "quiet")])
    if result.groups:
        drawn = [
            _differences(loss, group.name, result) for group in result.groups for loss in group
        ]
        rest = page.tables[of_all:]
        more = len(drawn) - _MOST
        words = [f"{more:,} more groups and losses are not drawn"] if more > 0 else []
        yield Section("Groups", [Figures(drawn[:_MOST]), Text(words, "quiet"), *map(grid, rest)])


def _differences(loss: LossComparison, group: str, result: ModelComparison) -> Figure:
    """The intervals of the differences, a line at 0 and the margin shaded."""
    lines = [_line(pair, all_pairs=result.pairs == "all") for pair in loss.pairs[:_MOST]]
    bounds = {pair.bound for pair in loss.pairs}
    margin = (-max(bounds), max(bounds)) if bounds and max(bounds) > 0 else None
    of = "" if result.pairs == "all" else f" minus {result.baseline}"
    side = "above" if loss.higher_is_better else "below"
    title = f"{loss.label}{group}: difference{of}, {side} 0 is better"
    return Figure(title, forest(lines, title, 0.0, margin))


def _line(pair: PairResult, *, all_pairs: bool) -> Line:
    name = f"{pair.model} - {pair.baseline}" if all_pairs else pair.model
    words = f"{number(pair.difference, pair.stderr)}, {pair.verdict}"
    tone = _TONES.get(pair.verdict, "")
    return Line(name, Estimate(pair.difference, pair.ci), words, tone)


def _values(loss: LossComparison) -> Figure:
    lines = [
        Line(each.model, Estimate(each.value, each.ci), number(each.value, each.stderr))
        for each in loss.models[:_MOST]
    ]
    title = f"{loss.label} of each model"
    return Figure(title, forest(lines, title))
