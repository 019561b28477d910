"""The columns that each role of an evaluation takes, found in its tables."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.backends.arrays import holds_numbers
from losscli.errors import DataError, UsageError
from losscli.sources.memory import key_table
from losscli.sources.naming import listed
from losscli.sources.opener import Opener
from losscli.sources.table import CLUSTERS, Field, Role, Table, is_key_role

if TYPE_CHECKING:
    from losscli.sources.alignment import Alignment
    from losscli.sources.labels import LabelReader
    from losscli.sources.row_numbers import RowAlignment


REFERENCE = "reference"


def reference_role(place: int) -> str:
    """The role of a reference, by its place from 0."""
    return f"{REFERENCE}_{place + 1}" if place else REFERENCE


class Reference(NamedTuple):
    """Reference predictions. preds: a path or an array; it may be the table of the source.

    pred: their columns; usual: the columns of a table for which no others are given.
    """

    preds: Any
    pred: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()


class MissingColumnsError(UsageError):
    """One table for predictions and targets, without the columns of both.

    names: its columns.
    """

    names: tuple[str, ...] = ()


def check_targets(
    first: Table, targets: Any, targeted: bool, pred: Sequence[str], target: Sequence[str]
) -> None:
    """Raise UsageError for targets that no loss takes, and for one table without its columns."""
    if not targeted and (targets is not None or target):
        raise UsageError("no loss here takes targets", hint="leave TARGETS and --target out")
    if targeted and targets is None and not (pred and target):
        names = first.names()
        has = f"has the columns {listed(names, 60)}" if names else "is an array"
        error = MissingColumnsError(
            "one table for both needs the columns of both",
            place=f"{first.path} {has}",
            hint="--pred COLUMN --target COLUMN, or name a second file",
        )
        error.names = names
        raise error


def side_roles(
    weights: Any, cluster: Any, columns: Mapping[str, str], opener: Opener
) -> dict[str, Role]:
    """The roles of weights, of clusters and of columns of parameters, where they are given."""
    roles: dict[str, Role] = {}
    if weights is not None:
        roles["weights"] = _number_role("weights", weights, "--weights", opener)
    for role, name in columns.items():
        roles[role] = _number_role(role, str(name), "the parameter", opener)
    if cluster is not None:
        roles[CLUSTERS] = _cluster_role(cluster, opener)
    return roles


def _number_role(role: str, thing: Any, flag: str, opener: Opener) -> Role:
    """The column of a table at hand, or a file or an array; flag: for the message."""
    table = opener.find(thing, flag)
    columns = None if table is None else [thing]
    table = table or opener.paired(opener.open(thing, role))
    return table, table.field(role, columns, ())


def _cluster_role(cluster: Any, opener: Opener) -> Role:
    """The column of a table at hand, or a file or an array.

    Raises UsageError for several keys a row.
    """
    table = opener.find(cluster, "--cluster")
    columns = None if table is None else [cluster]
    if table is None:
        numbers = isinstance(cluster, str | os.PathLike) or holds_numbers(cluster)
        opened = opener.open(cluster, CLUSTERS) if numbers else key_table(cluster, CLUSTERS)
        table = opener.paired(opened)
    field = table.field(CLUSTERS, columns, ())
    if field.row not in ((), (1,)):
        raise UsageError(
            f"--cluster takes one key a row; {table.path} has rows of {field.row}",
            hint="name one column",
        )
    return table, field


def find_groups(
    by: Sequence[Any] | Mapping[str, Any], opener: Opener
) -> tuple[dict[str, Role], tuple[str, ...]]:
    """Roles of keys, one a table, and the names of all their columns in the same order.

    by: columns, files and arrays; a mapping gives their names.

    Raises UsageError if two keys have one name, DataError for an array that is not a key a row.
    """
    things = by.items() if isinstance(by, Mapping) else ((None, thing) for thing in by)
    taken: dict[int, tuple[Table, list[str], list[str]]] = {}
    for place, (given, thing) in enumerate(things, start=1):
        table = opener.find(thing, "--by")
        if table is not None:
            _, columns, called = taken.setdefault(id(table), (table, [], []))
            if thing not in columns:
                columns.append(thing)
                called.append(given or thing)
            continue
        name = given or _key_name(thing, place if len(by) > 1 else None)
        numbers = isinstance(thing, str | os.PathLike) or holds_numbers(thing)
        table = opener.paired(opener.open(thing, name) if numbers else key_table(thing, name))
        taken[id(table)] = (table, [], list(_key_names(table, name, given)))
    roles: dict[str, Role] = {}
    for place, (table, columns, _) in enumerate(taken.values(), start=1):
        role = "groups" if place == 1 else f"groups_{place}"
        roles[role] = (table, table.field(role, columns or None, ()))
    names = tuple(name for _, _, several in taken.values() for name in several)
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"two keys of --by are called {name}", hint="rename a file, or a column"
            )
    return roles, names


def _key_name(thing: Any, place: int | None) -> str:
    """A file's stem, a column's own name, or `by`."""
    if isinstance(thing, str | os.PathLike):
        return Path(thing).stem
    name = getattr(thing, "name", None)
    return name if isinstance(name, str) and name else "by" if place is None else f"by_{place}"


def _key_names(table: Table, name: str, given: str | None) -> Iterator[str]:
    found = table.names()
    if found:
        yield from [given] if given and len(found) == 1 else found
        return
    row = table.field("groups", None, ()).row
    if len(row) > 1:
        raise DataError(
            f"{table.path} has rows of {row}; --by takes one key a row, or a few",
            hint="name an array of shape (N,) or (N, K)",
        )
    yield from [name] if row in ((), (1,)) else [f"{name}_{k + 1}" for k in range(row[0])]


def reference_roles(
    references: Sequence[Reference],
    own: Mapping[str, Role],
    excluded: Sequence[str],
    opened: Callable[[Any, str], Table],
    alignment: "Alignment | RowAlignment | None" = None,
    reader: "LabelReader | None" = None,
) -> dict[str, Role]:
    """The roles of references; a table of its own is aligned with that of the predictions.

    own: the roles with the predictions that are compared with them. excluded: columns that are not
    predictions. reader: of labels that are text.

    Raises UsageError for predictions that are compared with themselves.
    """
    roles = {"preds": own["preds"]}
    for place, reference in enumerate(references):
        thing, role = reference.preds, reference_role(place)
        same = _table_of(thing, roles.values())
        other = same or opened(thing, role)
        names = other.names()
        columns = reference.pred or (reference.usual if names else ())
        if reader is not None:
            other = reader.wrap_reference(other, role, columns)
        if alignment is not None and same is None:
            other = alignment.reference(other)
        taken = other.field(role, columns or None, [name for name in excluded if name in names])
        for table, field in roles.values():
            if other is table and taken.columns == field.columns:
                raise UsageError(
                    f"{table.path} would be compared with itself", hint="name other predictions"
                )
        roles[role] = (other, taken)
    del roles["preds"]
    return roles


def _table_of(thing: Any, roles: Iterable[Role]) -> Table | None:
    """The table of a path, if one of the roles has it."""
    if not isinstance(thing, str | os.PathLike):
        return None
    path = os.path.realpath(thing)
    for table, _ in roles:
        if table.format != "array" and os.path.realpath(table.path) == path:
            return table
    return None


def check_roles(
    roles: Mapping[str, Role], reader: "LabelReader | None" = None, *, listed: bool = True
) -> None:
    """Raise UsageError for targets that are the predictions, DataError for rows of nothing.

    reader: finds the numbers of labels, or raises DataError for labels without an order. listed:
    True where columns were listed, or none were given; False where a pattern found some, whose
    order nobody chose.
    """
    if "targets" in roles and roles["targets"][1].columns:
        _check_distinct(*roles["preds"], *roles["targets"])
        if not listed:
            _check_order(roles["preds"][1].columns, roles["targets"][1].columns)
    for role, (table, field) in roles.items():
        if field.kind == "keys" and not is_key_role(role):
            raise DataError(
                f"{table.path} holds texts or other objects, not numbers",
                hint="expected float16 to float64, integers or bool",
            )
        if 0 in field.row:
            shape = ", ".join(map(str, ("N", *field.row)))
            raise DataError(f"{table.path} has rows of no numbers: its shape is ({shape})")
    if reader is not None:
        reader.resolve(roles["preds"][1])


def _check_order(preds: Sequence[str], targets: Sequence[str]) -> None:
    """Raise UsageError for outputs whose names say that others belong together."""
    if len(preds) < 2 or len(preds) != len(targets):
        return
    stems = [_stems(names) for names in (preds, targets)]
    ours, theirs = stems
    if ours == theirs or sorted(ours) != sorted(theirs) or len(set(ours)) < len(preds):
        return
    place = next(k for k in range(len(preds)) if ours[k] != theirs[k])
    order = [preds[stems[0].index(stem)] for stem in stems[1]]
    raise UsageError(
        f"predictions and targets are in another order: {preds[place]} with {targets[place]}",
        hint=f"columns are paired as they are listed: --pred {','.join(order)}",
    )


def _stems(names: Sequence[str]) -> list[str]:
    """The names without what all of them begin and end with.

    >>> _stems(["a_pred", "b_pred"])
    ['a', 'b']
    """
    rest = _without_prefix(names)
    return [name[::-1] for name in _without_prefix([name[::-1] for name in rest])]


def _without_prefix(names: Sequence[str]) -> list[str]:
    first, last = min(names), max(names)  # what these two share, all names do
    count = 0
    while count < min(len(first), len(last)) and first[count] == last[count]:
        count += 1
    return [name[count:] for name in names]


def _check_distinct(table: Table, preds: Field, other: Table, targets: Field) -> None:
    """Raise UsageError for one column as predictions and as targets."""
    if not (preds.named and targets.named):
        return
    others = set(targets.columns)
    shared = [name for name in preds.columns if name in others]
    if not shared:
        return
    if table is other or os.path.realpath(table.path) == os.path.realpath(other.path):
        raise UsageError(
            f"--pred and --target are both {shared[0]} of {table.path}",
            hint="a column against itself has no loss, whatever it holds: name two columns",
        )
