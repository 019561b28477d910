"""Arrays in memory: NumPy arrays, lists, DataFrame columns, torch tensors."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from losscli.backends.arrays import as_array, as_objects
from losscli.errors import DataError, Place, UsageError
from losscli.sources.keys import Keys
from losscli.sources.table import Field, rows_per_block
from losscli.sources.workspace import Workspace


class ArrayCut(NamedTuple):
    """Some rows of an array, as a view."""

    array: NDArray[Any]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.array)

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return self.array.nbytes

    def load(self, fields: Sequence[Field], workspace: Workspace) -> dict[str, NDArray[Any]]:  # noqa: ARG002
        """The same rows for every role."""
        return {field.role: self.array for field in fields}


class ArrayTable:
    """An array of rows; `path` is its name in messages."""

    format = "array"

    def __init__(self, values: Any, name: str) -> None:
        self.path = name
        self.array = as_array(values, name)
        if self.array.ndim == 0:
            raise DataError(f"{name} is a single number; expected an array of rows")
        if not len(self.array):
            raise DataError(f"{name} has no rows")
        self.rows: int | None = len(self.array)
        self.size = self.array.nbytes

    def names(self) -> tuple[str, ...]:
        """An array has no columns with names."""
        return ()

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The whole array."""
        if columns:
            raise UsageError(f"{self.path} is an array: it has no column {columns[0]!r}")
        return Field(role, self.array.shape[1:], str(self.array.dtype))

    def dialect(self) -> str:
        """An array is read in one way."""
        return ""

    def block_rows(self, width: int) -> int:
        """More rows than of a file: threads of a host's process share its interpreter's lock.

        The command line's workers share none, and work fastest on what stays in cache.
        """
        return 8 * rows_per_block(width)

    def cuts(self, rows: int) -> Iterator[ArrayCut]:
        """Views of the array."""
        for start in range(0, len(self.array), rows):
            yield ArrayCut(self.array[start : start + rows])

    def place(self, row: int, column: int | None, field: Field) -> Place:  # noqa: ARG002
        """The index."""
        return Place(self.path, row=row, column=column)

    def verify(self) -> None:
        """Do nothing: arrays are not watched."""

    def close(self) -> None:
        """Do nothing: there is no file."""


class KeyCut(NamedTuple):
    """Some rows of keys."""

    keys: Keys
    start: int
    rows: int

    @property
    def size(self) -> int:
        """Bytes of the codes."""
        return self.rows * self.keys.codes.itemsize

    def load(self, fields: Sequence[Field], workspace: Workspace) -> dict[str, Keys]:  # noqa: ARG002
        """The keys of these rows."""
        part = self.keys.part(slice(self.start, self.start + self.rows))
        return {field.role: part for field in fields}


class KeyTable(ArrayTable):
    """An array of rows of texts or other objects, which serve as keys only."""

    def __init__(self, values: Any, name: str) -> None:
        self.path = name
        self.array = as_objects(values, name)
        if not self.array.size or self.array.ndim not in (1, 2):
            raise DataError(f"{name} is of shape {self.array.shape}; expected one key a row")
        self.rows = len(self.array)
        columns = self.array.reshape(self.rows, -1).T
        self._keys = Keys.product([Keys.of_objects(column.tolist()) for column in columns])
        self.size = self._keys.codes.nbytes

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The whole array."""
        return super().field(role, columns, excluded)._replace(dtype="text")

    def cuts(self, rows: int) -> Iterator[KeyCut]:  # type: ignore[override]
        """Runs of rows; workers find the keys in them."""
        for start in range(0, len(self.array), rows):
            yield KeyCut(self._keys, start, min(rows, len(self.array) - start))
