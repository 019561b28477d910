"""The beginning of a delimited text file: encoding, separator and the names of the columns."""

import re
from collections.abc import Sequence
from csv import Error as CsvError
from csv import reader
from typing import NamedTuple

from losscli.errors import DataError, Place
from losscli.sources.files import OpenFile
from losscli.sources.lines import LONGEST

SAMPLE = 1 << 16  # bytes from which the separator and the column types are told
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Header(NamedTuple):
    """The columns of a text file, and where its rows begin.

    first_line: the line of the first row, from 1. begin: the byte at which it begins.
    sample: bytes of the first rows.
    """

    path: str
    first_line: int
    names: tuple[str, ...]
    delimiter: str
    begin: int
    sample: bytes

    def place(self, row: int | None, column: str | None = None) -> Place:
        """The place of a row, counted from 0."""
        return Place(self.path, row, None if row is None else row + self.first_line, column)


def read_header(file: OpenFile, *, named: bool) -> Header:
    """The header of a text file.

    named: True if the first line names the columns; otherwise they are called 1, 2, ….

    Raises DataError for a file that is not text in UTF-8, or whose first line is not such a line.
    """
    head = _head(file)
    _check_encoding(file.path, head)
    begin = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    first = head[begin:].split(b"\n", 1)[0]
    line = first.rstrip(b"\r")
    delimiter = _delimiter(line, usual_delimiter(file.path))
    names = _names(file.path, line, delimiter, named=named)
    if named:
        begin = min(begin + len(first) + 1, file.size)
    return Header(file.path, 2 if named else 1, names, delimiter, begin, head[begin:])


def usual_delimiter(path: str) -> str:
    """The separator that the suffix promises."""
    return "\t" if path.lower().endswith((".tsv", ".tab")) else ","


def is_number(cell: str) -> bool:
    """True for the text of a number, nan and infinities included."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def cells_of(path: str, lines: Sequence[str], delimiter: str, first: int = 1) -> list[list[str]]:
    """The stripped cells of lines, the first of which is line `first` of the file."""
    rows = reader(lines, delimiter=delimiter)
    cells: list[list[str]] = []
    try:
        cells.extend([cell.strip() for cell in row] for row in rows)
    except CsvError as error:
        line = first + max(rows.line_num - 1, 0)
        if "larger than field limit" in str(error):
            raise DataError(
                f"{path} has a cell of more than 131,072 characters",
                place=Place(path, line=line),
                hint="a quote that is not closed? shorten the cell, or leave the column out",
            ) from error
        raise bare_return(path, None) from error
    return cells


def bare_return(path: str, line: int | None) -> DataError:
    """The error for a carriage return that no newline follows."""
    return DataError(
        f"{path} has a carriage return without a newline",
        place=Place(path, line=line),
        hint="end each line with \\n or \\r\\n",
    )


def _names(path: str, line: bytes, delimiter: str, *, named: bool) -> tuple[str, ...]:
    place = Place(path, line=1)
    try:
        cells = cells_of(path, [line.decode()], delimiter)[0]
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text", place=place, hint="convert it") from error
    if not named:
        return tuple(str(k + 1) for k in range(len(cells)))
    if all(map(is_number, cells)):
        raise DataError(
            f"{path} has no header line: its first line is {line.decode()[:60]!r}",
            hint="add a line with the columns' names, or say --no-header",
        )
    for name in cells:
        if cells.count(name) > 1:
            raise DataError(
                f"{path} has {cells.count(name)} columns called {name!r}",
                place=place,
                hint="give each column a name of its own",
            )
    return tuple(cells)


def _head(file: OpenFile) -> bytes:
    """The beginning of the file: the whole header line, and a sample of the first rows."""
    size = SAMPLE
    head = file.read(size, 0)
    while b"\n" not in head[: -SAMPLE // 2] and len(head) == size < LONGEST:
        size *= 2
        head = file.read(size, 0)
    return head


def _delimiter(line: bytes, usual: str) -> str:
    """The most frequent separator outside quotes in the header line, or the usual one."""
    # A quote counts where a cell begins: elsewhere it is a character of the cell.
    text = re.sub(r'(^|[,;\t|])"[^"]*"', r"\1", line.decode(errors="replace"))
    return max([usual, *DELIMITERS], key=text.count)


def _check_encoding(path: str, head: bytes) -> None:
    utf_16 = head.startswith(_UTF_16)
    if utf_16 or b"\0" in head:
        words = "UTF-16 text" if utf_16 else "not text: it holds NUL bytes"
        raise DataError(f"{path} is {words}", hint="a CSV file in UTF-8 is expected: convert it")
