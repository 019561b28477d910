"""The table of an evaluation's groups: `mae[region=eu]`, and which group is the worst."""

import math
from collections.abc import Sequence

from losscli.render.numbers import interval, percent, value_of
from losscli.render.page import Table, TableRow
from losscli.results.documents.eval import Evaluation, Group, LossResult
from losscli.results.gate import groups_text
from losscli.results.text import escape
from losscli.stats.formatting import number

MOST_ROWS = 40


def groups_table(result: Evaluation) -> Table:
    """A row a loss and group, at most 40; the worst group of each loss is among them."""
    first = result.losses[0]
    statistic = "sum" if first.reduction == "sum" else "mean"
    headers = ("loss", statistic, f"{percent(first.ci_level)} interval", "n", "")
    rows: list[TableRow] = []
    most = max(1, MOST_ROWS // len(result.losses))  # of each loss
    for at in range(len(result.losses)):
        worst = _worst(result.groups, at)
        for place in _shown(len(result.groups), most, worst):
            group = result.groups[place]
            mark = "worst" if place == worst else ""
            rows.append(TableRow((*_cells(group, group.losses[at]), mark)))
    hidden = len(result.groups) - most
    if hidden > 0:
        words = f"… and {hidden:,} more group{'' if hidden == 1 else 's'}: --format json has all"
        rows.append(TableRow((words,)))
    return Table(headers, rows, frozenset({0, 2, 4}), ("n",))


def _cells(group: Group, loss: LossResult) -> tuple[str, ...]:
    key = groups_text(list(group.by.items()))
    is_sum = loss.reduction == "sum"
    return (
        escape(f"{loss.label}{key}"),
        number(value_of(loss), None if is_sum else loss.stderr),
        "-" if is_sum else interval(loss.ci, loss.stderr),
        f"{loss.n:,}",
    )


def _worst(groups: Sequence[Group], at: int) -> int | None:
    """The place of the largest mean of a loss; None where all means are alike."""
    means = [(group.losses[at].mean, -place) for place, group in enumerate(groups)]
    known = [pair for pair in means if not math.isnan(pair[0])]
    differ = len({mean for mean, _ in known}) > 1
    return -max(known)[1] if differ else None


def _shown(count: int, most: int, worst: int | None) -> list[int]:
    """The places that are shown: the first ones, and the worst in place of the last."""
    places = list(range(min(count, most)))
    if worst is not None and worst >= most:
        places[-1] = worst
    return places
