"""DataFrames and other tables in memory, and Arrow streams of other libraries."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import as_array, as_objects, holds_numbers
from losscli.errors import DataError, Place
from losscli.sources.arrow import ArrowTable, batch_rows
from losscli.sources.columns import ColumnTable
from losscli.sources.keys import Keys
from losscli.sources.rounding import RoundedColumns, rounds_integers
from losscli.sources.rows import Column, Rows
from losscli.sources.table import (
    Cut,
    Field,
    Loaded,
    Table,
    TableNote,
    Workspace,
    row_ranges,
    select_rows,
)
from losscli.sources.texts import Texts


def frame_table(frame: Any, name: str) -> Table:
    """A DataFrame, or anything with Arrow's stream interface; `name` is what messages call it."""
    if hasattr(frame, "iloc") or not hasattr(frame, "__arrow_c_stream__"):
        return FrameTable(frame, name)  # pandas: its own columns, without a copy
    return StreamTable(frame, name)


class FrameTable(ColumnTable):
    """A DataFrame of columns in memory: `frame[name]` is one, its names are in `columns`.

    Raises DataError without rows.
    """

    format = "frame"

    def __init__(self, frame: Any, name: str) -> None:
        labels = getattr(frame, "column_names", None)
        self._labels = list(frame.columns if labels is None else labels)
        self._frame = frame
        self.path = name
        self.rows: int = len(frame)
        if not self.rows:
            raise DataError(f"{name} has no rows")
        self.size = 8 * self.rows * len(self._labels)
        self._rounded = RoundedColumns(name)
        self._loaded: dict[tuple[str, tuple[str, ...]], Loaded] = {}

    def names(self) -> tuple[str, ...]:
        """The names of the columns, as texts."""
        return tuple(map(str, self._labels))

    def numeric_names(self) -> list[str]:
        """The columns that hold numbers."""
        keys = map(self.key, range(len(self._labels)))
        return [name for name in keys if holds_numbers(self._column(name))]

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The columns given, or all of numbers; a table of nothing but numbers is an array."""
        found = super().field(role, columns, excluded)
        loaded = self._loaded.setdefault(_key(found), self._load(found))
        if isinstance(loaded, Keys) or found.kind != "numbers":
            return found
        named = found.named or set(found.columns) == set(self.names())  # else it is an array
        return found._replace(row=loaded.shape[1:], dtype=str(loaded.dtype), named=named)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows: views of the columns."""
        for start, count in row_ranges(self.rows, rows, first):
            part = partial(self._part, slice(start, start + count))
            yield Cut(count, count * (self.size // self.rows), part)

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The row, and the name of the column."""
        several = len(field.columns) > 1
        name = field.columns[column or 0] if several else next(iter(field.columns), None)
        return Place(self.path, row=row, column=name)

    def notes(self) -> Iterator[TableNote]:
        """The columns of numbers that float64 cannot hold."""
        return self._rounded.notes()

    def _part(self, rows: slice, fields: Sequence[Field], _: Workspace) -> dict[str, Loaded]:
        return {field.role: select_rows(self._loaded[_key(field)], rows) for field in fields}

    def _column(self, name: str) -> Any:
        place = self.index[name]
        if hasattr(self._frame, "iloc"):  # several columns of pandas may have one name
            return self._frame.iloc[:, place]
        return self._frame[self._labels[place]]

    def _rounds(self, name: str, rows: NDArray[np.intp]) -> bool:
        """True if an integer in some rows of a column is not equal to a float64."""
        column = self._column(name)
        if getattr(getattr(column, "dtype", None), "kind", "") == "f":
            return False
        values = as_objects(column, name)[rows].tolist()
        return rounds_integers([value for value in values if isinstance(value, int)])

    def _load(self, field: Field) -> Loaded:
        columns = {name: self._column(name) for name in field.columns}
        if field.kind == "numbers":
            arrays = [as_array(column, name) for name, column in columns.items()]
            found = arrays[0] if len(arrays) == 1 else np.column_stack(arrays)
            for place, name in enumerate(columns):
                numbers = found if len(arrays) == 1 else found[:, place]
                self._rounded.check(name, numbers, partial(self._rounds, name))
            return found
        objects = [as_objects(column, name).tolist() for name, column in columns.items()]
        keys = [Keys.of_objects(values) for values in objects]
        if field.kind == "keys":
            return Keys.product(keys)
        texts = ([key.texts[code][0] for code in key.codes.tolist()] for key in keys)
        return Texts.of_rows(zip(*texts, strict=True))


def _key(field: Field) -> tuple[str, tuple[str, ...]]:
    return field.kind, field.columns


class StreamTable(ArrowTable):
    """A table of another library that hands its rows over as an Arrow stream.

    Each pass reads it again; DataError for an object that can be read once and is needed twice.
    """

    format = "stream"

    def __init__(self, frame: Any, name: str) -> None:
        self._frame = frame
        self._reader: Any = self._opened()
        self._read_ahead: list[Any] = []
        self._count: int | None = None
        super().__init__(name, self._reader.schema)
        rows = getattr(frame, "num_rows", getattr(frame, "height", None))
        self.rows = rows if isinstance(rows, int) else None
        self.once = self.rows is None  # a reader, perhaps, which has no second pass
        self.size = 8 * len(self.columns) * (self.rows or 0)

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The columns given; without names a table of nothing but numbers is an array."""
        found = super().field(role, columns, excluded)
        return found._replace(named=found.named or set(found.columns) == set(self.names()))

    def first_rows(self, columns: Sequence[Column]) -> Iterator[Rows]:  # noqa: ARG002
        """The first rows, which the first pass gives again."""
        for batch in chain(tuple(self._read_ahead), self._ahead()):
            yield batch_rows(batch, self.columns)

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:  # noqa: ARG002
        """All rows, in the batches of the other library."""
        reader, self._reader = self._reader, None
        ahead, self._read_ahead = self._read_ahead, []
        count = 0
        for batch in chain(ahead, self._opened() if reader is None else reader):
            count += batch.num_rows
            yield batch_rows(batch, self.columns)
        if self._count is None:
            self._count = count
        if count != self._count:
            raise DataError(
                f"{self.path} gave {self._count:,} rows, and {count:,} when it was read again",
                hint="give a table, not a stream that can be read once",
            )

    def _opened(self) -> Any:
        import pyarrow as pa

        return pa.RecordBatchReader.from_stream(self._frame)

    def _ahead(self) -> Iterator[Any]:
        for batch in self._reader:
            self._read_ahead.append(batch)
            yield batch
