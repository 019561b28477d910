"""The protocol of formats: a table of columns or an array of rows, cut into runs of rows."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.errors import Place
from losscli.sources.files import OpenFile
from losscli.sources.keys import Keys
from losscli.sources.texts import Texts

Loaded: TypeAlias = NDArray[Any] | Keys | Texts

# Numbers a block: few enough that memory stays flat, many enough that the work of a block, some
# 100 us for a cheap loss, takes longer than what Python does for it.
BLOCK = 524_288


Kind: TypeAlias = Literal["numbers", "ids", "keys"]


class Field(NamedTuple):
    """The values of one role in a table: the rows of an array, or some columns.

    row: the shape of one row, () for a number. dtype: the type as it stands in the file.
    named: True if the columns were given by name, False if all with numbers were taken.
    kind: how the cells are loaded: as numbers, as the `Texts` of ids, or as `Keys`. Arrays in
    memory give numbers for keys too.
    """

    role: str
    row: tuple[int, ...]
    dtype: str
    columns: tuple[str, ...] = ()
    named: bool = True
    kind: Kind = "numbers"

    @property
    def width(self) -> int:
        """Numbers a row."""
        return math.prod(self.row)


class Workspace:
    """Buffers that a worker reuses from block to block, so that memory stays flat."""

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}
        self._inner: dict[str, tuple[int, Workspace]] = {}

    def empty(self, key: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An array whose content is undefined; the next call with this key takes it back."""
        size = dtype.itemsize * math.prod(shape)
        memory = self._memory.get(key)
        if memory is None or memory.size < size:
            memory = self._memory[key] = np.empty(size, np.uint8)
        return np.ndarray(shape, dtype, memory)

    def inner(self, key: str, owner: int) -> "Workspace":
        """Another workspace, kept for the next call by the same owner; an empty one for others."""
        kept = self._inner.get(key)
        if kept is None or kept[0] != owner:
            kept = self._inner[key] = (owner, Workspace())
        return kept[1]


class Cut(NamedTuple):
    """A run of rows that are located but not read yet.

    size: bytes of the table that they take. load: the rows of each field, by role: (n,) or (n, …),
    valid until the workspace's next load. A text file gives the keys of groups; where rows of
    numbers are keys, `Keys.of` finds them.
    """

    rows: int
    size: int
    load: Callable[[Sequence[Field], Workspace], Mapping[str, Loaded]]


class TableNote(NamedTuple):
    """A fact about a table or its rows: its code, the words, and a hint.

    of_first: True if it is about the first row of its kind, rather than about all rows so far.
    """

    code: str
    words: str
    hint: str = ""
    of_first: bool = False


class Table(Protocol):
    """An open file or an array in memory; formats override what differs from an array's.

    file: None for an array. once: True for a stream that may have no second pass. by_position: True
    if a run of rows is found without reading those before it. unmatched: rows
    that have no partner in another table and are left out; None where a row without one is an
    error. duplicates_dropped: repeated rows that are left out; None where none were looked for.
    """

    path: str
    format: str
    rows: int | None
    size: int
    file: OpenFile | None = None
    once: bool = False
    by_position: bool = False
    unmatched: int | None = None
    duplicates_dropped: int | None = None

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role: the columns given, or the default columns of the role."""

    def forget(self, field: Field) -> None:  # noqa: ARG002
        """Read the columns of a field no longer; no role takes them."""
        return

    def names(self) -> tuple[str, ...]:
        """The names of the columns; none for an array."""
        return ()

    def shape(self, rows: int, field: Field) -> tuple[int, ...]:
        """The shape of the values of a field, of which `rows` rows were read."""
        return (rows, *field.row)

    def one_line(self) -> int:
        """The number of cells of a text file of one line, without a header; 0 for all others."""
        return 0

    def notes(self) -> Iterable[TableNote]:
        """Notes on the way it was read and, after reading, on its rows; each once."""
        return ()

    def block_rows(self, width: int) -> int:
        """The number of rows in a block of `width` numbers a row."""
        return rows_per_block(width)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """The table in runs of `rows` rows, the last one shorter; drawn by one thread at a time.

        first: the number of rows in the first run, at least 1; by default `rows`.
        """

    def place(self, row: int, column: int | None, field: Field) -> Place:  # noqa: ARG002
        """The place of a value for people: a line of a text file, an index of an array."""
        return Place(self.path, row=row, column=column)

    def verify(self) -> None:
        """Raise DataError where the file changed since it was opened; arrays are not watched."""
        if self.file is not None:
            self.file.verify()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file is not None:
            self.file.close()


Role: TypeAlias = tuple[Table, Field]  # where a role's values are
CLUSTERS = "clusters"  # the role of the keys of clusters


def rows_per_block(width: int) -> int:
    """The number of rows in a block, for rows of `width` numbers."""
    return max(1, BLOCK // max(1, width))


def row_ranges(total: int, rows: int, first: int | None = None) -> list[tuple[int, int]]:
    """The start and the number of rows of each run: `first` rows, then `rows` each, then the rest.

    >>> row_ranges(7, 3, first=2)
    [(0, 2), (2, 3), (5, 2)]
    """
    if first is None and 0 < total <= rows:
        return [(0, total)]
    ranges = []
    start, count = 0, min(rows if first is None else first, total)
    while start < total:
        ranges.append((start, count))
        start += count
        count = min(rows, total - start)
    return ranges


def select_rows(loaded: Loaded, rows: "slice | NDArray[Any]") -> Loaded:
    """Some rows of a role, in the order that is given."""
    return loaded.part(rows) if isinstance(loaded, Keys | Texts) else loaded[rows]


def concatenate(parts: Sequence[Loaded]) -> Loaded:
    """The rows of all parts, one after the other, as a copy."""
    if keys := [part for part in parts if isinstance(part, Keys)]:
        return Keys.concatenate(keys)
    if texts := [part for part in parts if isinstance(part, Texts)]:
        return Texts.concatenate(texts)
    return np.concatenate([np.asarray(part) for part in parts])


def is_group_role(role: str) -> bool:
    """True for a role of group keys: "groups", and "groups_2" … of further tables."""
    return role.startswith("groups")


def is_key_role(role: str) -> bool:
    """True for a role of keys, which rows share: those of groups, and of clusters."""
    return role == CLUSTERS or is_group_role(role)
