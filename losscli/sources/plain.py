"""The scanner of delimited text in Python: the functions of the compiled one, some 20 times slower.

A machine without a compiler uses it, and tests compare the two.
"""

import re
from functools import cache
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources.texts import JOINT


@cache
def _cell(delimiter: int) -> re.Pattern[bytes]:
    stops = re.escape(bytes([delimiter])) + rb"\r\n" + (rb"\t" if delimiter == 32 else b"")
    return re.compile(rb'"(?:[^"]|"")*+(?:"[^%b]*)?|[^%b]*' % (stops, stops))


@cache
def _number(decimal: int) -> re.Pattern[bytes]:
    point = re.escape(bytes([decimal]))
    return re.compile(
        rb"[-+]?(?:[0-9]+(?:%b[0-9]*)?|%b[0-9]+)(?:[eE][-+]?[0-9]+)?" % (point, point)
    )


_LINE_END = re.compile(rb"\r?\r?\n|\r")
_BLANKS = b" \t"


def split_rows(
    text: Any, delimiter: int, most: int, last: bool
) -> tuple[int, int, int, int, int, int]:
    """The number of whole rows, at most `most`, and of their bytes; see the compiled scanner."""
    data = bytes(text)
    stops = {delimiter, 10, 13} | ({9} if delimiter == 32 else set())
    rows = length = breaks = returns = at = 0
    look = re.compile(rb'\r?\r?\n|\r|"')
    while rows < most and (found := look.search(data, at)):
        start, at = found.span()
        if found[0] != b'"':
            if found[0] == b"\r" and start + 2 >= len(data) and not last:
                break  # the next bytes may belong to the end of the line
            rows, length, returns = rows + 1, at, returns + (found[0] == b"\r")
        elif not start or data[start - 1] in stops:
            whole = re.compile(rb'"(?:[^"]|"")*+"').match(data, start)
            if not whole or (whole.end() == len(data) and not last):
                return rows, length, breaks, returns, start, -1
            at = whole.end()
            inside = whole[0].count(b"\n")
            if inside and at < len(data) and data[at] not in stops and data[at] not in _BLANKS:
                return rows, length, breaks, returns, -1, start
            breaks += inside
    if last and rows < most and length < len(data):
        rows, length = rows + 1, len(data)
    return rows, length, breaks, returns, -1, -1


def scan_rows(
    text: Any, delimiter: int, decimal: int, trailing: bool, width: int, rows: int,
    columns: Any, _powers: Any, words: Any, numbers: Any, spans: Any,
) -> tuple[int, int, bytes]:  # fmt: skip
    """Write the numbers and the spans of the columns; see the compiled scanner."""
    data, known = bytes(text), _values(bytes(words))
    wants = np.asarray(columns).reshape(-1, 4).tolist()
    odd: list[tuple[int, int, int, int]] = []
    places, at = np.asarray(spans).reshape(-1, 2), 0
    for row in range(rows):
        cells, at = _row_of(data, at, delimiter, width)
        more = trailing and len(cells) == width + 1 and cells[-1][0] == cells[-1][1]
        if len(cells) - more != width or (trailing and not more):
            return row, len(cells), b""
        for want, (column, kind, base, stride) in enumerate(wants):
            start, end = cells[column]
            span = _span(data, start, end)
            if kind:
                places[base + row * stride] = span
                continue
            cell = data[span[0] : span[1]].strip(_BLANKS) if span[0] >= 0 else b'"'
            if _number(decimal).fullmatch(cell):
                numbers[base + row * stride] = float(cell.replace(bytes([decimal]), b"."))
            elif cell in known:
                numbers[base + row * stride] = known[cell]
            else:
                odd.append((want, row, *span))
    return rows if at < len(data) else -1, 0, np.array(odd, np.int64).tobytes()


def texts(text: Any, spans: Any) -> list[str]:
    """The texts of cells, their quotes removed."""
    data = bytes(text)
    return [_text(data, start, end) for start, end in np.asarray(spans).reshape(-1, 2).tolist()]


def joined(text: Any, spans: Any, columns: int) -> tuple[bytes, NDArray[np.int64]]:
    """The cells of each row one after the other, and where each row ends."""
    data = bytes(text)
    cells = [
        data[start:end] if start >= 0 else _unquoted(data[~start:end])
        for start, end in np.asarray(spans).reshape(-1, 2).tolist()
    ]
    count = len(cells) // columns
    rows = [JOINT.join(cells[row::count]) for row in range(count)]
    return b"".join(rows), np.cumsum([len(row) for row in rows], dtype=np.int64)


def distinct(text: Any, spans: Any) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The number of the distinct cell of each row, and the first row of each."""
    data = bytes(text)
    firsts: dict[bytes, int] = {}
    codes, rows, counter = [], [], count()
    for row, (start, end) in enumerate(np.asarray(spans).reshape(-1, 2).tolist()):
        cell = data[start if start >= 0 else ~start : end]
        if cell not in firsts:
            firsts[cell] = next(counter)
            rows.append(row)
        codes.append(firsts[cell])
    return np.array(codes, np.int32), np.array(rows, np.int64)


def cells_of(line: bytes, delimiter: str) -> list[bytes]:
    """The cells of one row, their quotes removed."""
    bare = line.removesuffix(b"\n").removesuffix(b"\r")
    if delimiter != " " and b'"' not in bare and b"\r" not in bare and b"\n" not in bare:
        return bare.split(delimiter.encode())  # a line may have a million cells
    found, _ = _row_of(line, 0, ord(delimiter), 1)
    return [_unquoted(line[start:end]) for start, end in found]


def _row_of(data: bytes, at: int, delimiter: int, width: int) -> tuple[list[tuple[int, int]], int]:
    """The spans of the cells of the row that begins at `at`, and the beginning of the next row."""
    cells, cell, blanks = [], _cell(delimiter), delimiter == 32
    at = _skipped(data, at) if blanks else at
    empty = data[at : at + 1] in (b"", b"\n", b"\r")
    while not empty or width == 1:
        found = cell.match(data, at)
        assert found is not None
        cells.append(found.span())
        at = _skipped(data, found.end()) if blanks else found.end()
        if data[at : at + 1] in (b"", b"\n", b"\r"):
            break
        at += not blanks
    ended = _LINE_END.match(data, at)
    return cells, ended.end() if ended else at


def _skipped(data: bytes, at: int) -> int:
    while data[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at


def _span(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The bytes between the quotes of a cell; ~start of all where quotes are within them."""
    if data[start : start + 1] != b'"' or start == end:
        return start, end
    if end - start >= 2 and data[end - 1] == 34 and b'"' not in data[start + 1 : end - 1]:
        return start + 1, end - 1
    return ~start, end


def _text(data: bytes, start: int, end: int) -> str:
    return (data[start:end] if start >= 0 else _unquoted(data[~start:end])).decode()


def _unquoted(cell: bytes) -> bytes:
    found = re.match(rb'"((?:[^"]|"")*+)"?', cell, re.DOTALL)
    return found[1].replace(b'""', b'"') + cell[found.end() :] if found else cell


def _values(words: bytes) -> dict[bytes, float]:
    """The numbers that words mean, the empty one included."""
    found, at = {b"": float("nan")}, 0
    while at < len(words):
        end = at + 1 + words[at]
        found[words[at + 1 : end]] = float(np.frombuffer(words, np.float64, 1, end)[0])
        at = end + 8
    return found
