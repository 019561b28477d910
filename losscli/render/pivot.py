"""Groups of two keys as a table: a row for each value of the first key, a column for the other."""

import math
from collections.abc import Sequence

from losscli.render.numbers import value_cells
from losscli.render.page import Table, TableRow
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import LossResult, Statistic
from losscli.results.text import escape

_MOST_COLUMNS, _MOST_ROWS = 3, 40  # more are a list of groups
FEW = 30  # rows of a group; that of fewer is marked, as its interval says little


def pivots(result: Evaluation) -> list[Table]:
    """A table a loss or metric; none where groups have not two keys of few values."""
    keys = list(result.groups[0].by)
    if len(keys) != 2:
        return []
    rows, columns = (list(dict.fromkeys(group.by[key] for group in result.groups)) for key in keys)
    if not 1 < len(columns) <= _MOST_COLUMNS or not 1 < len(rows) <= _MOST_ROWS:
        return []
    places = range(len(result.statistics))
    return [_pivot(result, at, keys, (rows, columns)) for at in places]


def _pivot(
    result: Evaluation, at: int, keys: Sequence[str], values: tuple[Sequence[str], Sequence[str]]
) -> Table:
    """The value and interval of each pair of keys, and the part of the total of each row."""
    cells = {tuple(group.by.values()): group.statistics[at] for group in result.groups}
    whole = result.statistics[at]
    rows, columns = values
    worst = _worst(cells)
    found = []
    few = False
    for row in rows:
        own = [cells.get((row, column)) for column in columns]
        few |= any(each is not None and each.n < FEW for each in own)
        text = [_cell(each, is_worst=each is not None and each is worst) for each in own]
        found.append(TableRow((escape(f"{keys[0]}={row}"), *text, _share(own, whole))))
    if few:
        found.append(TableRow((f"* fewer than {FEW} rows",)))
    headers = [escape(f"{keys[1]}={column}") for column in columns]
    return Table((escape(whole.label), *headers, "share"), found, (len(columns) + 1,))


def _cell(each: Statistic | None, *, is_worst: bool) -> str:
    if each is None:
        return "-"
    value, ci = value_cells(each)
    marks = f"{' worst' if is_worst else ''}{' *' if each.n < FEW else ''}"
    return f"{value} {ci}{marks}"


def _worst(cells: "dict[tuple[str, ...], Statistic]") -> Statistic | None:
    """The statistic of the worst value; None where it has no direction, or all are alike."""
    known = [each for each in cells.values() if each.of_mean == each.of_mean]
    if not known or len({each.of_mean for each in known}) < 2:
        return None
    higher = False if isinstance(known[0], LossResult) else known[0].higher_is_better
    if higher is None:
        return None
    return (min if higher else max)(known, key=lambda each: each.of_mean)


def _share(own: "Sequence[Statistic | None]", whole: Statistic) -> str:
    """The part of Σ w·L of a row; empty for metrics, and where it would not be a part."""
    if not isinstance(whole, LossResult) or whole.min is None or whole.min < 0:
        return ""
    if not 0 < whole.sum < math.inf:
        return ""
    total = sum(each.sum for each in own if isinstance(each, LossResult))
    return f"{100 * total / whole.sum:.0f} %"
