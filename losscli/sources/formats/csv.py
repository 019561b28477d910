"""CSV, TSV and other delimited text: cut at the ends of rows, parsed by worker threads.

The reader counts rows, newlines inside quotes apart; workers must find as many. Numbers are rounded
correctly. Whatever was detected and is not what the suffix promises is noted.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import islice, zip_longest

from losscli.errors import DataError, Place
from losscli.sources.cells import Cells
from losscli.sources.columns import ColumnTable
from losscli.sources.encodings import readable
from losscli.sources.files import NoRowsError, OpenFile
from losscli.sources.formats import Format
from losscli.sources.header import SAMPLE, is_number, read_header, rows_of
from losscli.sources.lines import Lines, Run
from losscli.sources.options import ReadOptions
from losscli.sources.rounding import RoundedColumns
from losscli.sources.scanner import split_rows
from losscli.sources.table import (
    Cut,
    Field,
    Loaded,
    TableNote,
    Workspace,
    concatenate,
    rows_per_block,
)

_LIST = re.compile(r"\[\s*[-+0-9.][-+0-9.eE,\s]*\]|\[\s*[-+0-9.][-+0-9.eE,\s]{200,}", re.S)
_SHOWN = 40  # characters of a cell that an error shows
_INDEX = ("", "Unnamed: 0")  # names of pandas' index in files


class CsvTable(ColumnTable):
    """A text file of delimited columns with a header line.

    Without a header line they are called 1, 2, ….
    """

    format = "csv"

    def __init__(self, file: OpenFile, options: ReadOptions) -> None:
        self.path = file.path
        self.size = file.size
        self.rows: int | None = None
        self.file, encoded = readable(file, options.encoding)
        self._header = read_header(self.file, options)
        self._named, self._delimiter = self._header.named, options.delimiter
        self._facts = [*encoded, *self._header.notes]
        header = self._header
        self._lines = Lines(self.file, header.begin, header.dialect, header.first_line)
        self._sample = header.sample[: self._lines.end - header.begin]
        if header.begin >= self._lines.end:
            words = "a header and no rows" if header.named and any(header.names) else "no rows"
            raise NoRowsError(
                f"{self.path} has {words}", hint="the step that wrote it may have selected no rows"
            )
        self._rounded = RoundedColumns(self.path)
        self._cells = Cells(
            self.path, header.dialect, len(header.names), self.index, self._place_of, self._rounded
        )

    def names(self) -> tuple[str, ...]:
        """The names in the header line, stripped."""
        return self._header.names

    def block_rows(self, width: int) -> int:
        """Rows that fit the cache as numbers and a piece as text, by the longest lines seen."""
        return max(1, min(rows_per_block(width), self._lines.rows_a_piece(self._sample)))

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of exactly `rows` rows; reading and counting is done here, parsing by workers."""
        for run in self._lines.runs(rows, first):
            yield Cut(run.rows, run.size, partial(self.parse, run))

    def parse(self, run: Run, fields: Sequence[Field], workspace: Workspace) -> dict[str, Loaded]:
        """The columns of the fields of a run, by role; a piece at a time where it is long."""
        if run.text is not None:
            return self._cells.read(run, fields, workspace)
        parts = [self._cells.read(part, fields, None) for part in self._lines.pieces(run)]
        return {role: concatenate([part[role] for part in parts]) for role in parts[0]}

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The line of the file, and the column's name."""
        return self._place_of(row, field.columns[column or 0] if field.columns else None)

    def notes(self) -> Iterator[TableNote]:
        """The separators, lines and columns that were detected; of all rows after reading."""
        yield from self._facts
        if breaks := self._lines.breaks:
            words = f"{breaks:,} {'newline is' if breaks == 1 else 'newlines are'} inside quotes"
            yield TableNote("quoted_newlines", f"{self.path}: {words}, as part of their cells")
        yield from self._rounded.notes()
        if self._lines.returns:
            words = f"{self.path} has lines that end with a carriage return alone"
            yield TableNote("carriage_returns", words)

    def one_line(self) -> int:
        """The number of cells of the only line, if it has no header."""
        whole = len(self._sample) == self._lines.end - self._lines.begin
        if self._named or not whole:
            return 0
        found = split_rows(self._sample, self._header.dialect, 2, last=True)
        return len(self.names()) if found.rows == 1 else 0

    def numeric_names(self) -> list[str]:
        """The columns most of whose first cells are numbers, without a nameless first one.

        Raises DataError where one of them is called a number: the header line is missing.
        """
        header = self._header
        whole = len(self._sample) < SAMPLE // 2
        rows = rows_of(self._sample, header.dialect, whole=whole, most=200) or rows_of(
            self._sample, header.dialect, whole=True, most=1
        )
        columns = islice(zip_longest(*rows, fillvalue=""), len(header.names))
        found = [
            place
            for place, cells in enumerate(columns)
            if 2 * sum([is_number(cell, self._cells.dialect) for cell in cells])
            > sum(map(bool, cells))
        ]
        indexed = bool(found) and found[0] == 0 and len(found) > 1 and self._is_index(rows)
        if indexed:
            found = found[1:]
            words = f"{self.path} has a first column without a name, an index: it is not data"
            self._facts.append(TableNote("index_column", words))
        names = [self.key(place) for place in found]
        if not indexed:
            self._check_header(names)
        return names

    def missing_column(self, name: str) -> DataError:
        """The error for a name that no column has; for one that seems to be in the first row."""
        if self._header.numeric:
            return self._no_header(self.names()[0])
        error = super().missing_column(name)
        if self._delimiter and len(self.names()) == 1:
            error.hint = "the separator given is not in this line: omit --delimiter to detect it"
        return error

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The columns asked for; raises DataError for lists that are written as text."""
        found = super().field(role, columns, excluded)
        for name in found.columns if found.kind == "numbers" and self._first_row else ():
            cell = self._first_row[self.index[name] : self.index[name] + 1]
            if cell and _LIST.fullmatch(cell[0]):
                raise self._list_error(name, cell[0])
        return found

    @cached_property
    def _first_row(self) -> Sequence[str]:
        rows = rows_of(self._sample, self._header.dialect, whole=True, most=1)
        return rows[0] if rows else ()

    def _list_error(self, name: str, cell: str) -> DataError:
        from losscli.sources.conversion import python_line

        read = "json.loads"
        if "," not in cell:
            read = "lambda text: [float(x) for x in text.strip('[]').split()]"
        code = (
            f"import json, pandas; pandas.read_csv({self.path!r}, converters={{{name!r}: {read}}})"
            ".to_json('table.jsonl', orient='records', lines=True)"
        )
        return DataError(
            f"the cells of {name} are lists in text: {cell[:_SHOWN]!r}",
            place=self._place_of(0, name),
            hint=f"write lists: {python_line(code)}",
        )

    def select(self, requests: Sequence[str]) -> list[str]:
        """The names of the columns that are asked for, as `index` has them."""
        parts = [part for request in requests for part in request.split(":")]
        if self._header.numeric and any(self.counts.get(part) != 1 for part in parts):
            raise self._no_header(self.names()[0])
        # A name may be written with the mark of a comment before it, as the file has it.
        bare = {name: name.removeprefix("#").strip() for name in requests if name[:1] == "#"}
        found = super().select(
            [bare.get(name, name) if name not in self.counts else name for name in requests]
        )
        if self._header.numeric and not any(n.code == "numeric_header" for n in self._facts):
            words = f"{self.path} names its columns with numbers: {', '.join(self.names()[:4])}"
            self._facts.append(TableNote("numeric_header", words))
        return found

    def _is_index(self, rows: Sequence[Sequence[str]]) -> bool:
        """True if the first column has no name and whole numbers, as pandas writes its index."""
        return self._named and self.names()[0] in _INDEX and all(row[0].isdigit() for row in rows)

    def _place_of(self, row: int | None, column: str | None) -> Place:
        line = None if row is None else self._lines.line_of(row)
        found = None if row is None or column is None else partial(self._shown, row, column)
        return Place(self.path, row, line, column, found=found)

    def _shown(self, row: int, column: str) -> str:
        """A cell as a message shows it."""
        text = self._cells.text(self._lines.run_at(row), column).strip()
        return repr(text[:_SHOWN]) if text else "an empty cell"

    def _check_header(self, names: list[str]) -> None:
        numbers = [name for name in names if self._named and is_number(name)]
        if numbers:
            raise self._no_header(numbers[0])

    def _no_header(self, name: str) -> DataError:
        return DataError(
            f"{self.path} seems to have no header line: a column is called {name}",
            place=Place(self.path, line=self._header.first_line - 1),
            hint=self._as_header(),
        )

    def _as_header(self) -> str:
        """How to read a line of numbers: as a row, or as names, which pandas counts from 0."""
        names = self.names()
        if names != tuple(map(str, range(len(names)))):
            return "--no-header, if it is a row; or name the column, or add a line of names"
        columns = "0" if len(names) == 1 else f"0:{len(names) - 1}"
        return f"as names of pandas: --pred {columns} or --target {columns}; as a row: --no-header"


FORMAT = Format(CsvTable, suffixes=(".csv", ".tsv", ".txt"), text=True, blank=True)
