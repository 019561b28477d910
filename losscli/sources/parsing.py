"""Text that does not parse: the line, the column and a fix, from pyarrow's message."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from losscli.errors import DataError, Place
from losscli.sources.header import SAMPLE, bare_return
from losscli.sources.lines import Text

_NEWLINE, _RETURN = 10, 13
_SHOWN = 40  # characters of a cell that an error shows


class Piece(NamedTuple):
    """Lines of a file that are parsed at once.

    first: the number of the first row, from 0. first_line: the line of row 0, from 1.
    """

    path: str
    text: Text
    rows: int
    first: int
    first_line: int

    def place(self, row: int | None, column: str | None = None) -> Place:
        """The place of a row of the piece, counted from its first row."""
        number = None if row is None else self.first + row
        line = None if number is None else number + self.first_line
        return Place(self.path, number, line, column)


def parse_error(piece: Piece, message: str, names: Sequence[str], delimiter: str) -> DataError:
    """Pyarrow's message as an error with the line of the file and the name of the column."""
    row = int(match[1]) - 1 if (match := re.search(r"Row #(\d+)", message)) else None
    if match := re.search(r"CSV column #(\d+)", message):
        column = names[int(match[1])]
        if "UTF8" in message:
            return DataError(
                "a cell that is not UTF-8 text",
                place=piece.place(row, column),
                hint="convert the file to UTF-8",
            )
        value = match[1] if (match := re.search(r"invalid value '(.*)'$", message, re.S)) else ""
        return _cell_error(piece, row, column, value, delimiter)
    if match := re.search(r"Expected (\d+) columns, got (\d+)", message):
        return DataError(
            f"a line of {match[2]} cells in a table of {match[1]} columns",
            place=piece.place(row),
            hint="quote cells that hold the separator",
        )
    summary = message.splitlines()[0][:120]
    return DataError(f"cannot parse {piece.path}: {summary}", place=piece.place(0))


def check_lines(piece: Piece) -> None:
    """Raise DataError for a carriage return that stands alone: pyarrow starts a row there."""
    returns = np.flatnonzero(piece.text == _RETURN)
    after = piece.text[np.minimum(returns + 1, piece.text.size - 1)]
    bare = returns[after != _NEWLINE]
    if bare.size:
        before = int(np.count_nonzero(piece.text[: bare[0]] == _NEWLINE))
        raise bare_return(piece.path, piece.first + before + piece.first_line)


def check_rows(piece: Piece, parsed: int, delimiter: str) -> None:
    """Raise DataError where the lines of the piece are not as many rows."""
    if parsed == piece.rows and not _ends_in_a_quote(piece.text, delimiter):
        return
    lines = bytes(piece.text).split(b"\n")
    odd = next((k for k, line in enumerate(lines) if line.count(b'"') % 2), None)
    if odd is None:
        raise DataError(
            f"{piece.path} has {piece.rows:,} lines that read as {parsed:,} rows",
            place=piece.place(0),
            hint="a carriage return inside a line? write \\n or \\r\\n at the end of each",
        )
    raise DataError(
        'a quote that is not closed on its line; the rows up to the next " would be lost',
        place=piece.place(odd),
        hint="close the quote, or double it inside a quoted cell; no newlines inside quotes",
    )


def _cell_error(
    piece: Piece, row: int | None, column: str, value: str, delimiter: str
) -> DataError:
    """The error for a cell that is not a number."""
    if row is not None and not _line(piece.text, row).strip():
        return DataError(
            f"{piece.path} has a blank line between its rows",
            place=piece.place(row),
            hint="remove it",
        )
    words = f"{value[:_SHOWN]!r} is not a number" if value else "an empty cell; expected a number"
    hint = "write nan for a missing number, and say --nan skip"
    if delimiter == ";" and re.fullmatch(r"[-+]?\d+,\d+", value):
        hint = "write decimal points, not commas"
    return DataError(words, place=piece.place(row, column), hint=hint)


def _ends_in_a_quote(text: Text, delimiter: str) -> bool:
    """True if the last line opens a quote that would go on in the next piece."""
    tail = bytes(text[-SAMPLE:]).rstrip(b"\r\n")
    last = tail[tail.rfind(b"\n") + 1 :].decode(errors="replace")
    return last.count('"') % 2 == 1 and any(
        cell.startswith('"') and cell.count('"') % 2 for cell in last.split(delimiter)
    )


def _line(text: Text, number: int) -> bytes:
    lines = bytes(text).split(b"\n", number + 1)
    return lines[number] if number < len(lines) else b""
