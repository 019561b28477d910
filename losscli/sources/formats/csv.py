"""CSV and TSV: cut at newlines by an own count, the pieces parsed by pyarrow in worker threads.

The count is what keeps it honest: a piece of n lines must parse to n rows, so a stray quote that
would swallow rows is an error and not a smaller mean. Numbers parse correctly rounded, and an
empty or textual cell where a number is wanted is an error: nothing is a missing value by itself.
"""

import re
from collections.abc import Iterator, Sequence
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources.cells import Dialect, read_cells
from losscli.sources.files import OpenFile
from losscli.sources.keys import Keys
from losscli.sources.lines import LONGEST, Lines, Run, Text
from losscli.sources.table import Field, Loaded, is_group_role, rows_per_block
from losscli.sources.workspace import Workspace

_SNIFF = 1 << 16  # bytes from which the dialect and the column types are told
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_NEWLINE, _RETURN = 10, 13


@dataclass(frozen=True, slots=True)
class CsvCut:
    """Whole lines of the file, not parsed."""

    table: "CsvTable"
    run: Run

    @property
    def rows(self) -> int:
        """How many lines."""
        return self.run.rows

    @property
    def size(self) -> int:
        """Bytes of text."""
        return self.run.size

    def load(self, fields: Sequence[Field], workspace: Workspace) -> dict[str, Loaded]:  # noqa: ARG002
        """Parse the columns of the fields."""
        return self.table.parse(self.run, fields)


class Piece(NamedTuple):
    """Lines that are parsed at once, and the number of the first."""

    text: Text
    rows: int
    first: int


