"""The header of an array as `np.save` writes it: parsed and checked before any number is read."""

import re
import warnings
from ast import literal_eval
from typing import Any, NamedTuple

import numpy as np

from losscli.errors import DataError
from losscli.sources.arrays import ArrayType
from losscli.sources.files import NoRowsError

MAGIC = b"\x93NUMPY"
LONGEST = 10_012  # bytes of a header, with those that say so
_LIMIT = LONGEST - 12
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


class Header(NamedTuple):
    """The type of an array, and the number of bytes before its numbers."""

    type: ArrayType
    length: int


def read_header(head: bytes, path: str, *, texts: bool = False) -> Header:
    """The header of an array, by its first bytes, `LONGEST` where there are so many.

    texts: True to accept arrays of text too.

    Raises DataError for what is not a header of rows of plain numbers.
    """
    if not head.startswith(MAGIC):
        raise DataError(
            f"{path} is not an NPY file: it does not begin with its magic bytes",
            hint="name a table .csv, and make an array with np.save",
        )
    try:
        start = 8 + _LENGTH_BYTES[head[6:8]]
        stop = start + int.from_bytes(head[8:start], "little")
        if stop > min(len(head), start + _LIMIT):
            raise ValueError("longer than a header may be")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = _parsed(head[start:stop].decode("latin-1"))
    except _DAMAGE as error:
        raise DataError(f"{path} has a damaged NPY header", hint=_AGAIN) from error
    if not all(type(n) is int and 0 <= n < 1 << 63 for n in shape) or len(shape) > 8:
        raise DataError(
            f"{path} has an impossible shape in its header: {str(shape)[:60]}", hint=_AGAIN
        )
    header = Header(ArrayType(shape, dtype, fortran), stop)
    if not (texts and dtype.kind in "US" and dtype.itemsize):
        _check_numbers(shape, dtype, path)
    _check_shape(header.type, path)
    return header


def check_size(header: Header, actual: int, path: str) -> None:
    """Raise DataError where the numbers are not as many bytes as the header says, or none."""
    (shape, dtype, _), expected = header.type, header.type.size
    if actual < expected:
        raise DataError(
            f"{path} is cut short: its header promises {expected:,} bytes of "
            f"{dtype.name} {shape}, {actual:,} are there",
            hint="the write or the copy did not finish: make the file again",
        )
    if actual > expected:
        raise DataError(
            f"{actual - expected:,} bytes follow the array of {path}",
            place=f"its header promises {dtype.name} {shape}",
            hint="one array a file: save the others on their own",
        )
    if not expected:
        error = NoRowsError if shape[:1] == (0,) else DataError
        raise error(
            f"{path} has no rows: its shape is {shape}",
            hint="the step that wrote it may have selected no rows",
        )


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


def _check_numbers(shape: tuple[int, ...], dtype: np.dtype[Any], path: str) -> None:
    """Raise DataError unless the type is one of plain numbers of at most 64 bits."""
    if dtype.kind in "fiub" and dtype.itemsize <= 8 and not dtype.subdtype:
        return
    words = _KINDS.get(dtype.kind, "numbers wider than 64 bits")
    if dtype.subdtype:
        raise DataError(f"{path} holds arrays in its elements ({dtype.subdtype})", hint=_AGAIN)
    if dtype == np.dtype("V2"):
        words = "two-byte voids, as bfloat16 numbers are saved"
    elif dtype.names:
        words = f"records with the fields {', '.join(dtype.names)}"
    raise DataError(
        f"{path} holds {words} ({dtype.str}), not plain numbers",
        hint=_of_objects(shape, path) if dtype.kind == "O" else _as_numbers(dtype, path),
    )


def _of_objects(shape: tuple[int, ...], path: str) -> str:
    """How to save objects as numbers; no line loads the file, which could run code."""
    numbers = "array"
    if len(shape) == 1:  # perhaps of arrays of different lengths
        numbers = "numpy.concatenate([numpy.atleast_1d(x) for x in array])"
    return f"save numbers where it is made: numpy.save({path!r}, {numbers}.astype(float))"


def _as_numbers(dtype: np.dtype[Any], path: str) -> str:
    """The line that saves an array as one of plain numbers."""
    from losscli.sources.conversion import loaded, other_name, python_line

    if dtype.names:
        members = "**{name: a[name] for name in a.dtype.names}"
        code = f"a = {loaded(path)}; numpy.savez('arrays.npz', {members})"
        return f"convert it: {python_line(f'import numpy; {code}')}"
    code = f"{loaded(path)}.astype(float)"
    if dtype == np.dtype("V2"):
        code = f"({loaded(path)}.view('uint16').astype('uint32') << 16).view('float32')"
    elif dtype.kind == "c":
        code = f"{loaded(path)}.real"
    elif dtype.kind in "mM":
        code = f"{loaded(path)}.astype('int64')"
    code = f"import numpy; numpy.save({other_name('array.npy', path)!r}, {code})"
    return f"convert it: {python_line(code)}"


def _check_shape(stored: ArrayType, path: str) -> None:
    """Raise DataError unless the shape is one of rows."""
    if not stored.shape:
        raise DataError(
            f"{path} holds a single number (0-d), not rows",
            hint="save an array of one row a sample",
        )
    if stored.fortran and len(stored.shape) > 2:
        from losscli.sources.conversion import loaded, other_name, python_line

        output = other_name("array.npy", path)
        code = f"numpy.save({output!r}, numpy.ascontiguousarray({loaded(path)}))"
        raise DataError(
            f"{path} is in Fortran order with {len(stored.shape)} dimensions",
            hint=f"save it in C order: {python_line(f'import numpy; {code}')}",
        )
