"""NPY files: a checked header, then reads by position; nothing is mapped or unpickled."""

import math
import re
import warnings
from ast import literal_eval
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, UsageError
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.table import Cut, Field, Table, Workspace, row_ranges

MAGIC = b"\x93NUMPY"
_HEADER_LIMIT = 10_000
_AGAIN = "make the file again with np.save"
_LENGTH_BYTES = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}  # by version
# What the parts of a damaged header raise, in `literal_eval` and in NumPy's `dtype`.
_DAMAGE = (LookupError, ValueError, TypeError, SyntaxError, MemoryError, RecursionError)
_KINDS = {
    "O": "Python objects",
    "U": "text",
    "S": "bytes",
    "c": "complex numbers",
    "V": "records",
    "M": "dates",
    "m": "times",
}


class NpyTable(Table):
    """A .npy file, format 1 to 3, of one array of numbers.

    Raises DataError for any other content, and for a header that lies about the size.
    """

    format = "npy"

    def __init__(self, file: OpenFile) -> None:
        self.path = file.path
        self.file: OpenFile = file
        self.size = file.size
        self._shape, self._fortran, self._dtype, self._offset = _header(file)
        self._check_type()
        self._check_shape()
        self._check_size()
        self.rows: int = self._shape[0]

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The whole array."""
        if columns:
            raise UsageError(
                f"{self.path} is an array: it has no column {columns[0]!r}",
                hint="columns are named in tables, such as .csv",
            )
        return Field(role, self._shape[1:], self._dtype.newbyteorder("=").name)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Row ranges; reading is left to the workers."""
        row_bytes = math.prod(self._shape[1:]) * self._dtype.itemsize
        for start, count in row_ranges(self.rows, rows, first):
            yield Cut(count, count * row_bytes, partial(self.load, start, count))

    def load(
        self, start: int, count: int, fields: Sequence[Field], workspace: Workspace
    ) -> dict[str, NDArray[Any]]:
        """Read the rows start … start + count into a buffer of the workspace."""
        array = self.read(start, count, workspace, fields[0].role)
        return {field.role: array for field in fields}

    def read(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        """Rows start … start + count, in native byte order and as they lie in the file."""
        row = self._shape[1:]
        if self._fortran and row:
            return self._read_columns(start, count, workspace, key)
        raw = workspace.empty(f"raw {self.path} {key}", (count, *row), self._dtype)
        self.file.read_into(raw.reshape(-1), self._offset + start * raw[:1].nbytes)
        return raw if self._dtype.isnative else raw.astype(self._dtype.newbyteorder("="))

    def _read_columns(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:
        rows, columns = self._shape[0], self._shape[1]
        raw = workspace.empty(f"raw {self.path} {key}", (columns, count), self._dtype)
        for column in range(columns):
            position = (column * rows + start) * self._dtype.itemsize
            self.file.read_into(raw[column], self._offset + position)
        # C order again: the last bit of a row's sum must not depend on the file's order.
        return np.ascontiguousarray(raw.T, dtype=self._dtype.newbyteorder("="))

    def _check_type(self) -> None:
        """Raise DataError unless the file holds plain numbers of at most 64 bits."""
        dtype = self._dtype
        if dtype.kind in "fiub" and dtype.itemsize <= 8 and not dtype.subdtype:
            return
        words = _KINDS.get(dtype.kind, "numbers wider than 64 bits")
        if dtype.names:
            words = f"records with the fields {', '.join(dtype.names)}"
        raise DataError(
            f"{self.path} holds {words} ({dtype.str}), not plain numbers",
            hint="save it as float or integer: np.save(path, array.astype(np.float64))",
        )

    def _check_shape(self) -> None:
        """Raise DataError unless the shape is one of rows."""
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

    def _check_size(self) -> None:
        """Raise DataError where the file is not as long as its header says, or has no rows."""
        expected = math.prod(self._shape) * self._dtype.itemsize
        actual = self.size - self._offset
        if actual < expected:
            raise DataError(
                f"{self.path} is cut short: its header promises {expected:,} bytes of "
                f"{self._dtype.name} {self._shape}, {actual:,} are there",
                hint="the write or the copy did not finish: make the file again",
            )
        if actual > expected:
            raise DataError(
                f"{actual - expected:,} bytes follow the array of {self.path}",
                place=f"its header promises {self._dtype.name} {self._shape}",
                hint="one array a file: save the others on their own",
            )
        if not expected:
            raise DataError(
                f"{self.path} has no rows: its shape is {self._shape}",
                hint="the step that wrote it may have selected no rows",
            )


def _header(file: OpenFile) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """The shape, order, type and offset of the data."""
    head = file.read(_HEADER_LIMIT + 12, 0)
    if not head.startswith(MAGIC):
        raise DataError(
            f"{file.path} is not an NPY file: it does not begin with its magic bytes",
            hint="name a table .csv, and make an array with np.save",
        )
    try:
        start = 8 + _LENGTH_BYTES[head[6:8]]
        stop = start + int.from_bytes(head[8:start], "little")
        if stop > min(len(head), start + _HEADER_LIMIT):
            raise ValueError("longer than a header may be")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = _parsed(head[start:stop].decode("latin-1"))
    except _DAMAGE as error:
        raise DataError(f"{file.path} has a damaged NPY header", hint=_AGAIN) from error
    if not all(type(n) is int and 0 <= n < 1 << 63 for n in shape) or len(shape) > 8:
        raise DataError(
            f"{file.path} has an impossible shape in its header: {str(shape)[:60]}", hint=_AGAIN
        )
    return shape, fortran, dtype, stop


def _parsed(text: str) -> tuple[tuple[Any, ...], bool, np.dtype[Any]]:
    """The shape, order and type in the text of a header.

    NumPy's own reader takes a minute to give up 10 kB that do not parse.
    """
    try:
        fields = literal_eval(text)
    except SyntaxError:  # Python 2 wrote long integers as 3L
        fields = literal_eval(re.sub(r"(?<=\d)L\b", "", text))
    if not isinstance(fields, dict) or fields.keys() != {"descr", "fortran_order", "shape"}:
        raise ValueError("other fields than an NPY header has")
    shape, fortran = fields["shape"], fields["fortran_order"]
    if not isinstance(shape, tuple) or not isinstance(fortran, bool):
        raise TypeError("another type than the field has")
    return shape, fortran, np.lib.format.descr_to_dtype(fields["descr"])


FORMAT = Format(
    open=lambda file, _options: NpyTable(file), suffixes=(".npy",), magic=MAGIC, columns=False
)
