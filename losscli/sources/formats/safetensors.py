"""Safetensors files: an own check of their header, then reads by position."""

import json
import math
import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.sources.array_table import ArrayTable
from losscli.sources.arrays import ArrayType, FileArray
from losscli.sources.files import NoRowsError, OpenFile
from losscli.sources.formats import Format
from losscli.sources.named_arrays import ArraysTable, missing_array
from losscli.sources.options import ReadOptions
from losscli.sources.table import Table

_HEADER_LIMIT = 100 << 20
_METADATA = "__metadata__"
_AGAIN = "the write or the copy did not finish, or it is damaged: make the file again"
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "C64": 64}  # of types that are not read


class _Entry(NamedTuple):
    """A tensor of a header; begin and end: its bytes, counted from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class _Safetensors:
    """The tensors of a file; raises DataError for a header that does not describe its bytes."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._start, fields = _read_header(file)
        fields.pop(_METADATA, None)
        try:
            self._entries = {name: _entry(value) for name, value in fields.items()}
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(file, "an entry is not that of a tensor") from error
        self.names = list(self._entries)
        self._check_bytes()

    def open(self, name: str) -> FileArray:
        """A tensor by its name; raises DataError where there is none, or not one of numbers."""
        if name not in self._entries:
            raise missing_array(self._file.path, name, self.names)
        entry, path = self._entries[name], f"{self._file.path}:{name}"
        if entry.dtype not in _TYPES:
            raise DataError(
                f"{path} holds numbers of type {entry.dtype}",
                hint="save it as float32, or in another common type",
            )
        if not entry.shape or not math.prod(entry.shape):
            raise NoRowsError(f"{path} has no rows: its shape is {entry.shape}")
        stored = ArrayType(entry.shape, np.dtype(_TYPES[entry.dtype]))
        convert = _widened if entry.dtype == "BF16" else None
        return FileArray(self._file, path, stored, self._start + entry.begin, convert)

    def _check_bytes(self) -> None:
        """Raise DataError unless the tensors are the bytes of the file, without overlaps."""
        end = 0
        for name, entry in sorted(self._entries.items(), key=lambda item: item[1][2:]):
            bits = _bits(entry.dtype)
            size = None if bits is None else math.prod(entry.shape) * bits // 8
            if entry.begin != end or (size is not None and entry.end - entry.begin != size):
                raise _damaged(self._file, f"the bytes of {name!r} are not those of its shape")
            end = entry.end
        actual = self._file.size - self._start
        if actual != end:
            raise _damaged(self._file, f"its header promises {end:,} bytes, {actual:,} are there")


def _read_header(file: OpenFile) -> tuple[int, dict[str, Any]]:
    """The number of bytes before the tensors, and the fields of the header."""
    size = int.from_bytes(file.read(8, 0), "little")
    if file.size < 8 or size > min(_HEADER_LIMIT, file.size - 8):
        raise _damaged(file, f"its header would be {size:,} bytes long")
    try:
        fields = json.loads(file.read(size, 8), object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise _damaged(file, f"its header is not valid: {str(error)[:80]}") from error
    if not isinstance(fields, dict):
        raise _damaged(file, "its header is not an object")
    return 8 + size, fields


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _entry(value: Any) -> _Entry:
    """An entry of the header; raises ValueError, TypeError or LookupError for anything else."""
    shape, (begin, end) = tuple(value["shape"]), value["data_offsets"]
    if not all(type(n) is int and 0 <= n < 1 << 63 for n in (*shape, begin, end)) or end < begin:
        raise ValueError("a size that is not one")
    if not isinstance(value["dtype"], str):
        raise TypeError("a type that is not a text")
    return _Entry(value["dtype"], shape, begin, end)


def _bits(dtype: str) -> int | None:
    """The bits of a number of a type; None where the type is not known."""
    if dtype in _TYPES:
        return 8 * np.dtype(_TYPES[dtype]).itemsize
    return _BITS.get(dtype, 8 if dtype.startswith("F8_") else None)


def _widened(raw: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers of bfloat16 as float32, which holds each of them."""
    return (raw.astype(np.uint32) << 16).view(np.float32)


def _damaged(file: OpenFile, words: str) -> DataError:
    return DataError(f"{file.path} is not a valid safetensors file", place=words, hint=_AGAIN)


def _open(file: OpenFile, options: ReadOptions) -> Table:
    tensors = _Safetensors(file)
    if options.part:
        return ArrayTable(file, tensors.open(options.part), "safetensors")
    return ArraysTable(file, "safetensors", tensors.names, tensors.open)


# The length of the header in 8 bytes, then the header.
FORMAT = Format(
    _open,
    suffixes=(".safetensors",),
    magic=re.compile(rb'.{4}\0{4}\{\s*["}]', re.DOTALL),
    parts=True,
)
