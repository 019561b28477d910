"""Groups in a report: sorted by their share of the total, with bars and intervals."""

import math
from collections.abc import Iterator, Sequence

from losscli.render.numbers import percent, value_cells
from losscli.render.report.blocks import Block, Cell, Column, Grid
from losscli.render.report.charts.cells import Estimate, bar_cell, estimate_scale, interval_cell
from losscli.render.report.origin import all_as_csv
from losscli.render.svg import Scale
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import Group, LossResult, MetricResult, Statistic

MOST_ROWS = 2000  # of all losses and metrics together: more would be a page of over 1 MB


def groups_grids(result: Evaluation, path: str = "") -> list[Block]:
    """A table a loss, the largest share first, and a table a metric, the worst value first.

    path: the file of the result, from which a table with all groups can be made.
    """
    most = max(1, MOST_ROWS // max(1, len(result.statistics)))
    return [_grid(result, each, most, path) for each in result.statistics]


def _grid(result: Evaluation, whole: Statistic, most: int, path: str) -> Grid:
    found = [(group, each) for group in result.groups for each in _of(group, whole)]
    found.sort(key=lambda pair: _rank(pair[1], whole))
    shown = found[:most]
    estimates = [Estimate(each.of_mean, each.ci) for _, each in shown]
    scale = estimate_scale([*estimates, Estimate(whole.of_mean)])
    keys = list(result.groups[0].by)
    value = "mean" if isinstance(whole, LossResult) else "value"
    columns = [
        *map(Column, keys), Column("rows", "number"), Column(value, "number"),
        Column(f"{percent(whole.ci_level)} interval", "number"), Column("", "picture"),
    ]  # fmt: skip
    rows = [list(_row(group, each, whole, scale)) for group, each in shown]
    if isinstance(whole, LossResult):
        columns += [Column("share of total", "number"), Column("", "picture")]
        shares = [_share(each, whole) for _, each in shown]
        largest = max(shares, default=0.0)
        rows = [
            [*row, *_share_cells(share, largest)] for row, share in zip(rows, shares, strict=True)
        ]
    title = f"{whole.label} by {', '.join(keys)}"
    return Grid(title, columns, rows, _note(whole, len(found), most, path))


def _row(group: Group, each: Statistic, whole: Statistic, scale: Scale) -> Iterator[Cell]:
    yield from (Cell(value) for value in group.by.values())
    value, ci = value_cells(each)
    yield Cell(f"{each.n:,}")
    yield Cell(value)
    yield Cell(ci)
    own = Estimate(each.of_mean, each.ci)
    yield Cell("", picture=interval_cell(scale, own, None, [whole.of_mean]))


def _share_cells(share: float, largest: float) -> Iterator[Cell]:
    yield Cell(f"{100 * share:.1f} %" if math.isfinite(share) else "-")
    yield Cell("", picture=bar_cell(share / largest if largest > 0 else 0.0))


def _of(group: Group, whole: Statistic) -> Sequence[Statistic]:
    every: Sequence[Statistic] = group.losses if isinstance(whole, LossResult) else group.metrics
    return [each for each in every if each.label == whole.label]


def _rank(each: Statistic, whole: Statistic) -> float:
    """The sort key: a smaller one is shown further up; what is not a number comes last."""
    if isinstance(each, LossResult):
        return -_share(each, whole)
    if math.isnan(each.value) or not isinstance(each, MetricResult):
        return math.inf
    return each.value if each.higher_is_better else -each.value


def _share(loss: Statistic, whole: Statistic) -> float:
    """The part of the sum over all rows that a group has; minus infinity where it has none."""
    if not (isinstance(loss, LossResult) and isinstance(whole, LossResult)):
        return -math.inf
    share = loss.sum / whole.sum if whole.sum else math.nan
    return share if math.isfinite(share) else -math.inf


def _note(whole: Statistic, count: int, most: int, path: str) -> str:
    kind = "mean" if isinstance(whole, LossResult) else "value"
    line = f"red line: the {kind} of all rows"
    if count <= most:
        return line
    words = f"{count - most:,} of {count:,} groups are not shown"
    return f"{line}; {words}; {all_as_csv(path, 'groups.csv')}"
