"""Arrays in memory: NumPy arrays, lists, DataFrame columns, torch tensors."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from operator import attrgetter
from typing import Any

from losscli.backends.arrays import as_array, as_objects
from losscli.errors import DataError, UsageError
from losscli.sources.array_table import ArrayHolder
from losscli.sources.arrays import MemoryArray
from losscli.sources.keys import Keys
from losscli.sources.source import Source
from losscli.sources.table import (
    CLUSTERS,
    Cut,
    Field,
    Loaded,
    Role,
    Table,
    Workspace,
    concatenate,
    row_ranges,
    select_rows,
)
from losscli.sources.texts import Texts


class MemoryTable(ArrayHolder):
    """Rows of numbers, ids or keys; `path` is their name in messages.

    row: the shape of a row of keys.

    Raises DataError without rows.
    """

    format = "array"
    by_position = True

    def __init__(self, path: str, loaded: Loaded, row: tuple[int, ...] = ()) -> None:
        array = loaded.codes if isinstance(loaded, Keys) else loaded
        self.rows: int = len(array)
        if not self.rows:
            raise DataError(f"{path} has no rows")
        self.path = path
        self.size = array.nbytes
        self._loaded = loaded
        self._row_size = self.size // self.rows
        self._row = row

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The whole array."""
        if columns:
            raise UsageError(f"{self.path} is an array: it has no column {columns[0]!r}")
        if isinstance(self._loaded, Keys):
            return Field(role, self._row, "text", kind="keys")
        return Field(role, self._loaded.shape[1:], _name(self._loaded.dtype))

    def array(self, field: Field) -> MemoryArray:  # noqa: ARG002
        """The array of any field; raises DataError for keys."""
        if isinstance(self._loaded, Keys | Texts):
            raise DataError(f"{self.path} holds texts, not numbers")
        return MemoryArray(self.path, self._loaded)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows: views of an array; workers find the keys in them."""
        cuts = []
        for start, count in row_ranges(self.rows, rows, first):
            load = partial(self._load, start, count)
            cuts.append(Cut(count, count * self._row_size, load))
        return iter(cuts)

    def _load(
        self, start: int, count: int, fields: Sequence[Field], _: Workspace
    ) -> Mapping[str, Loaded]:
        part = self._loaded
        if count < self.rows:
            part = select_rows(part, slice(start, start + count))
        return dict.fromkeys(map(_role, fields), part)


_role = attrgetter("role")
_name = cache(str)  # NumPy composes the name of a type at every call


def holds_keys(table: Table) -> bool:
    """True for an array of texts or other objects in memory."""
    return isinstance(table, MemoryTable) and table.field("groups", None, ()).kind == "keys"


def array_table(values: Any, name: str) -> MemoryTable:
    """An array of rows of numbers; `name` is what messages call it."""
    array = as_array(values, name)
    if array.ndim == 0:
        raise DataError(f"{name} is a single number; expected an array of rows")
    return MemoryTable(name, array)


def key_table(values: Any, name: str) -> MemoryTable:
    """An array of rows of texts or other objects, which serve as keys only."""
    array = as_objects(values, name)
    if not array.size or array.ndim not in (1, 2):
        raise DataError(f"{name} is of shape {array.shape}; expected one key a row")
    columns = array.reshape(len(array), -1).T
    keys = Keys.product([Keys.of_objects(column.tolist()) for column in columns])
    return MemoryTable(name, keys, array.shape[1:])


def copy_rows(source: Source, most: int) -> dict[str, Loaded]:
    """All rows of every role; raises DataError where they are more than `most` numbers."""
    parts: dict[str, list[Loaded]] = {}
    size = 0
    for cut in source.blocks():
        block = cut.load(Workspace())
        columns: dict[str, Loaded] = {**block.arrays, **block.keys}
        if block.clusters is not None:
            columns[CLUSTERS] = block.clusters
        for role, loaded in columns.items():
            parts.setdefault(role, []).append(loaded)
            size += loaded.codes.size if isinstance(loaded, Keys) else loaded.size
        if size > most:
            raise DataError(
                f"the data has more than {most:,} numbers: too many for copies",
                hint="name a smaller sample of the data",
            )
    return {role: concatenate(each) for role, each in parts.items()}


def with_rows(source: Source, loaded: Mapping[str, Loaded]) -> Source:
    """A source of the rows that are given, under the names that its roles have.

    Raises DataError without rows.
    """
    roles: dict[str, Role] = {}
    for role, rows in loaded.items():
        table, field = source.roles[role]
        if not isinstance(rows, Keys):
            field = field._replace(row=rows.shape[1:], dtype=str(rows.dtype))
        roles[role] = (MemoryTable(table.path, rows), field)
    return Source(roles, source.by, source.positions)
