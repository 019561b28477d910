"""Tables of columns, of single values or lists, whose rows come in parts of any length."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources.columns import ColumnTable
from losscli.sources.files import NoRowsError
from losscli.sources.naming import listed
from losscli.sources.rounding import RoundedColumns
from losscli.sources.table import Cut, Field, Kind, Loaded, TableNote, Workspace, concatenate


class CellError(Exception):
    """A cell that is not what a role takes.

    index: of its row among those that are converted. words: what is wrong. hint: how to fix it.
    column: its place among the columns of the role.
    """

    def __init__(self, index: int, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.index = index
        self.words = words
        self.hint = hint
        self.column = 0


class Column(NamedTuple):
    """A column of single values or lists; those in structs are called `a.b`.

    top: its place among the columns of the table, or that of its struct. leaf: its place among all
    leaves, which are what Parquet stores as columns. leaves: how many of them it has. numeric: True
    for numbers, booleans and lists of them. lists: True for lists. dtype: of its numbers.
    """

    name: str
    top: int
    leaf: int
    leaves: int
    numeric: bool
    lists: bool
    dtype: np.dtype[Any]


class Rows(NamedTuple):
    """Consecutive rows of some columns: arrays by the leaf of their column."""

    size: int
    arrays: Mapping[int, Any]

    def part(self, start: int, count: int) -> "Rows":
        """Some of the rows, as views."""
        if count == self.size:
            return self
        return Rows(count, {leaf: a.slice(start, count) for leaf, a in self.arrays.items()})


class RowsTable(ColumnTable):
    """A table whose rows come in parts, as arrays of some library; formats read them.

    path: the name in messages.
    """

    rows: int | None = None

    def __init__(self, path: str, columns: Sequence[Column]) -> None:
        self.path = path
        self.columns = columns
        self._rounded = RoundedColumns(path)
        self._taken: dict[int, Column] = {}

    def names(self) -> tuple[str, ...]:
        """The names of the columns, `a.b` for those in structs."""
        return tuple(column.name for column in self.columns)

    def numeric_names(self) -> list[str]:
        """The columns of numbers, booleans and lists of them."""
        return [self.key(place) for place, each in enumerate(self.columns) if each.numeric]

    def columns_of(self, *fields: Field) -> list[Column]:
        """The columns of some fields, as often as they occur."""
        return [self.columns[self.index[name]] for field in fields for name in field.columns]

    def siblings(self, columns: Iterable[Column]) -> list[Column]:
        """The columns with all others of the same structs, in the order of the table."""
        tops = {column.top for column in columns}
        return [column for column in self.columns if column.top in tops]

    def taken(self, fields: Iterable[Field] = ()) -> list[Column]:
        """The columns that these fields take, or any role, in the order of the table."""
        found = {column.leaf: column for column in self.columns_of(*fields)} or self._taken
        return [found[leaf] for leaf in sorted(found)]

    def forget(self, field: Field) -> None:
        """Read the columns of a field no longer; no role takes them."""
        for column in self.columns_of(field):
            self._taken.pop(column.leaf, None)

    @abstractmethod
    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows of some columns, which are in the order of the table; of any number at a time.

        One of `errors` is raised as it is.
        """

    def first_rows(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """The beginning of the stream, for a look at it."""
        return self.stream(columns)

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The columns given, or all of numbers; the type and the shape are those of the table."""
        found = super().field(role, columns, excluded)
        taken = self.columns_of(found)
        self._taken |= {column.leaf: column for column in taken}
        if found.kind != "numbers":
            return found
        lists = [column for column in taken if column.lists]
        if lists and len(taken) > 1:
            raise DataError(
                f"column {lists[0].name!r} of {self.path} holds lists",
                place=f"it is one of {len(taken)} columns: {listed(found.columns)}",
                hint="name it alone: its lists are the rows of a matrix",
            )
        row = self._list_row(taken[0]) if lists else found.row
        dtype = np.result_type(*(column.dtype for column in taken))
        return found._replace(row=row, dtype=str(dtype))

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows; they are read here, and converted by workers."""
        start = 0
        with self.reading():
            for parts in recut(self.stream(self.taken()), rows, first):
                count = sum(part.size for part in parts)
                size = sum(array.nbytes for part in parts for array in part.arrays.values())
                yield Cut(count, size, partial(self._load, start, parts))
                start += count
        if not start:
            raise self.no_rows()

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The row, and the name of the column."""
        several = len(field.columns) > 1
        name = field.columns[column or 0] if several else next(iter(field.columns), None)
        return Place(self.path, row=row, column=name, found=lambda: "null or nan")

    def notes(self) -> Iterable[TableNote]:
        """The columns of numbers that float64 cannot hold."""
        return self._rounded.notes()

    @abstractmethod
    def values(self, kind: Kind, arrays: Sequence[Any], row: tuple[int, ...]) -> Loaded:
        """Columns as one role takes them; raises CellError for what it does not take."""

    @abstractmethod
    def rounds(self, array: Any, rows: NDArray[np.intp]) -> bool:
        """True if an integer in some rows of a column is not equal to a float64."""

    @abstractmethod
    def row_of(self, array: Any) -> tuple[int, ...]:
        """The shape of the first list of a column, with a 0 if there is none."""

    def errors(self) -> tuple[type[Exception], ...]:
        """The errors of the library that reads the file."""
        return (OSError, UnicodeDecodeError)

    def convert(
        self, start: int, parts: Iterable[Rows], fields: Sequence[Field], workspace: Workspace
    ) -> dict[str, Loaded]:
        """The rows of each field, by role; they are row `start` of the table and the next ones.

        Raises DataError for a cell that is not what a field takes.
        """
        found: dict[str, list[Loaded]] = {field.role: [] for field in fields}
        for part in parts:
            for field in fields:
                found[field.role].append(self._converted(start, part, field))
            start += part.size
        return {role: self._joined(role, each, workspace) for role, each in found.items()}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A context in which errors of the library become those of the file."""
        try:
            yield
        except self.errors() as error:
            words = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
            raise DataError(
                f"cannot read {self.path}: {words}", hint="is it whole? make the file again"
            ) from error

    def no_rows(self) -> DataError:
        """The error for a table without rows."""
        return NoRowsError(
            f"{self.path} has no rows", hint="the step that wrote it may have selected no rows"
        )

    def _load(
        self,
        start: int,
        parts: Sequence[Rows],
        fields: Sequence[Field],
        workspace: Workspace,
    ) -> dict[str, Loaded]:
        return self.convert(start, parts, fields, workspace)

    def _joined(self, role: str, parts: list[Loaded], workspace: Workspace) -> Loaded:
        """All rows of a role, numbers in a buffer of the workspace: new memory is slow to get."""
        if len(parts) == 1 or not all(isinstance(part, np.ndarray) for part in parts):
            return parts[0] if len(parts) == 1 else concatenate(parts)
        arrays = [np.asarray(part) for part in parts]
        dtype = np.result_type(*arrays)
        if dtype.hasobject:
            return concatenate(parts)
        shape = (sum(map(len, arrays)), *arrays[0].shape[1:])
        buffer = workspace.empty(f"rows {self.path} {role}", shape, dtype)
        return np.concatenate(arrays, out=buffer)

    def _converted(self, start: int, part: Rows, field: Field) -> Loaded:
        arrays = [part.arrays[column.leaf] for column in self.columns_of(field)]
        try:
            with self.reading():
                found = self.values(field.kind, arrays, field.row)
                if field.kind == "numbers":
                    self._check_rounding(field, arrays, np.asarray(found))
                return found
        except CellError as error:
            place = self.place(start + error.index, error.column, field)
            raise DataError(error.words, place=place, hint=error.hint) from None

    def _check_rounding(self, field: Field, arrays: Sequence[Any], loaded: NDArray[Any]) -> None:
        """Note the columns whose integers are not what they were."""
        several = len(arrays) > 1
        for place, (name, array) in enumerate(zip(field.columns, arrays, strict=True)):
            numbers = loaded[:, place] if several else loaded
            self._rounded.check(name, numbers, partial(self.rounds, array))

    def _list_row(self, column: Column) -> tuple[int, ...]:
        """The shape of the lists of a column: that of the first one that is not null."""
        with self.reading():
            for rows in self.first_rows([column]):
                row = self.row_of(rows.arrays[column.leaf])
                if all(row):
                    return row
        raise DataError(
            f"column {column.name!r} of {self.path} holds empty lists",
            hint="every row must have as many numbers as the first",
        )


def recut(stream: Iterable[Rows], rows: int, first: int | None = None) -> Iterator[list[Rows]]:
    """Runs of `rows` rows, the last one shorter, `first` rows in the first run; each in parts."""
    wanted = rows if first is None else first
    parts: list[Rows] = []
    for batch in stream:
        start = 0
        while start < batch.size:
            count = min(wanted, batch.size - start)
            parts.append(batch.part(start, count))
            start += count
            wanted -= count
            if not wanted:
                yield parts
                parts, wanted = [], rows
    if parts:
        yield parts
