"""A source: the roles of an evaluation, each a field of an open table, cut into aligned blocks."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.moments import unit_rows
from losscli.errors import DataError, MissingError, UsageError
from losscli.sources.files import OpenFile
from losscli.sources.groups import find_groups
from losscli.sources.keys import Keys
from losscli.sources.memory import ArrayTable
from losscli.sources.npy import MAGIC, NpyTable
from losscli.sources.reference import ROLE, Reference, reference_roles
from losscli.sources.table import Cut, Field, Table, is_group_role
from losscli.sources.workspace import Workspace

_LATER = {
    ".npz": "npz files", ".gz": "compressed files", ".zst": "compressed files",
    ".parquet": "parquet files", ".arrow": "arrow files", ".feather": "arrow files",
    ".jsonl": "JSON Lines", ".safetensors": "safetensors files", ".pt": "torch files",
}  # fmt: skip

_MAGICS = {
    b"PK\x03\x04": "zip archives (npz)",
    b"\x1f\x8b": "compressed files",
    b"\x28\xb5\x2f\xfd": "compressed files",
}

_PARAMETER_BYTES = 256 << 20


class Block(NamedTuple):
    """Aligned rows of all roles, as they were read: (n,) or (n, …) each; row `first` of all.

    unit: the rows whose moments are taken together, the same for every format.
    keys: of the roles of groups, in their order.
    """

    first: int
    rows: int
    unit: int
    arrays: Mapping[str, NDArray[Any]]
    keys: Mapping[str, Keys] = MappingProxyType({})


class BlockCut(NamedTuple):
    """A block whose numbers are not read yet: a cut of each table."""

    first: int
    rows: int
    unit: int
    parts: tuple[tuple[Cut, tuple[Field, ...]], ...]

    @property
    def size(self) -> int:
        """Bytes of all tables that it takes."""
        return sum(cut.size for cut, _ in self.parts)

    def load(self, workspace: Workspace) -> Block:
        """Read it, into the worker's buffers."""
        arrays: dict[str, NDArray[Any]] = {}
        keys: dict[str, Keys] = {}
        for cut, fields in self.parts:
            for role, loaded in cut.load(fields, workspace).items():
                if isinstance(loaded, Keys):
                    keys[role] = loaded
                elif is_group_role(role):
                    keys[role] = Keys.of(loaded)
                else:
                    arrays[role] = loaded
        ordered = {role: keys[role] for role in sorted(keys, key=_place)}
        return Block(self.first, self.rows, self.unit, arrays, ordered)


