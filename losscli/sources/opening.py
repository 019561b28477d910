"""Opening the source of an evaluation: its tables, and the columns that each role takes."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import holds_numbers, is_frame
from losscli.errors import DataError, UsageError
from losscli.sources import formats
from losscli.sources.files import STANDARD_INPUT, OpenFile
from losscli.sources.memory import array_table, holds_keys, key_table
from losscli.sources.options import ClassLabels, Effort, ReadOptions
from losscli.sources.references import exists, split_reference
from losscli.sources.source import Source
from losscli.sources.table import CLUSTERS, Field, Role, Table, Workspace

if TYPE_CHECKING:
    from losscli.sources.alignment import Alignment
    from losscli.sources.labels import LabelReader
    from losscli.sources.row_numbers import RowAlignment

REFERENCE = "reference"
_PARAMETER_BYTES = 256 << 20
_ORDER = ("targets", "weights", "ids", "rows", CLUSTERS)


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


def open_source(
    preds: Any,
    targets: Any = None,
    *,
    targeted: bool = True,
    pred: Sequence[str] = (),
    target: Sequence[str] = (),
    ids: Sequence[str] = (),
    weights: Any = None,
    cluster: Any = None,
    by: Sequence[Any] | Mapping[str, Any] = (),
    options: ReadOptions = ReadOptions(),  # noqa: B008
    references: Sequence[Reference] = (),
    unmatched: Literal["error", "skip"] = "error",
    rows: Any = None,
    effort: Effort = Effort(),  # noqa: B008
    labels: ClassLabels | None = None,
) -> Source:
    """The source of an evaluation, its tables open and its columns found.

    preds, targets, weights: paths, arrays, DataFrame columns or tensors; weights may be the name
    of a column of either table. Without targets, preds is a table that holds both.
    targeted: False without targets. pred, target: columns. ids: columns of keys by which rows are
    paired; `a=b` where the targets call it b. unmatched: how rows without a partner are handled.
    cluster: the key of a cluster for each row, given as weights are. by: group keys, each given as
    weights are; a mapping gives their names. references: other predictions of the same rows.
    rows: the target's row number of each prediction, from 0, given as weights are; repeated
    predictions that agree are left out. effort: for pairing rows. labels: how class labels are
    read; None where no loss takes them.

    Raises UsageError for a request that makes no sense, DataError for data that cannot be read.
    """
    opener = _Opener(options, texts=labels is not None)
    alignment = _alignment(ids, rows, unmatched, opener, effort)
    try:
        first = opener.open(preds, "preds")
        _check_targets(first, targets, targeted, pred, target)
        second = first if targets is None else opener.open(targets, "targets")
        first, second, reader = _with_labels(labels, first, second, pred, target)
        first, second = _aligned(alignment, first, second, effort, named=bool(pred or target))
        opener.at_hand = (first, second)
        opener.paired = alignment.select if alignment else opener.paired
        roles = _side_roles(weights, cluster, opener)
        others = alignment.names() if alignment else []  # not predictions or targets
        for table, field in roles.values():
            others += field.columns if table in opener.at_hand else ()
        groups, by_names = _find_groups(by, opener) if len(by) else ({}, ())
        others += [name for _, field in groups.values() for name in field.columns]
        roles["preds"] = _role("preds", first, pred, others)
        roles |= {"targets": _role("targets", second, target, others)} if targeted else {}
        roles |= {} if alignment is None else alignment.roles()
        if references:
            others += roles["targets"][1].columns if targeted and second is first else target
            roles |= _reference_roles(references, roles, others, opener.open, alignment, reader)
        _check_roles(roles, reader)
    except BaseException:
        opener.close()
        raise
    return _source(roles, groups, by_names, alignment)


def array_source(preds: NDArray[Any], targets: NDArray[Any]) -> Source:
    """The source of two arrays of numbers in memory; raises DataError as `open_source` does."""
    roles: dict[str, Role] = {}
    for role, array in (("preds", preds), ("targets", targets)):
        table = array_table(array, role)
        roles[role] = table, table.field(role, None, ())
    _check_roles(roles, None)
    return Source(roles)


def _source(
    roles: dict[str, Role],
    groups: Mapping[str, Role],
    by_names: tuple[str, ...],
    alignment: "Alignment | RowAlignment | None",
) -> Source:
    """The source of these roles, in their order."""
    if [*roles] != ["preds", "targets"]:
        first = [role for role in roles if role not in _ORDER]  # predictions, then references
        roles = {role: roles[role] for role in (*first, *_ORDER) if role in roles}
    source = Source({**roles, **groups} if groups else roles, by_names)
    return source if alignment is None else alignment.finish(source)


def _with_labels(
    labels: ClassLabels | None,
    first: Table,
    second: Table,
    pred: Sequence[str],
    target: Sequence[str],
) -> "tuple[Table, Table, LabelReader | None]":
    """The tables, which read labels that are text, and the reader of labels, if there may be any.

    It finds the labels' numbers once the field of the predictions is known.
    """
    named = labels is not None and labels.given
    if not named and not any(table.names() or holds_keys(table) for table in (first, second)):
        labels = None
    if labels is None:
        return first, second, None
    from losscli.sources.labels import LabelReader  # here: evaluations of arrays need none

    reader = LabelReader(labels)
    return *reader.wrap(first, second, pred, target), reader


def _role(role: str, table: Table, names: Sequence[str], others: Sequence[str]) -> Role:
    """The columns of a role; without names all of numbers, except others that the table has."""
    excluded = [name for name in others if name in table.names()] if others else ()
    return table, table.field(role, names or None, excluded)


def _alignment(
    ids: Sequence[str], rows: Any, unmatched: str, opener: "_Opener", effort: Effort
) -> "Alignment | RowAlignment | None":
    """The alignment by ids or by row numbers; None where rows are paired by position."""
    if ids and rows is not None:
        raise UsageError("--id and --rows both say how rows are paired", hint="leave one out")
    if ids:
        from losscli.sources.alignment import Alignment  # here: it is not needed without ids

        return Alignment(ids, skip=unmatched == "skip", effort=effort)
    if unmatched == "skip":
        raise UsageError("--unmatched skip needs --id", hint="without ids every row has a partner")
    if rows is not None:
        from losscli.sources.row_numbers import RowAlignment

        return RowAlignment(partial(opener.row_numbers, rows), effort)
    return None


def _aligned(
    alignment: "Alignment | RowAlignment | None",
    first: Table,
    second: Table,
    effort: Effort,
    *,
    named: bool,
) -> tuple[Table, Table]:
    """The tables of predictions and targets, the second one in the order of the first.

    named: True if columns of them were given; otherwise a file of one line may be a column.
    """
    if alignment is not None:
        base = alignment.first(first)
        return base, base if second is first else alignment.join(second)
    if first.one_line() + second.one_line() > 1 and not named:
        from losscli.sources.one_line import as_columns

        return as_columns(first, second)
    if second is first or not (first.names() and second.names()):
        return first, second
    from losscli.sources.key_columns import watched

    return watched(first, second, effort)


def with_references(source: Source, references: Sequence[Reference]) -> Source:
    """A source with other predictions of its rows, arrays; the source is closed by its owner."""
    own = source.roles["preds"]
    others = _reference_roles(references, source.roles, (), array_table)
    return Source({"preds": own, **others, **source.roles}, source.by, source.positions)


def open_table(thing: Any, name: str, options: ReadOptions = ReadOptions()) -> Table:  # noqa: B008
    """A location, an array or a DataFrame as a table; `name` is what messages call the last two.

    A table is itself.

    A location: a file, a folder or a pattern of files, a pipe, "-" for standard input, or a URL.

    A path may name a part of a file, `FILE:PART`.

    Raises DataError for what cannot be read, UsageError for a file in an unknown format.
    """
    if not isinstance(thing, str | os.PathLike):
        if hasattr(thing, "cuts"):
            table: Table = thing
            return table
        if not is_frame(thing):
            return array_table(thing, name)
        from losscli.sources.frames import frame_table

        return frame_table(thing, name)
    path, part = split_reference(thing)
    options = options._replace(part=part)
    if os.path.isfile(path):  # noqa: PTH113 - pathlib costs its import
        return formats.open_table(OpenFile(path), options)
    from losscli.sources.locations import open_location

    return open_location(path, options)


def read_array(path: str) -> NDArray[Any]:
    """A small array of a .npy file, whole: a parameter, not data.

    Any other file is refused before it is read: no message may show its content.
    """
    from losscli.sources.formats import npy

    file = OpenFile(path)
    try:
        if formats.format_of(file) is not npy.FORMAT:
            raise DataError(f"{path} is not a .npy file", hint="save the array with numpy.save")
        if file.size > _PARAMETER_BYTES:
            raise DataError(
                f"{path} cannot be a parameter", hint="expected a .npy file of at most 256 MiB"
            )
        array = npy.read_npy(file)
        return np.array(array.read(0, array.shape[0], Workspace(), "array"))
    finally:
        file.close()


class _Opener:
    """Opens tables, and finds columns in those at hand."""

    def __init__(self, options: ReadOptions, *, texts: bool) -> None:
        self._options = options
        self._opened: list[Table] = []
        self.at_hand: tuple[Table, ...] = ()
        self.paired: Callable[[Table], Table] = lambda table: table
        self._texts = ("preds", "targets") if texts else ()  # may be arrays of text

    def open(self, thing: Any, name: str) -> Table:
        if isinstance(thing, np.ndarray) and thing.dtype.kind in "fiub":
            return array_table(thing, name)
        again = isinstance(thing, str) and thing == STANDARD_INPUT
        if again and any(table.path == STANDARD_INPUT for table in self._opened):
            raise UsageError(
                "- is named twice, and standard input can be read once only",
                hint="save one of the two as a file",
            )
        try:
            table = open_table(thing, name, self._options)
        except DataError:
            path = isinstance(thing, str | os.PathLike)
            if name not in self._texts or path or holds_numbers(thing):
                raise
            table = key_table(thing, name)
        self._opened.append(table)
        return table

    def row_numbers(self, rows: Any, first: Table) -> tuple[Table, Sequence[str] | None]:
        """The table of the row numbers of predictions, and their column if it is theirs."""
        self.at_hand = (first,)
        found = self.find(rows, "--rows")
        return (self.open(rows, "rows"), None) if found is None else (found, [rows])

    def close(self) -> None:
        for table in self._opened:
            table.close()

    def find(self, thing: Any, flag: str) -> Table | None:
        """The table that has a column of that name, None for a file; `./name` is always a file.

        Raises DataError for what is neither.
        """
        if not isinstance(thing, str):
            return None
        table = next((table for table in self.at_hand if thing in table.names()), None)
        if table is None and not _is_location(thing):
            names = dict.fromkeys(name for table in self.at_hand for name in table.names())
            raise DataError(
                f"{flag} {thing} is neither a column nor a file",
                place=f"the columns are {', '.join(map(repr, names))}" if names else None,
                hint="name a column of a table, or a .npy or .csv file",
            )
        return table


def _is_location(path: str) -> bool:
    if exists(path):
        return True
    from losscli.sources.locations import is_location

    return is_location(split_reference(path).path)


def _side_roles(weights: Any, cluster: Any, opener: _Opener) -> dict[str, Role]:
    """The roles of weights and of clusters, where they are given."""
    roles: dict[str, Role] = {}
    if weights is not None:
        roles["weights"] = _weights_role(weights, opener)
    if cluster is not None:
        roles[CLUSTERS] = _cluster_role(cluster, opener)
    return roles


def _weights_role(weights: Any, opener: _Opener) -> Role:
    """The column of a table at hand, or a file or an array."""
    table = opener.find(weights, "--weights")
    columns = None if table is None else [weights]
    table = table or opener.paired(opener.open(weights, "weights"))
    return table, table.field("weights", columns, ())


def _cluster_role(cluster: Any, opener: _Opener) -> Role:
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


def _find_groups(
    by: Sequence[Any] | Mapping[str, Any], opener: _Opener
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


class MissingColumnsError(UsageError):
    """One table for predictions and targets, without the columns of both.

    names: its columns.
    """

    names: tuple[str, ...] = ()


def _check_targets(
    first: Table, targets: Any, targeted: bool, pred: Sequence[str], target: Sequence[str]
) -> None:
    """Raise UsageError for targets that no loss takes, and for one table without its columns."""
    if not targeted and (targets is not None or target):
        raise UsageError("no loss here takes targets", hint="leave TARGETS and --target out")
    if targeted and targets is None and not (pred and target):
        names = first.names()
        has = f"has the columns {', '.join(names)}" if names else "is an array"
        error = MissingColumnsError(
            "one table for both needs the columns of both",
            place=f"{first.path} {has}",
            hint="--pred COLUMN --target COLUMN, or name a second file",
        )
        error.names = names
        raise error


def _reference_roles(
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


def _check_roles(roles: Mapping[str, Role], reader: "LabelReader | None") -> None:
    """Raise UsageError for targets that are the predictions, DataError for rows of nothing.

    reader: finds the numbers of labels, or raises DataError for labels without an order.
    """
    if "targets" in roles and roles["targets"][1].columns:
        _check_distinct(*roles["preds"], *roles["targets"])
        _check_order(roles["preds"][1].columns, roles["targets"][1].columns)
    for table, field in roles.values():
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
