"""Files of one line as columns, where the other input has as many rows as the line has cells."""

from collections.abc import Iterator

import numpy as np

from losscli.sources.memory import MemoryTable
from losscli.sources.table import BLOCK, Field, Table, TableNote, Workspace


class OneLineTable(MemoryTable):
    """The cells of the only line of a text file, each a row."""

    format = "csv"

    def __init__(self, table: Table) -> None:
        (cut,) = table.cuts(1)
        cells = cut.load([table.field("cells", table.names(), ())], Workspace())["cells"]
        super().__init__(table.path, np.array(cells).reshape(-1))
        self._table = table
        self.file = table.file

    def notes(self) -> Iterator[TableNote]:
        """The line, and the notes of the file."""
        words = f"{self.path} is one line of {self.rows:,} cells and was read as a column"
        yield TableNote("line_read_as_column", words)
        yield from self._table.notes()

    def field(self, role: str, columns: object, excluded: object) -> Field:  # noqa: ARG002
        """The whole column."""
        return Field(role, (), "float64", named=False)


def as_columns(first: Table, second: Table) -> tuple[Table, Table]:
    """Both tables, one of a single line as a column where the other has as many rows."""
    widths = [table.one_line() for table in (first, second)]
    if max(widths) < 2 or first is second:
        return first, second
    if widths[0] == widths[1]:
        return OneLineTable(first), OneLineTable(second)
    if widths[0] > 1 and _rows(second, widths[0]) == widths[0]:
        return OneLineTable(first), second
    if widths[1] > 1 and _rows(first, widths[1]) == widths[1]:
        return first, OneLineTable(second)
    return first, second


def _rows(table: Table, most: int) -> int:
    """The number of rows, of which no more than are needed are counted."""
    if table.rows is not None or table.once:
        return table.rows or 0
    count = 0
    for cut in table.cuts(BLOCK):
        count += cut.rows
        if count > most:
            break
    return count
