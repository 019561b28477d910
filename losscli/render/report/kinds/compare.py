"""The sections of a comparison of models: verdicts, intervals of differences, groups, origin."""

from collections import Counter
from collections.abc import Iterator, Sequence

from losscli.render.numbers import interval, signed
from losscli.render.pages import page_of
from losscli.render.report.blocks import (
    TONES,
    Block,
    Figure,
    Figures,
    Section,
    Summary,
    Text,
)
from losscli.render.report.charts.cells import Estimate
from losscli.render.report.charts.forest import Line, forest
from losscli.render.report.gates import gates_grid
from losscli.render.report.generic import grid
from losscli.render.report.origin import environment, inputs_grid, repeat
from losscli.render.report.source import Source
from losscli.results.documents.compare import (
    VERDICTS,
    LossComparison,
    ModelComparison,
    PairResult,
)
from losscli.stats.formatting import number

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
    yield from repeat(result.command)


def summary(result: ModelComparison) -> Summary:
    """The verdicts over all rows, the worst first."""
    pairs = [(loss.label, pair) for loss in result for pair in loss.pairs]
    pairs.sort(key=lambda each: VERDICTS.index(each[1].verdict))
    counts = Counter[str](pair.verdict for _, pair in pairs)
    words = ", ".join(f"{counts[each]:,} {each}" for each in VERDICTS if counts[each])
    against = "all pairs" if result.pairs == "all" else f"against {result.baseline}"
    return Summary(f"{len(result.models)} models, {against}: {words}", list(map(_reason, pairs)))


def _reason(labelled: tuple[str, PairResult]) -> tuple[str, str]:
    label, pair = labelled
    relative = "" if pair.relative is None else f", {100 * pair.relative:+.3g} %"
    change = f"{signed(pair)} {interval(pair.ci, pair.stderr, '+')}{relative}"
    return pair.verdict, f"{pair.model} against {pair.baseline} in {label}: {change}"


def results(source: Source) -> Iterator[Section]:
    """The sections of the numbers: differences and values, and the differences of groups."""
    result: ModelComparison = source.result
    page = page_of(result)
    figures = [_differences(loss, result) for loss in result] + [_values(loss) for loss in result]
    blocks: list[Block] = [Text(page.header, "quiet"), Figures(figures[:_MOST])]
    of_all = len(page.tables) - (len(result) if result.groups else 0)
    blocks += [grid(table) for table in page.tables[:of_all]]
    yield Section("Comparison", [*blocks, Text(page.footer, "quiet")])
    if result.groups:
        drawn = [_of_groups(loss, at, result) for loss in result for at in range(len(loss.pairs))]
        words = _left_out(len(result.groups), "groups") + _left_out(len(drawn), "drawings")
        rest = page.tables[of_all:]
        yield Section("Groups", [Figures(drawn[:_MOST]), Text(words, "quiet"), *map(grid, rest)])


def _left_out(count: int, noun: str) -> list[str]:
    return [f"the first {_MOST} of {count:,} {noun} are drawn"] if count > _MOST else []


def _differences(loss: LossComparison, result: ModelComparison) -> Figure:
    """The intervals of the differences of all rows, a line at 0 and the margin shaded."""
    all_pairs = result.pairs == "all"
    names = [f"{p.model} - {p.baseline}" if all_pairs else p.model for p in loss.pairs]
    of = "" if all_pairs else f" minus {result.baseline}"
    return _forest(f"{loss.label}: difference{of}", list(zip(names, loss.pairs, strict=True)), loss)


def _of_groups(loss: LossComparison, at: int, result: ModelComparison) -> Figure:
    """The intervals of the differences of one pair, a line a group."""
    pair = loss.pairs[at]
    shown = [(", ".join(group.by.values()), group[loss.label].pairs[at]) for group in result.groups]
    return _forest(f"{loss.label}: {pair.model} minus {pair.baseline} by group", shown, loss)


def _forest(title: str, shown: Sequence[tuple[str, PairResult]], loss: LossComparison) -> Figure:
    lines = [_line(name, pair) for name, pair in shown[:_MOST]]
    bounds = {pair.bound for _, pair in shown}
    margin = (-max(bounds), max(bounds)) if bounds and max(bounds) > 0 else None
    words = f"{title}; {'above' if loss.higher_is_better else 'below'} 0 is better"
    return Figure(words, forest(lines, words, 0.0, margin))


def _line(name: str, pair: PairResult) -> Line:
    words = f"{number(pair.difference, pair.stderr)}, {pair.verdict}"
    return Line(name, Estimate(pair.difference, pair.ci), words, TONES.get(pair.verdict, ""))


def _values(loss: LossComparison) -> Figure:
    lines = [
        Line(each.model, Estimate(each.value, each.ci), number(each.value, each.stderr))
        for each in loss.models[:_MOST]
    ]
    title = f"{loss.label} of each model"
    return Figure(title, forest(lines, title))
