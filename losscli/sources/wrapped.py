"""A table around another table, which changes its rows and leaves everything else as it is."""

from collections.abc import Iterable, Iterator, Sequence

from losscli.errors import Place
from losscli.sources.table import Cut, Field, Table, TableNote


class WrappedTable(Table):
    """A table around another one; what a subclass does not override is that of the inner table."""

    def __init__(self, inner: Table) -> None:
        self.inner = inner
        self.path = inner.path
        self.format = inner.format
        self.rows = inner.rows
        self.size = inner.size
        self.file = inner.file
        self.once = inner.once

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role."""
        return self.inner.field(role, columns, excluded)

    def forget(self, field: Field) -> None:
        """Read the columns of a field no longer."""
        self.inner.forget(field)

    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.inner.names()

    def notes(self) -> Iterable[TableNote]:
        """The notes of the inner table."""
        return self.inner.notes()

    def block_rows(self, width: int) -> int:
        """The number of rows in a block of `width` numbers a row."""
        return self.inner.block_rows(width)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """The table in runs of `rows` rows."""
        return self.inner.cuts(rows, first)

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place of a value in the inner table."""
        return self.inner.place(row, column, field)

    def verify(self) -> None:
        """Raise DataError where the inner table changed since it was opened."""
        self.inner.verify()

    def close(self) -> None:
        """Close the inner table."""
        self.inner.close()
