"""Columns of JSON values as numbers, texts and keys."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.sources import rounding
from losscli.sources.dialect import Dialect, number_of
from losscli.sources.json_text import Column, Form, Kind, read_items
from losscli.sources.rows import CellError
from losscli.sources.rows import Column as TableColumn
from losscli.sources.table import Kind as FieldKind
from losscli.sources.table import Loaded

_NOT_STRUCTURE = bytes(c for c in range(256) if c not in b"[],")
_AS_SPACES = bytes.maketrans(b"[],", b"   ")
_SHOWN = 40  # characters of a value that an error shows


class TruthsError(CellError):
    """An array of numbers and truth values; depth: the number of arrays inside each other."""

    def __init__(self, index: int, words: str, depth: int) -> None:
        super().__init__(index, words)
        self.depth = depth


class JsonValues(NamedTuple):
    """The values of a column: their kinds, where each ends, from that of the one before, and bytes.

    kinds: (n,) of `Kind`. ends: (n + 1,). numbers: (n,), nan for what is not a number, or nothing;
    where they are given, the bytes may be only those of other values, and of numbers beyond 2^53.
    """

    kinds: NDArray[np.uint8]
    ends: NDArray[np.int64]
    data: bytes
    numbers: NDArray[np.float64]

    @classmethod
    def of(cls, column: Column) -> "JsonValues":
        """A column as it is read."""
        kinds, ends, data, numbers = column
        return cls(
            np.frombuffer(kinds, np.uint8),
            np.frombuffer(ends, np.int64),
            data,
            np.frombuffer(numbers, np.float64),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return int(self.ends[-1] - self.ends[0]) + self.numbers.nbytes

    def slice(self, start: int, count: int) -> "JsonValues":
        """Some of the rows."""
        end = start + count
        numbers = self.numbers[start:end]
        return JsonValues(self.kinds[start:end], self.ends[start : end + 1], self.data, numbers)

    def raw(self, row: int) -> bytes:
        """The text of a value; that of a text without its quotes."""
        return self.data[self.ends[row] : self.ends[row + 1]]


def load(kind: FieldKind, columns: Sequence[JsonValues], row: tuple[int, ...]) -> Loaded:
    """Columns as one role takes them: numbers (n, …), ids or keys.

    Raises CellError for a value that a role does not take.
    """
    if kind != "numbers":
        from losscli.sources import arrow_values

        return arrow_values.load(kind, list(map(_texts, columns)), row)
    if len(columns) == 1:
        return _lists(columns[0], row) if row else _numbers(columns[0])
    found = []
    for place, column in enumerate(columns):
        try:
            found.append(_numbers(column))
        except CellError as error:
            error.column = place
            raise
    return np.stack(found, axis=1)


def rounds(values: JsonValues, rows: NDArray[np.intp]) -> bool:
    """True if an integer in some of the values is not equal to a float64."""
    return any(rounding.rounds(values.raw(int(row))) for row in rows)


def _texts(values: JsonValues) -> Any:
    """The values as Arrow texts; null for what is missing, and True and False as Python writes."""
    import pyarrow as pa

    missing = values.kinds == Kind.MISSING
    validity = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    buffers = [validity, pa.py_buffer(np.ascontiguousarray(values.ends)), pa.py_buffer(values.data)]
    array = pa.Array.from_buffers(pa.large_string(), len(values.kinds), buffers)
    if (values.kinds == Kind.BOOLEAN).any():
        import pyarrow.compute as pc

        spelled = pc.utf8_capitalize(array)
        array = pc.if_else(pa.array(values.kinds == Kind.BOOLEAN), spelled, array)
    return array


def _numbers(values: JsonValues) -> NDArray[np.float64]:
    """The numbers of a column; texts that spell them otherwise than JSON does are read here."""
    numbers = values.numbers if values.numbers.size else np.full(len(values.kinds), np.nan)
    odd = np.flatnonzero(np.isnan(numbers) & (values.kinds != Kind.MISSING))
    if odd.size:
        numbers = numbers.copy()
    for index in odd.tolist():
        text = values.raw(index).decode(errors="replace")
        container = values.kinds[index] == Kind.CONTAINER
        number = None if container else number_of(text, Dialect())
        if number is None:
            shown = text[:_SHOWN] if container else repr(text[:_SHOWN])
            raise CellError(index, f"{shown} is not a number")
        numbers[index] = number
    return numbers


def _lists(values: JsonValues, row: tuple[int, ...]) -> NDArray[np.float64]:
    """The numbers of arrays that all have the shape of a row; nan for those of a null."""
    count, width = len(values.kinds), int(np.prod(row))
    held = values.kinds == Kind.CONTAINER
    data = values.data[values.ends[0] : values.ends[-1]]
    expected = _structure(row)
    if not (held | (values.kinds == Kind.MISSING)).all() or (
        data.translate(None, _NOT_STRUCTURE) != expected * int(held.sum()) or b'"' in data
    ):
        raise _not_like(values, row, expected)
    flat = read_items(data.translate(_AS_SPACES), Form.PLAIN, [()], [True])
    if flat.error or flat.rows != width * int(held.sum()):
        raise _not_like(values, row, expected)
    numbers = _numbers(JsonValues.of(flat.columns[0]))
    if held.all():
        return numbers.reshape(count, *row)
    out = np.full((count, *row), np.nan)
    out[held] = numbers.reshape(-1, *row)
    return out


def _structure(row: tuple[int, ...]) -> bytes:
    """The brackets and commas of an array of a shape."""
    inner = _structure(row[1:]) if len(row) > 1 else b""
    return b"[" + b",".join([inner] * row[0]) + b"]"


def _not_like(values: JsonValues, row: tuple[int, ...], expected: bytes) -> CellError:
    """The error for the first value that is not an array of numbers of the shape of a row."""
    for index, kind in enumerate(values.kinds):
        raw = values.raw(index)
        if kind != Kind.MISSING and (
            kind != Kind.CONTAINER or raw.translate(None, _NOT_STRUCTURE) != expected or b'"' in raw
        ):
            shown = raw[:_SHOWN].decode(errors="replace")
            words = f"{shown} is not an array of {' × '.join(map(str, row))} numbers"
            return CellError(index, words, "every row must have as many numbers as the first")
    return CellError(0, "arrays of other values than numbers")


def objects(column: Column) -> list[Any]:
    """The values of a column as Python has them."""
    values = JsonValues.of(column)
    texts = (values.raw(row).decode(errors="replace") for row in range(len(values.kinds)))
    found: list[Any] = []
    for kind, text in zip(values.kinds, texts, strict=True):
        if kind == Kind.STRING:
            found.append(text)
        else:
            found.append(None if kind == Kind.MISSING else json.loads(text))
    return found


def column_of(values: Sequence[Any], name: str, place: int) -> TableColumn:
    """A column of a table, as a sample of its values has it: texts where they mix."""
    types = {_type_name(value) for value in values if value is not None}
    if types == {"list"}:
        flat = [each for value in values if value is not None for each in value]
        return column_of(flat, name, place)._replace(lists=True)
    dtype = np.dtype(np.bool_ if types == {"bool"} else np.float64)
    numeric = types <= {"number", "bool"}
    return TableColumn(name, place, place, 1, numeric, lists=False, dtype=dtype)


def row_of(values: JsonValues) -> tuple[int, ...]:
    """The shape of the first array, with a 0 if there is none.

    Raises TruthsError for one that mixes numbers with truth values.
    """
    held = np.flatnonzero(values.kinds == Kind.CONTAINER)
    if not held.size:
        return (0,)
    shape = []
    value = first = json.loads(values.raw(int(held[0])))
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    truths = [_is_truth(each) for each in _flat(first)]
    if any(truths) and not all(truths):
        shown = json.dumps(first)[:_SHOWN]
        raise TruthsError(int(held[0]), f"{shown} holds truth values among its numbers", len(shape))
    return tuple(shape)


def _flat(value: Any) -> Iterator[Any]:
    """The values in an array and in the arrays inside."""
    if isinstance(value, list):
        for each in value:
            yield from _flat(each)
    else:
        yield value


def _is_truth(value: Any) -> bool:
    """True for true and false, and for texts of them as Python writes them."""
    return isinstance(value, bool) or value in ("True", "False")


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__
