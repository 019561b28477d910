"""JSON text as items, one row each: compiled, or in Python where there is no compiler.

Items follow each other, or are the elements of an array or the members of an object whose opening
bracket is left out. All text is checked against the grammar, to any depth that Python takes; NaN
and the infinities are read as Python writes them.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

from losscli.sources.powers import powers_of_ten

try:
    from losscli.kernels import _machine
except ImportError:  # installed without a compiler
    _machine = None  # type: ignore[assignment]

Path: TypeAlias = tuple[bytes, ...]
Column: TypeAlias = tuple[bytes, bytes, bytes, bytes]
Buffer: TypeAlias = Any  # of bytes

_AT_ONCE = 64  # paths that the compiled reader follows
_EXACT = 2.0**53  # above it the text tells if a number was rounded
_NAME = re.compile(rb'"(?:[^"\\]|\\.)*"', re.S)
_COLON = re.compile(rb"\s*:\s*")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]|[^"\[\]{}]+|"', re.S)
_SCALAR = re.compile(rb'[^\s",\[\]{}]+')
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_SPACE = re.compile(rb"[ \t\r\n]*")


class Form(IntEnum):
    """The way items follow each other: on their own, as elements, or as members of an object."""

    PLAIN = 0
    LISTED = 1
    KEYED = 2


class State(IntEnum):
    """The reason why no more items were found: the text ends, there are enough, or it is closed."""

    MORE = 0
    ENOUGH = 1
    OVER = 2


class Kind(IntEnum):
    """The kind of a value; MISSING for none and for null."""

    MISSING = 0
    NUMBER = 1
    BOOLEAN = 2
    STRING = 3
    CONTAINER = 4


class Skipped(NamedTuple):
    """Whole items at the start of a text: their number, and where they begin and end.

    error: the reason why the text at `end` is not an item.
    """

    items: int
    begin: int
    end: int
    state: int
    error: str | None


class Items(NamedTuple):
    """The values of items: a column a path, and the names of the items in the form KEYED.

    A column is the kinds of its values, a byte each; where each ends, as int64 from 0 on; their
    bytes, those of texts unescaped; and the numbers of a column of numbers, as float64, nan where a
    value is missing or is not read as a number: only such a value and one beyond 2^53 have bytes.
    error: the reason why the text at `position` is not valid.
    """

    rows: int
    columns: Sequence[Column]
    position: int
    error: str | None


def skip_items(
    text: Buffer, form: Form, count: int, *, started: bool = False, final: bool = True
) -> Skipped:
    """At most `count` whole items at the start of a text, of which only the brackets are checked.

    started: True if items came before. final: True if no text follows.
    """
    if _machine is not None:
        return Skipped(*_machine.skip_json(text, form, count, started, final))
    return _skip_items(bytes(text), form, count, started=started, final=final)


def read_items(
    text: Buffer, form: Form, paths: Sequence[Path], numeric: Sequence[bool] = ()
) -> Items:
    """The values that paths of names lead to in each item of a text of whole items.

    numeric: True for each path whose column has numbers, which true and false are as well.
    """
    if len(paths) <= _AT_ONCE:
        return _read_some(text, form, paths, numeric)
    columns: list[Column] = []
    for start in range(0, len(paths), _AT_ONCE):
        end = start + _AT_ONCE
        found = _read_some(text, form, paths[start:end], numeric[start:end])
        if found.error:
            return found
        # The names of the items come after each part, and are kept after the last.
        columns[start:] = found.columns
    return found._replace(columns=columns)


def _read_some(text: Buffer, form: Form, paths: Sequence[Path], numeric: Sequence[bool]) -> Items:
    if _machine is not None:
        bits = sum(1 << place for place, each in enumerate(numeric) if each)
        return Items(*_machine.read_json(text, form, tuple(paths), bits, powers_of_ten()))
    return _read_items(bytes(text), form, paths, numeric)


def _space(text: bytes, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _skip_items(text: bytes, form: Form, count: int, *, started: bool, final: bool) -> Skipped:
    found, first, done = 0, -1, 0
    closing = b"]" if form == Form.LISTED else b"}"
    state, error = State.ENOUGH, None
    while found < count:
        at = _space(text, done)
        if form != Form.PLAIN and text[at : at + 1] == closing:
            state = State.OVER
            break
        state = State.MORE
        start, at, error = _value_begin(text, at, form, started=started)
        end = None if error else _value_end(text, at, final=final)
        if end is None:
            done = at if error else done
            break
        first = start if first < 0 else first
        done, started, state, found = end, True, State.ENOUGH, found + 1
    return Skipped(found, done if first < 0 else first, done, state, error)


def _value_begin(text: bytes, at: int, form: Form, *, started: bool) -> tuple[int, int, str | None]:
    """Where the item and its value begin, and the reason why they do not."""
    if at < len(text) and started and form != Form.PLAIN:
        if text[at : at + 1] != b",":
            return at, at, "a comma was expected"
        at = _space(text, at + 1)
    start = at
    if at < len(text) and form == Form.KEYED:
        if text[at : at + 1] != b'"':
            return start, at, "a name in quotes was expected"
        name = _NAME.match(text, at)
        colon = _COLON.match(text, name.end()) if name else None
        if name and not colon and _space(text, name.end()) < len(text):
            return start, name.end(), "a colon was expected"
        at = colon.end() if colon else len(text)
    if at < len(text) and text[at : at + 1] in b",]}":
        return start, at, "not a value"
    return start, at, None


def _value_end(text: bytes, at: int, *, final: bool) -> int | None:
    if at >= len(text):
        return None
    if text[at : at + 1] == b'"':
        name = _NAME.match(text, at)
        return name.end() if name else None
    if text[at : at + 1] not in b"[{":
        scalar = _SCALAR.match(text, at)
        end = scalar.end() if scalar else len(text)
        return end if end < len(text) or final else None
    depth = 0
    for token in _TOKEN.finditer(text, at):
        if token[0] in (b"[", b"{"):
            depth += 1
        elif token[0] in (b"]", b"}"):
            depth -= 1
            if not depth:
                return token.end()
    return None


class _Number(str):
    """A number as it is written."""


class _Object(dict[str, Any]):
    """An object, and its names that stand twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [name for name, _ in pairs] if len(self) < len(pairs) else []