@dataclass(frozen=True, slots=True)
class Source:
    """Roles, each a table and a field of it; a table may serve several roles.

    Roles are preds, targets, weights, ids (of preds) with target_ids, a reference of the preds with
    reference_ids, and those of groups.
    by: the names of the groups' keys, in the order of their roles and columns.
    """

    roles: Mapping[str, tuple[Table, Field]]
    by: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        """Each table once, in the order of the roles."""
        return list({id(table): table for table, _ in self.roles.values()}.values())

    @property
    def rows(self) -> int | None:
        """The number of rows, where it is known before reading."""
        return next((table.rows for table in self.tables if table.rows is not None), None)

    @property
    def size(self) -> int:
        """Bytes of all tables."""
        return sum(table.size for table in self.tables)

    @property
    def width(self) -> int:
        """Numbers a row of the widest role; keys are no numbers."""
        return max(
            field.width for role, (_, field) in self.roles.items() if not is_group_role(role)
        )

    @property
    def unit(self) -> int:
        """Rows in a unit of moments; every block but the last holds whole units."""
        return unit_rows(self.width, grouped=any(map(is_group_role, self.roles)))

    def field(self, role: str) -> Field:
        """What a role takes."""
        return self.roles[role][1]

    def table(self, role: str) -> Table:
        """Where a role takes it from."""
        return self.roles[role][0]

    def blocks(self, rows: int | None = None) -> Iterator[BlockCut]:
        """All rows in aligned cuts; `rows` of them in each, by default as many as fit a cache.

        By default these are whole units of moments, also where their text is read in pieces.

        Raises DataError where the tables have different numbers of rows.
        """
        unit = self.unit
        fitting = min(table.block_rows(self.width) for table in self.tables)
        rows = rows or max(1, fitting // unit) * unit
        fields = {
            id(table): tuple(f for other, f in self.roles.values() if other is table)
            for table in self.tables
        }
        streams = [(table.cuts(rows), fields[id(table)]) for table in self.tables]
        self._check_lengths({table.path: table.rows for table in self.tables})
        first = 0
        while True:
            cuts = [(next(stream, None), wanted) for stream, wanted in streams]
            counts = [cut.rows if cut else 0 for cut, _ in cuts]
            if not any(counts):
                return
            parts = tuple((cut, wanted) for cut, wanted in cuts if cut is not None)
            if len(set(counts)) > 1:
                ended = {
                    table.path: first + count if count < rows else None
                    for table, count in zip(self.tables, counts, strict=True)
                }
                self._unequal(ended)
            yield BlockCut(first, counts[0], unit, parts)
            first += counts[0]

    def verify(self) -> None:
        """Raise DataError where a table changed since it was opened."""
        for table in self.tables:
            table.verify()

    def close(self) -> None:
        """Close all tables."""
        for table in self.tables:
            table.close()

    def _check_lengths(self, rows: Mapping[str, int | None]) -> None:
        if len({count for count in rows.values() if count is not None}) > 1:
            self._unequal(rows)

    def _unequal(self, rows: Mapping[str, int | None]) -> None:
        words = [
            f"{path} has {count:,} rows" if count is not None else f"{path} has more"
            for path, count in rows.items()
        ]
        raise DataError(
            f"the numbers of rows differ: {', '.join(words)}",
            hint="rows are paired by position: one target a prediction",
        )


def _place(role: str) -> tuple[int, str]:
    return len(role), role  # groups, groups_2 … groups_10


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
    targeted: whether there are targets; without them none may be given.
    pred, target, ids: columns of the tables.
    by: what groups rows, each as weights are; a mapping says what they are called.
    reference: other predictions of the same rows.

    Raises UsageError for a request that makes no sense, DataError for data that cannot be read.
    """
    with ExitStack() as stack:

        def opened(thing: Any, name: str) -> Table:
            table = open_table(thing, name, header)
            stack.callback(table.close)
            return table

        def find(thing: Any, flag: str) -> Table | None:
            return _column_table(thing, flag, (first, second))

        first = opened(preds, "preds")
        if not targeted and (targets is not None or target):
            raise UsageError("no loss here takes targets", hint="leave TARGETS and --target out")
        if targeted and targets is None and not (pred and target):
            raise UsageError(
                "one table for both needs the columns of both",
                place=_columns_of(first),
                hint="losscli eval table.csv --pred COLUMN --target COLUMN, or name a second file",
            )
        second = first if targets is None else opened(targets, "targets")
        roles: dict[str, tuple[Table, Field]] = {}
        taken = list(ids)
        if weights is not None:
            at = find(weights, "--weights")
            weighing = at or opened(weights, "weights")
            roles["weights"] = (weighing, weighing.field("weights", [weights] if at else None, ()))
            taken += [weights] if at else []
        groups = find_groups(by, find, opened)
        taken += groups.columns
        wanted = [("preds", first, pred)] + ([("targets", second, target)] if targeted else [])
        for role, table, names in wanted:
            excluded = [name for name in taken if name in table.names()]
            roles[role] = (table, table.field(role, names or None, excluded))
        roles |= _id_roles(ids, first, second)
        if reference is not None:
            named = roles["targets"][1].columns if targeted and second is first else target
            others = [*taken, *named]
            roles |= reference_roles(reference, roles["preds"], others, ids, opened)
        _check_roles(roles)
        stack.pop_all()
        ordered = {role: roles[role] for role in sorted(roles, key=_ORDER.index)}
        return Source(ordered | groups.roles, groups.names)


def with_reference(source: Source, reference: Reference) -> Source:
    """A source with other predictions of its rows, an array; the source is closed by its owner."""
    own = source.roles["preds"]
    others = reference_roles(reference, own, (), (), ArrayTable)
    return Source({"preds": own, **others, **source.roles}, source.by)


def _check_roles(roles: Mapping[str, tuple[Table, Field]]) -> None:
    """Raise UsageError for targets that are the predictions, DataError for rows of nothing."""
    if "targets" in roles:
        _check_apart(*roles["preds"], *roles["targets"])
    for table, field in roles.values():
        if not field.width:
            shape = ("N", *field.row)
            raise DataError(
                f"{table.path} has rows of no numbers: its shape is ({', '.join(map(str, shape))})"
            )


def _check_apart(table: Table, preds: Field, other: Table, targets: Field) -> None:
    shared = [name for name in preds.columns if name in targets.columns]
    same = table is other or os.path.realpath(table.path) == os.path.realpath(other.path)
    if shared and same and preds.named and targets.named:
        raise UsageError(
            f"--pred and --target are both {shared[0]} of {table.path}",
            hint="a column against itself has no loss, whatever it holds: name two columns",
        )


_ORDER = ("preds", ROLE, "targets", "weights", "ids", "target_ids", "reference_ids")


def open_table(thing: Any, name: str, header: bool = True) -> Table:
    """A path or an array as a table; the format comes from the content, then the suffix."""
    if not isinstance(thing, str | os.PathLike):
        return ArrayTable(thing, name)
    path = os.fspath(thing)
    suffix = Path(path).suffix.lower()
    _refuse_later(path, suffix)
    file = OpenFile(path)
    try:
        return _table_of(file, suffix, header)
    except BaseException:
        file.close()
        raise


def _refuse_later(path: str, suffix: str) -> None:
    """Raise MissingError for what has a meaning already, and nobody to read it yet."""
    what = _LATER.get(suffix)
    if os.path.isfile(path):  # noqa: PTH113 - pathlib costs its import
        with open(path, "rb") as file:  # what a file holds counts more than what it is called
            what = None if file.read(len(MAGIC)) == MAGIC else what
    elif path == "-":
        what = "standard input"
    elif re.match(r"[a-z][a-z0-9+.-]+://", path):
        what = "addresses"
    elif re.search(r"\.npz:[^/]*$", path):
        what = "npz files"
    elif not os.path.exists(path) and re.search(r"[*?]", path):  # noqa: PTH110
        what = "patterns of files"
    if what is not None:
        raise MissingError(f"{what} cannot be read yet: {path}", hint="save it as .npy or .csv")


def read_array(path: str) -> NDArray[Any]:
    """A small array of a .npy file, whole: a parameter, not data."""
    table = open_table(path, path)
    try:
        field = table.field("array", None, ())
        if table.rows is None or field.columns or table.size > _PARAMETER_BYTES:
            raise DataError(
                f"{path} cannot be a parameter", hint="a .npy file of at most 256 MiB is wanted"
            )
        cut = next(table.cuts(table.rows))
        return np.array(cut.load([field], Workspace())["array"])
    finally:
        table.close()


def _table_of(file: OpenFile, suffix: str, header: bool) -> Table:
    start = file.read(len(MAGIC), 0)
    if start == MAGIC or suffix == ".npy":
        return NpyTable(file)
    for magic, what in _MAGICS.items():
        if start.startswith(magic):
            raise MissingError(f"{what} cannot be read yet: {file.path}", hint="unpack it")
    from losscli.sources.csv import CsvTable

    return CsvTable(file, header)


def check_ids(source: Source, block: Block) -> None:
    """Raise DataError at the first row where the ids of two tables differ."""
    for role in ("target_ids", "reference_ids"):
        if role not in block.arrays:
            continue
        ours, theirs = block.arrays["ids"], block.arrays[role]
        differ = np.flatnonzero(ours != theirs)
        if differ.size:
            row = int(differ[0])
            table, field = source.roles["ids"]
            other = source.table(role).path
            raise DataError(
                f"the ids differ: {str(ours[row])!r} here, {str(theirs[row])!r} in {other}",
                place=table.place(block.first + row, 0, field),
                hint="sort both tables by id: rows are paired by position",
            )


def _id_roles(ids: Sequence[str], first: Table, second: Table) -> dict[str, tuple[Table, Field]]:
    if not ids:
        return {}
    for table in (first, second):
        if not table.names():
            raise UsageError(f"{table.path} has no columns, so no --id {ids[0]}")
    roles = {"ids": (first, first.field("ids", ids, ()))}
    if second is not first:
        field = second.field("ids", ids, ())
        roles["target_ids"] = (second, Field("target_ids", (), field.dtype, field.columns))
    return roles


def _column_table(thing: Any, flag: str, tables: Sequence[Table]) -> Table | None:
    """The table that has a column of that name; `./name` always means a file."""
    if not isinstance(thing, str):
        return None
    found = next((table for table in tables if thing in table.names()), None)
    if found is None:
        _refuse_later(thing, Path(thing).suffix.lower())
    if found is None and not os.path.exists(thing):  # noqa: PTH110 - pathlib costs its import
        names = dict.fromkeys(name for table in tables for name in table.names())
        raise DataError(
            f"{flag} {thing} is neither a column nor a file",
            place=f"the columns are {', '.join(map(repr, names))}" if names else None,
            hint="name a column of a table, or a .npy or .csv file",
        )
    return found


def _columns_of(table: Table) -> str:
    names = ", ".join(table.names())
    return f"{table.path} has the columns {names}" if names else f"{table.path} is an array"
