"""Arrow arrays as NumPy numbers, texts and keys: without pandas, which `to_numpy` imports."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources import rounding
from losscli.sources.dialect import WORDS
from losscli.sources.keys import Keys
from losscli.sources.rows import CellError
from losscli.sources.table import Kind, Loaded
from losscli.sources.texts import Texts

_SHOWN = 40  # characters of a cell that an error shows
_TYPES = {"halffloat": "float16", "float": "float32", "double": "float64"}  # Arrow's names


def stored(kind: Any) -> Any:
    """The type in which the values of an extension or of a dictionary are stored."""
    import pyarrow as pa

    while isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return stored(kind.value_type) if pa.types.is_dictionary(kind) else kind


def is_list(kind: Any) -> bool:
    """True for a type of lists, of a fixed length or not."""
    import pyarrow as pa

    types = pa.types
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def is_text(kind: Any) -> bool:
    """True for a type of texts."""
    import pyarrow as pa

    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_numeric(kind: Any) -> bool:
    """True for numbers and booleans, and for lists of them."""
    import pyarrow as pa

    kind = stored(kind)
    if is_list(kind):
        return is_numeric(kind.value_type)
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_decimal(kind)
    )


def dtype_of(kind: Any) -> np.dtype[Any]:
    """The NumPy type of the numbers of a column without nulls."""
    import pyarrow as pa

    kind = stored(kind)
    if is_list(kind):
        return dtype_of(kind.value_type)
    if pa.types.is_boolean(kind):
        return np.dtype(np.bool_)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return np.dtype(str(_TYPES.get(str(kind), kind)))
    return np.dtype(np.float64)


def row_of(array: Any) -> tuple[int, ...]:
    """The shape of a row: () of single values, else as in the first list that is not null."""
    import pyarrow as pa

    shape = getattr(array.type, "shape", None)  # of tensors of a fixed shape
    if shape is not None:
        return tuple(shape)
    array = _plain(array)
    if not is_list(array.type):
        return ()
    if pa.types.is_fixed_size_list(array.type):
        return (array.type.list_size, *row_of(array.flatten()))
    lengths = array.drop_null().value_lengths()
    return (lengths[0].as_py() if len(lengths) else 0, *row_of(array.flatten()))


def numbers(array: Any, row: tuple[int, ...] = ()) -> NDArray[Any]:
    """The numbers (n, *row) of an array, nan where one is missing; a view where that is possible.

    Raises CellError for anything else, and for a row of another shape.
    """
    import pyarrow as pa

    array = _plain(array)
    kind = array.type
    if is_list(kind):
        return _lists(array, row or row_of(array))
    if is_text(kind):
        return _parsed(array)
    if pa.types.is_null(kind):
        return np.full(len(array), np.nan)
    if pa.types.is_decimal(kind):  # texts are parsed correctly rounded, casts are not
        array = array.cast(pa.string()).cast(pa.float64())
    elif not is_numeric(kind):
        raise CellError(0, f"a value of type {kind} is not a number")
    return _with_nan(_values(array), array)


def texts(array: Any) -> list[str]:
    """The values as texts, integers digit by digit; "" for a null."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    array = _plain(array)
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    return [value if type(value) is str else _text(value) for value in _objects(array)]


def keys(array: Any) -> Keys:
    """The keys of the rows; a null is a missing key."""
    import pyarrow as pa

    kind = stored(array.type)
    whole = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if pa.types.is_floating(kind) or (whole and not array.null_count):
        return Keys.of(numbers(array))
    array = _plain(array, decode=False)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    values = texts(array.dictionary)
    codes = _with_last(_values(array.indices), array.indices, len(values))
    found, places = np.unique(codes, return_inverse=True)
    named = [*values, ""]
    return Keys.named(places, [named[place] for place in found])


def rounds(array: Any, rows: NDArray[np.intp]) -> bool:
    """True if an integer in some rows, or in a text in them, is not equal to a float64."""
    import pyarrow as pa

    array = _plain(array)
    if is_list(array.type):
        array = _plain(array.take(pa.array(rows)).flatten())
        rows = np.arange(len(array))
    if is_text(array.type):
        return any(rounding.rounds(array[int(row)].as_buffer().to_pybytes()) for row in rows)
    if not pa.types.is_integer(array.type):
        return False
    return rounding.rounds_integers(array.take(pa.array(rows)).drop_null().to_pylist())


def load(kind: Kind, columns: Sequence[Any], row: tuple[int, ...]) -> Loaded:
    """Columns as one role takes them: numbers (n, …), ids or keys."""
    return _LOADERS[kind](columns, row)


def _numbers(columns: Sequence[Any], row: tuple[int, ...]) -> NDArray[Any]:
    if len(columns) == 1:
        return numbers(columns[0], row)
    found = []
    for place, column in enumerate(columns):
        try:
            found.append(numbers(column))
        except CellError as error:
            error.column = place
            raise
    return np.stack(found, axis=1)