def _read_items(text: bytes, form: Form, paths: Sequence[Path], numeric: Sequence[bool]) -> Items:
    width = len(paths) + (form == Form.KEYED)
    columns = [_Written(numeric=place < len(numeric) and numeric[place]) for place in range(width)]
    rows, at = 0, 0
    error: str | None = None
    while (start := _space(text, at)) < len(text) and not error:
        begin, at, error = _value_begin(text, start, form, started=rows > 0)
        end = None if error else _value_end(text, at, final=True)
        if end is None:
            error = error or "the text ends within a value"
            break
        try:
            item = _loads(text[at:end])
            for column, path in zip(columns, paths, strict=False):
                column.add(_at(item, path))
            if form == Form.KEYED:
                columns[-1].add(_loads(text[begin : _named_end(text, begin)]))
        except (ValueError, RecursionError) as failure:
            error = str(failure) or "nested too deep"
            break
        rows, at = rows + 1, end
    return Items(rows, [column.written(rows) for column in columns], at, error)


def _named_end(text: bytes, begin: int) -> int:
    name = _NAME.match(text, begin)
    assert name is not None
    return name.end()


def _loads(text: bytes) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_Object,
        parse_int=_Number,
        parse_float=_Number,
        parse_constant=_Number,
    )


def _at(item: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(item, _Object):
            return None
        name = key.decode()
        if item.twice.count(name) > 1:
            raise ValueError("a name that stands twice in one object")
        item = item.get(name)
    return item


class _Written:
    """A column as it grows."""

    def __init__(self, *, numeric: bool) -> None:
        self._numeric = numeric
        self._kinds = bytearray()
        self._parts: list[bytes] = []
        self._numbers: list[float] = []

    def add(self, value: Any) -> None:
        """Append the value of an item."""
        kind, text = _kind_of(value)
        self._kinds.append(kind)
        if self._numeric:
            number = _number_of(kind, text)
            text = "" if number is not None and abs(number) < _EXACT else text
            self._numbers.append(math.nan if number is None else number)
        self._parts.append(text.encode())

    def written(self, rows: int) -> Column:
        """The first rows, as `Items` has them."""
        import numpy as np

        parts = self._parts[:rows]
        ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        numbers = np.array(self._numbers[:rows], np.float64)
        ended = ends.tobytes() if rows else b""
        return bytes(self._kinds[:rows]), ended, b"".join(parts), numbers.tobytes()


def _kind_of(value: Any) -> tuple[Kind, str]:
    if value is None:
        return Kind.MISSING, ""
    if isinstance(value, bool):
        return Kind.BOOLEAN, "true" if value else "false"
    if isinstance(value, str):
        return (Kind.NUMBER if isinstance(value, _Number) else Kind.STRING), value
    return Kind.CONTAINER, "".join(_dumped(value))


def _number_of(kind: Kind, text: str) -> float | None:
    """The number that a value is or spells, nan for none; None for what is read elsewhere."""
    if kind == Kind.MISSING:
        return math.nan
    if kind == Kind.BOOLEAN:
        return float(text == "true")
    if kind == Kind.NUMBER or (kind == Kind.STRING and _DECIMAL.fullmatch(text)):
        return float(text)
    return None


def _dumped(value: Any) -> Iterator[str]:
    """The text of an array or an object."""
    if isinstance(value, dict):
        yield "{"
        for place, (name, each) in enumerate(value.items()):
            yield f"{',' if place else ''}{json.dumps(name)}:"
            yield from _dumped(each)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, each in enumerate(value):
            yield "," if place else ""
            yield from _dumped(each)
        yield "]"
    else:
        kind, text = _kind_of(value)
        yield {Kind.MISSING: "null", Kind.STRING: json.dumps(text)}.get(kind, text)
