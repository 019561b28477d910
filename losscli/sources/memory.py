"""Arrays in memory: NumPy arrays, lists, DataFrame columns, torch tensors."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place, UsageError
from losscli.sources.lane import Lane
from losscli.sources.table import Field, rows_of


class ArrayCut(NamedTuple):
    """Some rows of an array, as a view."""

    array: NDArray[Any]

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.array)

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return self.array.nbytes

    def load(self, fields: Sequence[Field], lane: Lane) -> dict[str, NDArray[Any]]:  # noqa: ARG002
        """The same rows for every role."""
        return {field.role: self.array for field in fields}


class ArrayTable:
    """An array of rows; `path` is the name that messages give it."""

    format = "array"

    def __init__(self, values: Any, name: str) -> None:
        self.path = name
        self.array = as_array(values, name)
        if self.array.ndim == 0:
            raise DataError(f"{name} is a single number; an array of rows is wanted")
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
        """About as many rows as stay in cache."""
        return rows_of(width)

    def cuts(self, rows: int) -> Iterator[ArrayCut]:
        """Views of the array."""
        for start in range(0, len(self.array), rows):
            yield ArrayCut(self.array[start : start + rows])

    def place(self, row: int, column: int | None, field: Field) -> Place:  # noqa: ARG002
        """The index."""
        return Place(self.path, row=row, column=column)

    def verify(self) -> None:
        """Nothing watches an array."""

    def close(self) -> None:
        """Nothing to release."""


def _of_tensor(tensor: Any, name: str) -> NDArray[Any]:
    """A torch tensor's numbers on the host."""
    try:
        tensor = tensor.detach().cpu()
        # NumPy has no bfloat16; float32 holds each of its numbers.
        array: NDArray[Any] = (
            tensor.float() if "bfloat16" in str(tensor.dtype) else tensor
        ).numpy()
    except (TypeError, RuntimeError) as error:
        raise DataError(
            f"{name} is a tensor that NumPy cannot take: {str(error).splitlines()[0]}",
            hint="give a dense tensor of a common type: tensor.to_dense().float()",
        ) from error
    return array


def as_array(values: Any, name: str) -> NDArray[Any]:
    """The values as a NumPy array of numbers, without a copy where that is possible.

    Raises DataError for what is no array of numbers.
    """
    if hasattr(values, "detach"):
        values = _of_tensor(values, name)
    elif isinstance(values, np.ma.MaskedArray):
        if np.ma.getmaskarray(values).any():
            raise DataError(
                f"{name} has masked values, which are no numbers",
                hint="fill them with nan, and say nan='skip': array.filled(numpy.nan)",
            )
        values = values.data
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name} is no array: {error}") from error
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise DataError(
            f"{name} is of {array.dtype}; numbers are wanted: float16 to float64, integers, bool"
        )
    return array