class CsvTable:
    """A text file of delimited columns with a header line.

    header: whether the first line names the columns; otherwise they are called 1, 2, ….
    """

    format = "csv"

    def __init__(self, file: OpenFile, header: bool = True) -> None:
        # Now and not in a worker: Ctrl-C inside an import would lock the other threads out.
        from pyarrow import csv  # noqa: F401

        self.path = file.path
        self._file = file
        self.size = file.size
        self.rows: int | None = None
        head = _head(file)
        self._begin = 3 if head.startswith(b"\xef\xbb\xbf") else 0
        _refuse_other_encodings(file.path, head)
        line = head[self._begin :].split(b"\n", 1)[0].rstrip(b"\r")
        self.delimiter = _delimiter(line, usual=self._usual())
        self._header = header
        self._names = self._read_names(line)
        self._first_line = 2 if header else 1
        if header:
            self._begin = min(
                self._begin + len(head[self._begin :].split(b"\n", 1)[0]) + 1, self.size
            )
        self._lines = Lines(file, self._begin)
        if self._lines.begin >= self._lines.end:
            words = "a header and no rows" if header else "no rows"
            raise DataError(
                f"{self.path} has {words}", hint="the step that wrote it may have found nothing"
            )
        self._sample = head[self._begin : self._lines.end]

    def names(self) -> tuple[str, ...]:
        """The names in the header line, stripped."""
        return self._names

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The named columns; without names, every column of numbers that is not excluded."""
        for name in [*(columns or ()), *excluded]:
            self._check_name(name)
        if role == "ids":
            return Field(role, (), "text", tuple(columns or ()))
        if is_group_role(role):
            columns = tuple(columns or self._names)
            return Field(role, (len(columns),) if len(columns) > 1 else (), "text", columns)
        named = bool(columns)
        if not columns:
            numeric = self._numeric_names()
            columns = [name for name in numeric if name not in excluded]
            if self._header and (numbers := [name for name in columns if _is_number(name)]):
                raise DataError(
                    f"{self.path} seems to have no header line: a column is called {numbers[0]}",
                    place=Place(self.path, line=1),
                    hint="add a line with the columns' names, say --no-header, or name the column",
                )
            if not columns:
                raise DataError(
                    f"{self.path} has no column of numbers for the {role}",
                    place=f"its columns: {', '.join(self._names)}",
                    hint=f"name it: --{'target' if role == 'targets' else 'pred'} COLUMN",
                )
        row = (len(columns),) if len(columns) > 1 else ()
        return Field(role, row, "float64", tuple(columns), named)

    def block_rows(self, width: int) -> int:
        """Rows that fit the cache as numbers and a piece as text, by the longest lines seen."""
        return max(1, min(rows_per_block(width), self._lines.rows_a_piece(self._sample)))

    def cuts(self, rows: int) -> Iterator[CsvCut]:
        """Runs of exactly `rows` lines; reading and counting is done here, parsing by workers."""
        for run in self._lines.runs(rows):
            yield CsvCut(self, run)

    def parse(self, run: Run, fields: Sequence[Field]) -> dict[str, Loaded]:
        """The columns of the fields of a run, by role; a piece at a time where it is long."""
        parts = [
            self._parsed(Piece(part.text, part.rows, part.first), fields)
            for part in self._lines.pieces(run)
            if part.text is not None
        ]
        if len(parts) == 1:
            return parts[0]
        return {role: _joined([part[role] for part in parts]) for role in parts[0]}

    def _parsed(self, cut: Piece, fields: Sequence[Field]) -> dict[str, Loaded]:
        """The columns of the fields of one piece, by role."""
        import pyarrow as pa

        self._refuse_bare_returns(cut)
        try:
            rows, found = read_cells(cut.text, Dialect(self._names, self.delimiter), fields)
        except pa.ArrowException as error:
            raise self._parse_error(cut, str(error)) from None
        if rows != cut.rows or self._ends_in_a_quote(cut):
            raise self._swallowed(cut, rows)
        return found

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The line of the file, and the column's name."""
        name = field.columns[column or 0] if field.columns else None
        return Place(self.path, row=row, line=row + self._first_line, column=name)

    def verify(self) -> None:
        """Raise DataError where the file changed since it was opened."""
        self._file.verify()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def dialect(self) -> str:
        """The separator in words, where it is not the comma that the suffix promises."""
        if self.delimiter == self._usual() or len(self._names) == 1:
            return ""
        return _DELIMITERS[self.delimiter]

    def _usual(self) -> str:
        """The separator that the suffix promises."""
        return "\t" if self.path.lower().endswith((".tsv", ".tab")) else ","

    def _read_names(self, line: bytes) -> tuple[str, ...]:
        try:
            cells = self._cells([line.decode()])[0]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.path} is not UTF-8 text", place=Place(self.path, line=1), hint="convert it"
            ) from error
        if not self._header:
            return tuple(str(k + 1) for k in range(len(cells)))
        if all(_is_number(cell) for cell in cells):
            raise DataError(
                f"{self.path} has no header line: its first line is {line.decode()[:60]!r}",
                hint="add a line with the columns' names, or say --no-header",
            )
        for name in cells:
            if cells.count(name) > 1:
                raise DataError(
                    f"{self.path} has {cells.count(name)} columns called {name!r}",
                    place=Place(self.path, line=1),
                    hint="give each column a name of its own",
                )
        return tuple(cells)

    def _cells(self, lines: Sequence[str]) -> list[list[str]]:
        try:
            rows = list(reader(lines, delimiter=self.delimiter))
        except CsvError as error:
            raise self._bare_return(0) from error
        return [[cell.strip() for cell in row] for row in rows]

    def _check_name(self, name: str) -> None:
        if name not in self._names:
            from difflib import get_close_matches

            near = get_close_matches(name, self._names, 1)
            some = ", ".join(self._names[:12])
            more = len(self._names) - 12
            raise DataError(
                f"{self.path} has no column {name!r}",
                place=f"its columns: {some}{f' and {more:,} more' if more > 0 else ''}",
                hint=f"did you mean {near[0]!r}?" if near else "",
            )

    def _numeric_names(self) -> list[str]:
        """The columns most of whose first cells are numbers."""
        lines = self._sample.splitlines()[:200]
        if len(lines) > 1 and len(self._sample) >= _SNIFF // 2:
            lines = lines[:-1]  # it may be cut
        table = self._cells([line.decode(errors="replace") for line in lines])
        return [
            name
            for k, name in enumerate(self._names)
            if 2 * sum(len(row) > k and _is_number(row[k]) for row in table) > len(table)
        ]

    def _parse_error(self, cut: Piece, text: str) -> DataError:
        """Pyarrow's message with the line of the file, the name of the column and a mend."""
        row = int(found[1]) if (found := re.search(r"Row #(\d+)", text)) else None
        place = None if row is None else cut.first + row - 1
        line = None if place is None else place + self._first_line
        if found := re.search(r"CSV column #(\d+)", text):
            column = self._names[int(found[1])]
            if "UTF8" in text:
                return DataError(
                    "a cell that is not UTF-8 text",
                    place=Place(self.path, place, line, column),
                    hint="convert the file to UTF-8",
                )
            value = found[1] if (found := re.search(r"invalid value '(.*)'$", text, re.S)) else ""
            if row is not None and not _line(cut.text, row - 1).strip():
                return DataError(
                    f"{self.path} has a blank line between its rows",
                    place=Place(self.path, place, line),
                    hint="remove it",
                )
            what = (
                f"{value[:40]!r} is no number"
                if value
                else "an empty cell where a number is wanted"
            )
            hint = "write nan for a missing number, and say --nan skip"
            if self.delimiter == ";" and re.fullmatch(r"[-+]?\d+,\d+", value):
                hint = "write decimal points, not commas"
            return DataError(what, place=Place(self.path, place, line, column), hint=hint)
        if found := re.search(r"Expected (\d+) columns, got (\d+)", text):
            return DataError(
                f"a line of {found[2]} cells in a table of {found[1]} columns",
                place=Place(self.path, place, line),
                hint="quote cells that hold the separator",
            )
        return DataError(
            f"cannot parse {self.path}: {text.splitlines()[0][:120]}",
            place=Place(self.path, cut.first, cut.first + self._first_line),
        )

    def _ends_in_a_quote(self, cut: Piece) -> bool:
        """Whether the last line of a piece opens a quote that would go on in the next piece."""
        tail = bytes(cut.text[-_SNIFF:]).rstrip(b"\r\n")
        last = tail[tail.rfind(b"\n") + 1 :].decode(errors="replace")
        cells = last.split(self.delimiter)
        return last.count('"') % 2 == 1 and any(
            cell.startswith('"') and cell.count('"') % 2 for cell in cells
        )

    def _swallowed(self, cut: Piece, parsed: int) -> DataError:
        """The piece has more (or fewer) rows than lines: say which line looks guilty."""
        lines = bytes(cut.text).split(b"\n")
        odd = next((k for k, line in enumerate(lines) if line.count(b'"') % 2), None)
        if odd is None:
            return DataError(
                f"{self.path} has {cut.rows:,} lines that read as {parsed:,} rows",
                place=Place(self.path, cut.first, cut.first + self._first_line),
                hint="a carriage return inside a line? write \\n or \\r\\n at the end of each",
            )
        row = cut.first + odd
        return DataError(
            'a quote that is not closed on its line; the rows up to the next " would be lost',
            place=Place(self.path, row, row + self._first_line),
            hint="close the quote, or double it inside a quoted cell; no newlines inside quotes",
        )

    def _refuse_bare_returns(self, cut: Piece) -> None:
        """Raise DataError for a carriage return that stands alone: pyarrow starts a row there."""
        returns = np.flatnonzero(cut.text == _RETURN)
        if returns.size:
            after = cut.text[np.minimum(returns + 1, cut.text.size - 1)]
            bare = returns[after != _NEWLINE]
            if bare.size:
                before = int(np.count_nonzero(cut.text[: bare[0]] == _NEWLINE))
                raise self._bare_return(cut.first + before + self._first_line)

    def _bare_return(self, line: int) -> DataError:
        return DataError(
            f"{self.path} has a carriage return without a newline",
            place=Place(self.path, line=line or None),
            hint="end each line with \\n or \\r\\n",
        )


