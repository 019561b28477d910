"""The sections of an evaluation: gates, losses and metrics, groups, notes, and its origin."""

from collections.abc import Iterator

from losscli.render.numbers import value_cells
from losscli.render.report.blocks import Block, Section, Summary, Text
from losscli.render.report.gates import gates_grid
from losscli.render.report.groups import groups_grids
from losscli.render.report.history import history_figures
from losscli.render.report.losses import gate_limits, losses_grid, metrics_grid, models_figures
from losscli.render.report.metric_tables import metric_blocks
from losscli.render.report.origin import environment, inputs_grid, method, repeat
from losscli.render.report.rows import distribution_blocks, worst_blocks
from losscli.render.report.source import Source
from losscli.results.documents.eval import Evaluation

_MOST_VALUES = 3  # at the top of the page


def section(source: Source) -> Section:
    """The section of an evaluation; of a run the gates and the environment are those of the run."""
    result: Evaluation = source.result
    return Section(source.name, (), list(_sections(source, result)), result.status)


def summary(result: Evaluation) -> Summary:
    """The first losses and metrics, with their intervals."""
    shown = []
    for each in result.statistics[:_MOST_VALUES]:
        value, ci = value_cells(each)
        shown.append(f"{each.label} {value}" + ("" if ci == "-" else f" {ci}"))
    more = len(result.statistics) - _MOST_VALUES
    return Summary(", ".join(shown) + (f" and {more} more" if more > 0 else ""))


def results(source: Source) -> Iterator[Section]:
    """The parts that a step of a run has too."""
    result: Evaluation = source.result
    blocks: list[Block] = []
    if result.losses:
        blocks.append(losses_grid(result, source.baseline))
    if result.metrics:
        blocks.append(metrics_grid(result, source.baseline))
    blocks += models_figures(result)
    yield Section("Losses and metrics" if result.metrics else "Losses", blocks)
    parts = (
        ("Details of metrics", metric_blocks(result)),
        ("Groups", groups_grids(result, source.path) if result.groups else []),
        ("Distribution", distribution_blocks(result)),
        ("Worst rows", worst_blocks(result, source.path)),
        ("History", history_figures(source.history, gate_limits(result))),
    )
    yield from (Section(title, found) for title, found in parts if found)
    if result.notes:
        yield Section("Notes", [Text([note.message for note in result.notes])])


def _sections(source: Source, result: Evaluation) -> Iterator[Section]:
    if result.gates:
        yield Section("Gates", [gates_grid(result.gates, lambda _: result)])
    yield from results(source)
    yield Section("Inputs", [inputs_grid(result.inputs), Text([method(result)], "quiet")])
    blocks = environment(result.environment, result.git, result.losscli)
    yield Section("Environment", blocks)
    yield from repeat(result.command)
