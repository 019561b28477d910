"""CSV and TSV: cut at newlines by an own count, the pieces parsed by pyarrow in worker threads.

The count guards the result: a piece of n lines must parse to n rows, so a stray quote that would
swallow rows is an error and not a smaller mean. Numbers parse correctly rounded, and an empty or
textual cell where a number is expected is an error: nothing is a missing value by itself.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from losscli.errors import DataError, Place
from losscli.sources.cells import read_cells
from losscli.sources.columns import ColumnTable
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.header import (
    DELIMITERS,
    SAMPLE,
    cells_of,
    is_number,
    read_header,
    usual_delimiter,
)
from losscli.sources.lines import Lines, Run
from losscli.sources.options import ReadOptions
from losscli.sources.table import (
    Cut,
    Field,
    Loaded,
    Workspace,
    concatenate,
    rows_per_block,
)


class CsvTable(ColumnTable):
    """A text file of delimited columns with a header line.

    Without a header line they are called 1, 2, ….
    """

    format = "csv"

    def __init__(self, file: OpenFile, options: ReadOptions) -> None:
        # Now and not in a worker: Ctrl-C inside an import would lock the other threads out.
        from pyarrow import csv  # noqa: F401

        self.path = file.path
        self.file = file
        self.size = file.size
        self.rows: int | None = None
        self._named = options.header
        self._header = read_header(file, named=options.header)
        _, self._first_line, self._names, self.delimiter, begin, sample = self._header
        self._lines = Lines(file, begin)
        self._sample = sample[: self._lines.end - begin]
        if begin >= self._lines.end:
            words = "a header and no rows" if options.header else "no rows"
            raise DataError(
                f"{self.path} has {words}", hint="the step that wrote it may have selected no rows"
            )

    def names(self) -> tuple[str, ...]:
        """The names in the header line, stripped."""
        return self._names

    def block_rows(self, width: int) -> int:
        """Rows that fit the cache as numbers and a piece as text, by the longest lines seen."""
        return max(1, min(rows_per_block(width), self._lines.rows_a_piece(self._sample)))

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of exactly `rows` lines; reading and counting is done here, parsing by workers."""
        for run in self._lines.runs(rows, first):
            yield Cut(run.rows, run.size, partial(self.parse, run))

    def parse(self, run: Run, fields: Sequence[Field], workspace: Workspace) -> dict[str, Loaded]:  # noqa: ARG002
        """The columns of the fields of a run, by role; a piece at a time where it is long."""
        parts = [read_cells(part, self._header, fields) for part in self._lines.pieces(run)]
        if len(parts) == 1:
            return parts[0]
        return {role: concatenate([part[role] for part in parts]) for role in parts[0]}

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The line of the file, and the column's name."""
        name = field.columns[column or 0] if field.columns else None
        return self._header.place(row, name)

    def dialect(self) -> str:
        """The separator in words, where it is not the one that the suffix promises."""
        if self.delimiter == usual_delimiter(self.path) or len(self._names) == 1:
            return ""
        return DELIMITERS[self.delimiter]

    def numeric_names(self) -> list[str]:
        """The columns most of whose first cells are numbers.

        Raises DataError where one of them is called a number: the header line is missing.
        """
        lines = self._sample.splitlines()[:200]
        if len(lines) > 1 and len(self._sample) >= SAMPLE // 2:
            lines = lines[:-1]  # it may be cut
        text = [line.decode(errors="replace") for line in lines]
        rows = cells_of(self.path, text, self.delimiter, self._first_line)
        names = [
            name
            for k, name in enumerate(self._names)
            if 2 * sum(len(row) > k and is_number(row[k]) for row in rows) > len(rows)
        ]
        self._check_header(names)
        return names

    def _check_header(self, names: list[str]) -> None:
        numbers = [name for name in names if self._named and is_number(name)]
        if numbers:
            raise DataError(
                f"{self.path} seems to have no header line: a column is called {numbers[0]}",
                place=Place(self.path, line=1),
                hint="add a line with the columns' names, say --no-header, or name the column",
            )


FORMAT = Format(CsvTable, suffixes=(".csv", ".tsv"), text=True)