def _joined(parts: Sequence[Loaded]) -> Loaded:
    keys = [part for part in parts if isinstance(part, Keys)]
    return Keys.concatenate(keys) if keys else np.concatenate([np.asarray(part) for part in parts])


def _line(text: NDArray[np.uint8], number: int) -> bytes:
    lines = bytes(text).split(b"\n", number + 1)
    return lines[number] if number < len(lines) else b""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _head(file: OpenFile) -> bytes:
    """The beginning of the file: the whole header line, and what its first rows are told from."""
    size = _SNIFF
    head = file.read(size, 0)
    while b"\n" not in head[: -_SNIFF // 2] and len(head) == size < LONGEST:
        size *= 2
        head = file.read(size, 0)
    return head


def _delimiter(line: bytes, usual: str) -> str:
    """The separator that stands most often outside quotes in the header line, or the usual one."""
    # A quote counts where a cell begins: elsewhere it is a character of the cell.
    text = re.sub(r'(^|[,;\t|])"[^"]*"', r"\1", line.decode(errors="replace"))
    return max([usual, *_DELIMITERS], key=text.count)


def _refuse_other_encodings(path: str, head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
        words = (
            "UTF-16 text"
            if head[:2] in (b"\xff\xfe", b"\xfe\xff")
            else "no text: it holds NUL bytes"
        )
        raise DataError(f"{path} is {words}", hint="a CSV file in UTF-8 is wanted: convert it")
