"""Tables of the rows of an evaluation: the worst rows of each loss."""

from collections.abc import Iterator, Sequence

from losscli.render.numbers import significant
from losscli.render.page import Table, TableRow
from losscli.results.documents.eval import Evaluation, LossResult
from losscli.results.text import escape

_MOST_NUMBERS = 4  # of a row, in a cell


def worst_tables(result: Evaluation) -> Iterator[Table]:
    """The worst rows of each loss, a table each."""
    names = _name_of(result, "preds", "pred"), _name_of(result, "targets", "target")
    for loss in result.losses:
        if loss.worst:
            yield _worst_table(loss, names)


def _name_of(result: Evaluation, role: str, default: str) -> str:
    """The column of a role, where it has one."""
    columns = next((part.columns for part in result.inputs if part.role == role), ())
    return escape(columns[0]) if len(columns) == 1 else default


def _worst_table(loss: LossResult, names: tuple[str, str]) -> Table:
    """A row for each; a column that no row has is left out."""
    worst, ids = loss.worst, tuple(loss.worst[0].id)
    columns = [("rank", [str(rank) for rank in range(1, len(worst) + 1)])]
    columns += [(escape(name), [escape(row.id[name]) for row in worst]) for name in ids]
    columns += [] if ids else [("row", [str(row.row) for row in worst])]
    columns += [
        (names[0], [_numbers(row.pred) for row in worst]),
        (names[1], [_numbers(row.target) for row in worst]),
        (escape(loss.label), [significant(row.value, 6) for row in worst]),
        ("share", [_share(row.share) for row in worst]),
    ]
    numeric = {*range(len(columns))} - {*range(1, 1 + len(ids))}
    kept = [at for at, (_, cells) in enumerate(columns) if set(cells) != {"-"}]
    rows = [TableRow(cells) for cells in zip(*(columns[at][1] for at in kept), strict=True)]
    aligned = [place for place, at in enumerate(kept) if at in numeric]
    return Table(tuple(columns[at][0] for at in kept), rows, aligned)


def _numbers(numbers: Sequence[float] | None) -> str:
    """The numbers of a row in a cell; a dash for none, or more than are shown."""
    if not numbers or len(numbers) > _MOST_NUMBERS:
        return "-"
    return ", ".join(f"{number:.6g}" for number in numbers)


def _share(share: float | None) -> str:
    """A share in percent, to two digits."""
    if share is None:
        return "-"
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{significant(percent, 2)} %"
