r"""Rows and cells of delimited text: the compiled scanner if there is one, else that in Python.

Rows end with \n, \r\n or \r outside quotes. A cell that begins with a quote ends with the next
quote that is not doubled. Text after that belongs to the cell, but not where the quotes hold a
newline: then one of them is stray, and the rows between would be lost.
"""

import struct
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.kernels import machine
from losscli.sources import plain
from losscli.sources.dialect import WORDS, Dialect
from losscli.sources.powers import powers_of_ten
from losscli.sources.texts import JOINT, Texts

NUMBER, TEXT = 0, 1
Text = NDArray[np.uint8]

_WORDS = b"".join(struct.pack(f"B{len(w)}s", len(w), w.encode()) + struct.pack("d", v)
                  for w, v in WORDS.items())  # fmt: skip


class Split(NamedTuple):
    """Whole rows at the beginning of a text, and the number of their bytes.

    breaks: newlines inside quotes. returns: rows that end with a carriage return alone. open: the
    position of a quote that is not closed, or -1. stray: that of one that holds newlines and closes
    within other text, or -1; the rows before both are counted.
    """

    rows: int
    length: int
    breaks: int
    returns: int
    open: int
    stray: int


class Column(NamedTuple):
    """A column that is scanned: row r goes to `base + r * stride` of the numbers or the spans."""

    place: int
    kind: int
    base: int
    stride: int


class Scanned(NamedTuple):
    """The cells of scanned rows.

    odd: cells that are not decimal numbers: (column, row, start, end). failed: the first row of
    another width, or -1, and the number of its cells.
    """

    numbers: NDArray[np.float64]
    spans: NDArray[np.int64]
    odd: NDArray[np.int64]
    failed: int
    cells: int


def split_rows(text: Text | bytes, dialect: Dialect, most: int, *, last: bool) -> Split:
    """At most `most` rows; last: True if no text follows, so that the last row needs no end."""
    return Split(*_scanner().split_rows(text, ord(dialect.delimiter), most, last))


def scan_rows(
    text: Text,
    dialect: Dialect,
    width: int,
    rows: int,
    columns: Sequence[Column],
    numbers: NDArray[np.float64],
) -> Scanned:
    """The cells of the columns of all rows of a text; the columns ascend.

    numbers: a buffer for them, of a place a row and column of numbers.
    """
    count = sum(column.kind == TEXT for column in columns)
    spans = np.empty((count * rows, 2), np.int64)
    failed, cells, odd = _scanner().scan_rows(
        text, ord(dialect.delimiter), ord(dialect.decimal), dialect.trailing, width, rows,
        np.array(columns, np.int64), powers_of_ten(), _WORDS, numbers, spans,
    )  # fmt: skip
    return Scanned(numbers, spans, np.frombuffer(odd, np.int64).reshape(-1, 4), failed, cells)


def texts(text: Text, spans: NDArray[np.int64]) -> list[str]:
    """The texts of cells; raises UnicodeDecodeError for one that is not UTF-8."""
    found: list[str] = _scanner().texts(text, spans)
    return found


def ids(text: Text, spans: NDArray[np.int64]) -> Texts:
    """The texts of each row, of cells (columns, rows, 2).

    Raises UnicodeDecodeError for one that is not UTF-8.
    """
    data, ends = _scanner().joined(text, np.ascontiguousarray(spans), len(spans))
    ends = np.frombuffer(ends, np.int64)
    end = int(ends[-1])
    plain = bytes(memoryview(data)[:end])
    if plain.count(JOINT) == len(ends) * (len(spans) - 1):  # else it is in a cell
        plain = plain.replace(JOINT, b"\n")
    plain.decode()
    held = np.zeros(end + 8, np.uint8)  # Texts reads whole words
    held[:end] = np.frombuffer(data, np.uint8, end)
    starts = np.concatenate([[0], ends[:-1]])
    return Texts(held, starts, ends - starts)


def distinct(text: Text, spans: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The number of the distinct cell of each row, and the first row of each."""
    codes, firsts = _scanner().distinct(text, spans)
    return np.frombuffer(codes, np.int32), np.frombuffer(firsts, np.int64)


@cache
def _scanner() -> Any:
    return machine.scanner() or plain