def _keys(columns: Sequence[Any], _: tuple[int, ...]) -> Keys:
    return Keys.product([keys(column) for column in columns])


def _ids(columns: Sequence[Any], _: tuple[int, ...]) -> Texts:
    """The keys of the rows; integers digit by digit, never by floating-point numbers."""
    import pyarrow as pa

    plain = [_plain(column) for column in columns]
    exact = (is_text(array.type) or pa.types.is_integer(array.type) for array in plain)
    if not all(exact) or any(array.null_count for array in plain):
        return Texts.of_rows(zip(*map(texts, columns), strict=True))
    return Texts.of_columns([array.cast(pa.large_string()) for array in plain])


_LOADERS: dict[Kind, Callable[[Sequence[Any], tuple[int, ...]], Loaded]] = {
    "numbers": _numbers,
    "ids": _ids,
    "keys": _keys,
}


def _plain(array: Any, *, decode: bool = True) -> Any:
    """The array without extension types and, to `decode` them, without dictionaries."""
    import pyarrow as pa

    while isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if decode and pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        array = array.cast(pa.large_list(array.type.value_type))
    return array


def _valid(array: Any) -> NDArray[np.bool_] | None:
    """True for each value that is not null; None if there is no null."""
    if not array.null_count:
        return None
    buffer = array.buffers()[0]
    if buffer is None:  # of type null, or a union
        return np.zeros(len(array), np.bool_)
    return _bits(buffer, array.offset, len(array))


def _bits(buffer: Any, offset: int, count: int) -> NDArray[np.bool_]:
    start = offset // 8
    packed = np.frombuffer(buffer, np.uint8)[start : (offset + count + 7) // 8]
    bits = np.unpackbits(packed, bitorder="little")[offset - 8 * start :]
    return bits[:count].view(np.bool_)


def _values(array: Any) -> NDArray[Any]:
    """The values of an array of numbers or booleans, undefined where one is null."""
    import pyarrow as pa

    buffer, count = array.buffers()[1], len(array)
    dtype = dtype_of(array.type)
    if buffer is None or not count:
        return np.zeros(count, dtype)
    if pa.types.is_boolean(array.type):
        return _bits(buffer, array.offset, count)
    return np.frombuffer(buffer, dtype)[array.offset : array.offset + count]


def _with_nan(values: NDArray[Any], array: Any) -> NDArray[Any]:
    valid = _valid(array)
    if valid is None:
        return values
    floating = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    return np.where(valid, values, floating.type(np.nan)).astype(floating, copy=False)


def _with_last(codes: NDArray[Any], array: Any, last: int) -> NDArray[Any]:
    """The codes, `last` where they are null."""
    valid = _valid(array)
    return codes if valid is None else np.where(valid, codes, last)


def _lists(array: Any, row: tuple[int, ...]) -> NDArray[Any]:
    """The numbers of lists that all have the shape of a row; nan for those of a null list."""
    import pyarrow as pa

    valid = _valid(array)
    if not pa.types.is_fixed_size_list(array.type) or array.type.list_size != row[0]:
        _check_lengths(array, row[0] if len(row) == 1 or is_list(_inner(array)) else math.prod(row))
    values = numbers(array.flatten(), row[1:] if is_list(_inner(array)) else ())
    if valid is None:
        return values.reshape(len(array), *row)
    floating = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    out = np.full((len(array), *row), np.nan, floating)
    out[valid] = values.reshape(-1, *row)
    return out


def _inner(array: Any) -> Any:
    return stored(array.type.value_type)


def _check_lengths(array: Any, length: int) -> None:
    """Raise CellError for a list of another length; nulls have none."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(array.type):
        lengths = np.full(len(array), array.type.list_size)
    else:
        lengths = numbers(array.value_lengths())
    odd = np.flatnonzero((lengths != length) & ~np.isnan(lengths))
    if odd.size:
        found = int(lengths[odd[0]])
        words = f"a list of {found:,} numbers; the first row has {length:,}"
        raise CellError(int(odd[0]), words, "every row must have as many numbers as the first")


def _parsed(array: Any) -> NDArray[np.float64]:
    """The numbers of texts that hold numbers; true and false are 1 and 0, missing ones nan."""
    import pyarrow as pa

    try:
        return _with_nan(_values(array.cast(pa.float64())), array)
    except pa.ArrowInvalid:
        found = [str(WORDS.get(value, value)) if value else None for value in array.to_pylist()]
    for index, value in enumerate(found):
        if value is not None and not _is_number(value):
            raise CellError(index, f"{value[:_SHOWN]!r} is not a number")
    return numbers(pa.array(found, pa.large_string()).cast(pa.float64()))


def _is_number(text: str) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(text).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _objects(array: Any) -> list[Any]:
    """The values as Python objects; times to the microsecond, as Python has them."""
    import pyarrow as pa

    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    return list(array.to_pylist())


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    return "" if value is None or value != value else str(value)
