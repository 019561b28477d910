"""NPY files: an own look at the header, then positional reads; nothing is mapped or unpickled."""

import math
import warnings
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from losscli.errors import DataError, Place, UsageError
from losscli.sources.files import OpenFile
from losscli.sources.table import Field, rows_per_block
from losscli.sources.workspace import Workspace

MAGIC = b"\x93NUMPY"
_HEADER_LIMIT = 10_000
_AGAIN = "make the file again with np.save"
_READERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
    # Format 3 is format 2 with UTF-8 names of fields, and tables of fields are refused.
    (3, 0): npy.read_array_header_2_0,
}
_DAMAGE = (KeyError, ValueError, TypeError, SyntaxError, MemoryError, RecursionError, EOFError)
_KINDS = {
    "O": "Python objects",
    "U": "text",
    "S": "bytes",
    "c": "complex numbers",
    "V": "records",
    "M": "dates",
    "m": "times",
}


class NpyCut(NamedTuple):
    """Some rows of the file."""

    table: "NpyTable"
    start: int
    rows: int
    size: int

    def load(self, fields: Sequence[Field], workspace: Workspace) -> dict[str, NDArray[Any]]:
        """Read the rows into a buffer of the workspace."""
        array = self.table.read(self.start, self.rows, workspace, fields[0].role)
        return {field.role: array for field in fields}


class NpyTable:
    """A .npy file, format 1 to 3, of one array of numbers.

    Raises DataError for any other content, and for a header that lies about the size.
    """

    format = "npy"

    def __init__(self, file: OpenFile) -> None:
        self.path = file.path
        self._file = file
        self.size = file.size
        self._shape, self._fortran, self._dtype, self._offset = _header(file)
        self._check()
        self.rows: int | None = self._shape[0]

    def names(self) -> tuple[str, ...]:
        """An array has no columns with names."""
        return ()

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The whole array."""
        if columns:
            raise UsageError(
                f"{self.path} is an array: it has no column {columns[0]!r}",
                hint="columns are named in tables, such as .csv",
            )
        return Field(role, self._shape[1:], self._dtype.newbyteorder("=").name)

    def dialect(self) -> str:
        """An array is read in one way."""
        return ""

    def block_rows(self, width: int) -> int:
        """About as many rows as stay in cache."""
        return rows_per_block(width)

    def cuts(self, rows: int) -> Iterator[NpyCut]:
        """Row ranges; reading is left to the workers."""
        row_bytes = math.prod(self._shape[1:]) * self._dtype.itemsize
        for start in range(0, self._shape[0], rows):
            count = min(rows, self._shape[0] - start)
            yield NpyCut(self, start, count, count * row_bytes)

    def read(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Rows start … start + count, in native byte order and as they lie in the file."""
        row = self._shape[1:]
        if self._fortran and row:
            return self._read_columns(start, count, workspace, key)
        raw = workspace.empty(f"raw {self.path} {key}", (count, *row), self._dtype)
        self._file.read_into(raw.reshape(-1), self._offset + start * raw[:1].nbytes)
        return raw if self._dtype.isnative else raw.astype(self._dtype.newbyteorder("="))

    def _read_columns(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        rows, columns = self._shape[0], self._shape[1]
        raw = workspace.empty(f"raw {self.path} {key}", (columns, count), self._dtype)
        for column in range(columns):
            position = (column * rows + start) * self._dtype.itemsize
            self._file.read_into(raw[column], self._offset + position)
        # C order again: the last bit of a row's sum must not depend on the file's order.
        return np.ascontiguousarray(raw.T, dtype=self._dtype.newbyteorder("="))

    def place(self, row: int, column: int | None, field: Field) -> Place:  # noqa: ARG002
        """The index."""
        return Place(self.path, row=row, column=column)

    def verify(self) -> None:
        """Raise DataError where the file changed since it was opened."""
        self._file.verify()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check(self) -> None:
        kind = self._dtype.kind
        if kind not in "fiub" or self._dtype.itemsize > 8 or self._dtype.subdtype:
            words = _KINDS.get(kind, "numbers wider than 64 bits")
            if self._dtype.names:
                words = f"records with the fields {', '.join(self._dtype.names)}"
            raise DataError(
                f"{self.path} holds {words} ({self._dtype.str}), not plain numbers",
                hint="save it as float or integer: np.save(path, array.astype(np.float64))",
            )
        if not self._shape:
            raise DataError(
                f"{self.path} holds a single number (0-d), not rows",
                hint="save an array of one row a sample",
            )
        if self._fortran and len(self._shape) > 2:
            raise DataError(
                f"{self.path} is in Fortran order with {len(self._shape)} dimensions",
                hint="save it in C order: np.save(path, np.ascontiguousarray(array))",
            )
        wanted = math.prod(self._shape) * self._dtype.itemsize
        there = self.size - self._offset
        if there < wanted:
            raise DataError(
                f"{self.path} is cut short: its header promises {wanted:,} bytes of "
                f"{self._dtype.name} {self._shape}, {there:,} are there",
                hint="the write or the copy did not finish: make the file again",
            )
        if there > wanted:
            raise DataError(
                f"{there - wanted:,} bytes follow the array of {self.path}",
                place=f"its header promises {self._dtype.name} {self._shape}",
                hint="one array a file: save the others on their own",
            )
        if not self._shape[0] or not wanted:
            raise DataError(
                f"{self.path} has no rows: its shape is {self._shape}",
                hint="the step that wrote it may have found nothing",
            )


def _header(file: OpenFile) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """The shape, order, type and offset of the data."""
    head = file.read(_HEADER_LIMIT + 12, 0)
    if not head.startswith(MAGIC):
        raise DataError(
            f"{file.path} is no NPY file: it does not begin with its magic bytes",
            hint="name a table .csv, and make an array with np.save",
        )
    from tokenize import TokenError

    stream = BytesIO(head)
    try:
        reader = _READERS[npy.read_magic(stream)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a header of Python 2 is slower to read, and right
            shape, fortran, dtype = reader(stream, max_header_size=_HEADER_LIMIT)
    except (*_DAMAGE, TokenError) as error:
        raise DataError(f"{file.path} has a damaged NPY header", hint=_AGAIN) from error
    if not all(type(n) is int and n >= 0 for n in shape) or len(shape) > 8:
        raise DataError(
            f"{file.path} has an impossible shape in its header: {str(shape)[:60]}", hint=_AGAIN
        )
    return shape, fortran, dtype, stream.tell()
