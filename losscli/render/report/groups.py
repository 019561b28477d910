"""Groups in a report: sorted by their share of the total, with bars and intervals."""

import math
from collections.abc import Iterator, Sequence

from losscli.render.numbers import percent, value_cells
from losscli.render.report.blocks import Block, Cell, Column, Grid
from losscli.render.report.charts.cells import Estimate, bar_cell, estimate_scale, interval_cell
from losscli.results.documents.eval import Evaluation, Group, LossResult

MOST_ROWS = 2000  # of all losses together: more would be a page of over 1 MB


def groups_grids(result: Evaluation) -> list[Block]:
    """A table a loss, a row a group, the largest share first."""
    labels = [loss.label for loss in result.losses]
    most = max(1, MOST_ROWS // max(1, len(labels)))
    return [_grid(result, loss, most) for loss in result.losses]


def _grid(result: Evaluation, whole: LossResult, most: int) -> Grid:
    found = [(group, loss) for group in result.groups for loss in _of(group, whole.label)]
    found.sort(key=lambda pair: -_share(pair[1], whole))
    shown = found[:most]
    estimates = [Estimate(loss.of_mean, loss.ci) for _, loss in shown]
    scale = estimate_scale([*estimates, Estimate(whole.of_mean)])
    largest = max((_share(loss, whole) for _, loss in shown), default=0.0)
    keys = list(result.groups[0].by)
    columns = [
        *map(Column, keys), Column("rows", "number"), Column("mean", "number"),
        Column(f"{percent(whole.ci_level)} interval", "number"), Column("", "picture"),
        Column("share of total", "number"), Column("", "picture"),
    ]  # fmt: skip
    rows = []
    for group, loss in shown:
        picture = interval_cell(scale, Estimate(loss.of_mean, loss.ci), None, [whole.of_mean])
        rows.append(
            list(_row(group, loss, _share(loss, whole), largest, Cell("", picture=picture)))
        )
    return Grid(f"{whole.label} by {', '.join(keys)}", columns, rows, _note(len(found), most))


def _row(
    group: Group, loss: LossResult, share: float, largest: float, picture: Cell
) -> Iterator[Cell]:
    yield from (Cell(value) for value in group.by.values())
    value, ci = value_cells(loss)
    yield Cell(f"{loss.n:,}")
    yield Cell(value)
    yield Cell(ci)
    yield picture
    yield Cell(f"{100 * share:.1f} %" if math.isfinite(share) else "-")
    yield Cell("", picture=bar_cell(share / largest if largest > 0 else 0.0))


def _of(group: Group, label: str) -> Sequence[LossResult]:
    return [loss for loss in group.losses if loss.label == label]


def _share(loss: LossResult, whole: LossResult) -> float:
    """The part of the sum over all rows that a group has; minus infinity where it has none."""
    share = loss.sum / whole.sum if whole.sum else math.nan
    return share if math.isfinite(share) else -math.inf


def _note(count: int, most: int) -> str:
    line = "red line: the mean of all rows"
    if count <= most:
        return line
    return f"{line}; {count - most:,} of {count:,} groups are not shown: --format json has all"
