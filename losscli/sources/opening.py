"""Opening the source of an evaluation: its tables, and the columns that each role takes."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from losscli.errors import DataError, UsageError
from losscli.sources.groups import find_groups
from losscli.sources.memory import array_table
from losscli.sources.reference import ROLE, Reference, reference_roles
from losscli.sources.source import Source
from losscli.sources.table import Field, Role, Table
from losscli.sources.tables import open_table

_ORDER = ("preds", ROLE, "targets", "weights", "ids", "target_ids", "reference_ids")


def open_source(
    preds: Any,
    targets: Any = None,
    *,
    targeted: bool = True,
    pred: Sequence[str] = (),
    target: Sequence[str] = (),
    ids: Sequence[str] = (),
    weights: Any = None,
    by: Sequence[Any] | Mapping[str, Any] = (),
    header: bool = True,
    reference: Reference | None = None,
) -> Source:
    """The source of an evaluation, its tables open and its columns found.

    preds, targets, weights: paths, arrays, DataFrame columns or tensors; weights may be the name
    of a column of either table. Without targets, preds is a table that holds both.
    targeted: True if there are targets; without them none may be given.
    pred, target, ids: columns of the tables.
    by: group keys, each given as weights are; a mapping gives their names.
    reference: other predictions of the same rows.

    Raises UsageError for a request that makes no sense, DataError for data that cannot be read.
    """
    with ExitStack() as stack:
        opener = _Opener(stack, header)
        first = opener.open(preds, "preds")
        _check_targets(first, targets, targeted, pred, target)
        second = first if targets is None else opener.open(targets, "targets")
        opener.at_hand = (first, second)
        roles: dict[str, Role] = {}
        others = list(ids)  # columns that are not predictions or targets
        if weights is not None:
            table = opener.find(weights, "--weights")
            others += [weights] if table else []
            columns = [weights] if table else None
            table = table or opener.open(weights, "weights")
            roles["weights"] = (table, table.field("weights", columns, ()))
        groups = find_groups(by, opener.find, opener.open)
        others += groups.columns
        wanted = [("preds", first, pred)] + ([("targets", second, target)] if targeted else [])
        for role, table, names in wanted:
            excluded = [name for name in others if name in table.names()]
            roles[role] = (table, table.field(role, names or None, excluded))
        roles |= _id_roles(ids, first, second)
        if reference is not None:
            named = roles["targets"][1].columns if targeted and second is first else target
            excluded = [*others, *named]
            roles |= reference_roles(reference, roles["preds"], excluded, ids, opener.open)
        _check_roles(roles)
        stack.pop_all()
    ordered = {role: roles[role] for role in sorted(roles, key=_ORDER.index)}
    return Source(ordered | groups.roles, groups.names)


def with_reference(source: Source, reference: Reference) -> Source:
    """A source with other predictions of its rows, an array; the source is closed by its owner."""
    own = source.roles["preds"]
    others = reference_roles(reference, own, (), (), array_table)
    return Source({"preds": own, **others, **source.roles}, source.by)


class _Opener:
    """Opens tables, which the stack closes, and finds columns in those at hand."""

    def __init__(self, stack: ExitStack, header: bool) -> None:
        self._stack = stack
        self._header = header
        self.at_hand: tuple[Table, ...] = ()

    def open(self, thing: Any, name: str) -> Table:
        """A file or an array as a table."""
        table = open_table(thing, name, self._header)
        self._stack.callback(table.close)
        return table

    def find(self, thing: Any, flag: str) -> Table | None:
        """The table that has a column of that name, None for a file; `./name` is always a file.

        Raises DataError for what is neither.
        """
        if not isinstance(thing, str):
            return None
        table = next((table for table in self.at_hand if thing in table.names()), None)
        if table is None and not os.path.exists(thing):  # noqa: PTH110 - pathlib costs its import
            names = dict.fromkeys(name for table in self.at_hand for name in table.names())
            raise DataError(
                f"{flag} {thing} is neither a column nor a file",
                place=f"the columns are {', '.join(map(repr, names))}" if names else None,
                hint="name a column of a table, or a .npy or .csv file",
            )
        return table


def _check_targets(
    first: Table, targets: Any, targeted: bool, pred: Sequence[str], target: Sequence[str]
) -> None:
    """Raise UsageError for targets that no loss takes, and for one table without its columns."""
    if not targeted and (targets is not None or target):
        raise UsageError("no loss here takes targets", hint="leave TARGETS and --target out")
    if targeted and targets is None and not (pred and target):
        names = ", ".join(first.names())
        raise UsageError(
            "one table for both needs the columns of both",
            place=f"{first.path} has the columns {names}" if names else f"{first.path} is an array",
            hint="losscli eval table.csv --pred COLUMN --target COLUMN, or name a second file",
        )


def _id_roles(ids: Sequence[str], first: Table, second: Table) -> dict[str, Role]:
    if not ids:
        return {}
    for table in (first, second):
        if not table.names():
            raise UsageError(f"{table.path} has no columns, so no --id {ids[0]}")
    roles = {"ids": (first, first.field("ids", ids, ()))}
    if second is not first:
        roles["target_ids"] = (second, second.field("target_ids", ids, ()))
    return roles


def _check_roles(roles: Mapping[str, Role]) -> None:
    """Raise UsageError for targets that are the predictions, DataError for rows of nothing."""
    if "targets" in roles:
        _check_distinct(*roles["preds"], *roles["targets"])
    for table, field in roles.values():
        if not field.width:
            shape = ", ".join(map(str, ("N", *field.row)))
            raise DataError(f"{table.path} has rows of no numbers: its shape is ({shape})")


def _check_distinct(table: Table, preds: Field, other: Table, targets: Field) -> None:
    """Raise UsageError for one column as predictions and as targets."""
    shared = [name for name in preds.columns if name in targets.columns]
    same = table is other or os.path.realpath(table.path) == os.path.realpath(other.path)
    if shared and same and preds.named and targets.named:
        raise UsageError(
            f"--pred and --target are both {shared[0]} of {table.path}",
            hint="a column against itself has no loss, whatever it holds: name two columns",
        )
