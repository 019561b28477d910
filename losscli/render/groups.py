"""The groups of an evaluation as lines of a table: `mae[region=eu]`, and which is the worst."""

import math
from collections.abc import Sequence

from losscli.gates.grammar import groups_text
from losscli.render.numbers import interval, percent, value_of
from losscli.render.page import Table, TableRow
from losscli.results.evaluation import Evaluation, Group, LossResult
from losscli.results.text import escape
from losscli.stats.formatting import number

LINES = 40


def groups_table(result: Evaluation) -> Table:
    """A line a loss and group, at most 40; the worst of each loss is among them."""
    first = result.losses[0]
    heads = ("loss", "sum" if first.reduction == "sum" else "mean", "{} interval", "n", "")
    lines: list[TableRow] = []
    share = max(1, LINES // len(result.losses))
    for at in range(len(result.losses)):
        worst = _worst(result.groups, at)
        for place in _kept(len(result.groups), share, worst):
            group = result.groups[place]
            mark = "worst" if place == worst else ""
            lines.append(TableRow((*_cells(group, group.losses[at]), mark)))
    left = len(result.groups) - share
    if left > 0:
        words = f"… and {left:,} more group{'' if left == 1 else 's'}: --format json has all"
        lines.append(TableRow((words,)))
    level = percent(first.ci_level)
    return Table(tuple(head.format(level) for head in heads), lines, frozenset({0, 2, 4}), ("n",))


def _cells(group: Group, loss: LossResult) -> tuple[str, ...]:
    key = groups_text(list(group.by.items()))
    total = loss.reduction == "sum"
    return (
        escape(f"{loss.label}{key}"),
        number(value_of(loss), None if total else loss.stderr),
        "-" if total else interval(loss.ci, loss.stderr),
        f"{loss.n:,}",
    )


def _worst(groups: Sequence[Group], at: int) -> int | None:
    """The place of the largest mean of a loss; None where there is nothing to compare."""
    means = [(group.losses[at].mean, -place) for place, group in enumerate(groups)]
    known = [found for found in means if not math.isnan(found[0])]
    differ = len({mean for mean, _ in known}) > 1
    return -max(known)[1] if differ else None


def _kept(count: int, share: int, worst: int | None) -> list[int]:
    """The places that are shown: the first ones, and the worst instead of the last."""
    places = list(range(min(count, share)))
    if worst is not None and worst >= share:
        places[-1] = worst
    return places
