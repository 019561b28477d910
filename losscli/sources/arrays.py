"""Arrays of rows in files and in memory, read by position or one run after the other."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.sources.files import OpenFile
from losscli.sources.table import Workspace, row_ranges

Convert = Callable[[NDArray[Any]], NDArray[Any]]


class ArrayCut(NamedTuple):
    """A run of rows that are located but not read yet.

    size: bytes that it takes. load: the rows, by a workspace and the name of a buffer in it.
    """

    rows: int
    size: int
    load: Callable[[Workspace, str], NDArray[Any]]


class StoredArray(ABC):
    """An array of rows in a file or in memory.

    path: its name for people. shape: (N, …). dtype: the type of its numbers, in native byte order.
    size: its bytes.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int

    @property
    def row(self) -> tuple[int, ...]:
        """The shape of one row."""
        return self.shape[1:]

    @abstractmethod
    def cuts(self, rows: int, first: int | None = None) -> Iterator[ArrayCut]:
        """Runs of `rows` rows, the first of `first` rows; the last one is shorter."""

    @abstractmethod
    def positioned(self) -> "PositionedArray":
        """The same array, read by position."""

    def verify(self) -> None:  # noqa: B027 - most arrays have nothing to compare
        """Raise DataError where the rows that were read are not those that were written."""

    def close(self) -> None:  # noqa: B027
        """Close what the array holds apart from the file of its table."""


class PositionedArray(StoredArray):
    """An array in C order whose numbers are read at any position."""

    @abstractmethod
    def flat(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Numbers start … start + count of the array without its shape."""

    def read(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Rows start … start + count."""
        width = math.prod(self.row)
        return self.flat(start * width, count * width, workspace, key).reshape(count, *self.row)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[ArrayCut]:
        """Runs of rows, which workers read."""
        row = self.size // max(1, self.shape[0])
        for start, count in row_ranges(self.shape[0], rows, first):
            yield ArrayCut(count, count * row, partial(self.read, start, count))

    def positioned(self) -> "PositionedArray":
        """The array itself."""
        return self


class ArrayType(NamedTuple):
    """The shape of an array, the type of its numbers as they are stored, and their order."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool = False

    @property
    def size(self) -> int:
        """Its bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


class FileArray(PositionedArray):
    """An array in a file, from byte `offset` on.

    convert: the stored numbers as numbers that NumPy has.
    """

    def __init__(
        self,
        file: OpenFile,
        path: str,
        stored: ArrayType,
        offset: int,
        convert: Convert | None = None,
    ) -> None:
        self.path = path
        self.shape = stored.shape
        self.size = stored.size
        self.dtype = stored.dtype.newbyteorder("=")
        self._file = file
        self._stored = stored
        self._offset = offset
        self._convert = convert
        if convert is not None:
            self.dtype = convert(np.empty(0, stored.dtype)).dtype

    def flat(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Numbers read into a buffer of the workspace, in native byte order."""
        dtype = self._stored.dtype
        raw = workspace.empty(f"raw {self.path} {key}", (count,), dtype)
        self._file.read_into(raw, self._offset + start * dtype.itemsize)
        self._seen(start * dtype.itemsize, raw)
        if self._convert is not None:
            return self._convert(raw)
        return raw if dtype.isnative else raw.astype(self.dtype)

    def read(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Rows start … start + count, in C order whatever the order of the file."""
        if not (self._stored.fortran and self.row):
            return super().read(start, count, workspace, key)
        rows, columns = self.shape
        dtype = self._stored.dtype
        raw = workspace.empty(f"raw {self.path} {key}", (columns, count), dtype)
        for column in range(columns):
            position = (column * rows + start) * dtype.itemsize
            self._file.read_into(raw[column], self._offset + position)
            self._seen(position, raw[column])
        # C order again: the last bit of a row's sum must not depend on the file's order.
        return np.ascontiguousarray(raw.T, dtype=self.dtype)

    def _seen(self, offset: int, raw: NDArray[Any]) -> None:
        """Take note of bytes that were read."""


class JoinedArray(PositionedArray):
    """Arrays with rows of one shape, one after the other.

    Raises DataError where the shapes of their rows differ.
    """

    def __init__(self, path: str, parts: Sequence[PositionedArray]) -> None:
        rows = [part.row for part in parts]
        for place, row in enumerate(rows):
            if row != rows[0]:
                raise DataError(
                    f"{path} holds batches with rows of {rows[0]} and of {row}",
                    place=f"batch {place} of {len(parts)}, counted from 0",
                    hint="batches are joined on the first axis: their rows have one shape",
                )
        self.path = path
        self.shape = (sum(part.shape[0] for part in parts), *rows[0])
        self.dtype = np.result_type(*{part.dtype for part in parts})
        self.size = sum(part.size for part in parts)
        self._parts = [part for part in parts if part.shape[0]]
        sizes = [math.prod(part.shape) for part in self._parts]
        self._starts = np.cumsum([0, *sizes])

    def flat(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Numbers of all parts that have some of them; a copy only where they are several."""
        first = int(np.searchsorted(self._starts, start, "right")) - 1
        found: list[NDArray[Any]] = []
        while count:
            own = start - int(self._starts[first])
            taken = min(count, int(self._starts[first + 1]) - start)
            found.append(self._parts[first].flat(own, taken, workspace, f"{key} {first}"))
            first, start, count = first + 1, start + taken, count - taken
        joined = found[0] if len(found) == 1 else np.concatenate(found)
        return joined.astype(self.dtype, copy=False)


class MemoryArray(PositionedArray):
    """An array in memory."""

    def __init__(self, path: str, values: NDArray[Any]) -> None:
        self.path = path
        self.shape = values.shape
        self.dtype = values.dtype
        self.size = values.nbytes
        self._flat = np.ascontiguousarray(values).reshape(-1)

    def flat(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:  # noqa: ARG002
        """A view."""
        return self._flat[start : start + count]
