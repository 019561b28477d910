"""Positions of samples as rows: pixels of images, tokens of sequences."""

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources.array_table import ArrayHolder
from losscli.sources.arrays import PositionedArray
from losscli.sources.key_columns import WatchedTable
from losscli.sources.keyed import KeyedTable
from losscli.sources.table import (
    Cut,
    Field,
    Loaded,
    Role,
    TableNote,
    Workspace,
    concatenate,
    row_ranges,
    rows_per_block,
    select_rows,
)
from losscli.sources.wrapped import WrappedTable


class Grid(NamedTuple):
    """The samples of an array, and the positions in each of them.

    samples: their number. shape: of the positions of one. row: the shape of the numbers of a
    position. last: False for one row of classes a position, whose axis is before the positions.
    """

    samples: int
    shape: tuple[int, ...]
    row: tuple[int, ...] = ()
    last: bool = True

    @property
    def positions(self) -> int:
        """The number of positions of a sample."""
        return math.prod(self.shape)


class _Wrapper(WrappedTable):
    """A table whose rows are the positions of the samples of another one."""

    def __init__(self, role: Role, grid: Grid) -> None:
        super().__init__(role[0])
        self._field = role[1]
        self.rows: int = grid.samples * grid.positions
        self.grid = grid

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The one field of the table."""
        return self._field._replace(role=role, row=self.grid.row)

    def shape(self, rows: int, field: Field) -> tuple[int, ...]:  # noqa: ARG002
        """The shape of the array as it is stored."""
        return self.inner.shape(self.inner.rows or self.grid.samples, self._field)

    def block_rows(self, width: int) -> int:
        """The number of positions in a block."""
        return rows_per_block(width)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of positions, which workers read."""
        row = self.size // self.rows
        for start, count in row_ranges(self.rows, rows, first):
            yield Cut(count, count * row, partial(self._load, start, count))

    def place(self, row: int, column: int | None, field: Field) -> Place:  # noqa: ARG002
        """The place of the sample, the position in it, and the class."""
        sample, position = divmod(row, self.grid.positions)
        found = self.inner.place(sample, None, self._field)
        at = tuple(int(k) for k in np.unravel_index(position, self.grid.shape))
        return found._replace(position=at, column=found.column if column is None else column)

    @abstractmethod
    def _load(self, start: int, count: int, fields: Sequence[Field], _: Workspace) -> Any:
        """The rows of each field, by role."""


class PositionsTable(_Wrapper):
    """The positions of an array, in C order; a row is the numbers of a position.

    Raises DataError for a table that is not an array.
    """

    def __init__(self, role: Role, grid: Grid) -> None:
        super().__init__(role, grid)
        table, field = role
        while isinstance(table, KeyedTable | WatchedTable):  # they keep the order of the rows
            table = table.inner
        if not isinstance(table, ArrayHolder):
            raise DataError(
                f"{table.path} has rows of {field.row}; positions are read from single arrays",
                hint="save the rows in one .npy, .npz, .safetensors or .pt file",
            )
        self._array: PositionedArray = table.array(field).positioned()

    def notes(self) -> Iterable[TableNote]:
        """The notes of the array, and for predictions the one that rows are positions."""
        yield from self.inner.notes()
        if self._field.role == "preds" and self.grid.positions > 1:
            samples, shape, row, last = self.grid
            axis = f", classes on {'the last axis' if last else 'axis 1'}" if row else ""
            words = f"rows are {self.rows:,} positions: {samples:,} samples of {shape}{axis}"
            hint = "the intervals take samples as independent, not positions"
            yield TableNote("positions", words, hint)

    def _load(
        self, start: int, count: int, fields: Sequence[Field], workspace: Workspace
    ) -> dict[str, Loaded]:
        loaded = self._read(start, count, workspace, fields[0].role)
        return {field.role: loaded for field in fields}

    def _read(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        shape, width = (count, *self.grid.row), math.prod(self.grid.row)
        if self.grid.last or self.grid.positions == 1:
            flat = self._array.flat(start * width, count * width, workspace, key)
            return flat.reshape(shape)
        rows = workspace.empty(f"rows {self.path} {key}", shape, self._array.dtype)
        self._fill(rows, start, workspace, key)
        return rows

    def _fill(self, rows: NDArray[Any], start: int, workspace: Workspace, key: str) -> None:
        """Fill rows of classes, of positions from `start` on, from an array of planes."""
        classes, positions, done = rows.shape[1], self.grid.positions, 0
        while done < len(rows):
            sample, first = divmod(start + done, positions)
            count = min(len(rows) - done, positions - first)
            if count == positions:  # whole samples are one run of numbers
                several = (len(rows) - done) // positions
                size = classes * positions
                flat = self._array.flat(sample * size, several * size, workspace, key)
                planes = flat.reshape(several, classes, positions).transpose(0, 2, 1)
                count = several * positions
                rows[done : done + count].reshape(several, positions, classes)[...] = planes
            else:
                for k in range(classes):
                    at = (sample * classes + k) * positions + first
                    plane = self._array.flat(at, count, workspace, key)
                    rows[done : done + count, k] = plane
            done += count


class RepeatedTable(_Wrapper):
    """The values of samples, each repeated for every position of its sample.

    They are read whole: they are few next to those of the positions.
    """

    def __init__(self, role: Role, grid: Grid) -> None:
        super().__init__(role, grid)
        table, field = role
        workspace, parts, rows = Workspace(), [], 0
        for cut in table.cuts(rows_per_block(field.width)):
            loaded = cut.load([field], workspace)[field.role]
            parts.append(select_rows(loaded, np.arange(cut.rows)))
            rows += cut.rows
        self._loaded = concatenate(parts)
        if rows != grid.samples:
            raise DataError(
                f"the numbers of rows differ: {table.path} has {rows:,} rows, "
                f"there are {grid.samples:,} samples",
                hint="rows are paired by position: one value a sample",
            )

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The one field of the table."""
        return self._field._replace(role=role)

    def _load(self, start: int, count: int, fields: Sequence[Field], _: Workspace) -> Any:
        samples = np.arange(start, start + count) // self.grid.positions
        part = select_rows(self._loaded, samples)
        return {field.role: part for field in fields}
