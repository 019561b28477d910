"""Tables whose fields are arrays, and the table of a single one."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray

from losscli.errors import UsageError
from losscli.sources.arrays import ArrayCut, PositionedArray, StoredArray
from losscli.sources.files import OpenFile
from losscli.sources.table import Cut, Field, Table, Workspace


class ArrayHolder(Table):
    """A table whose fields are arrays."""

    @abstractmethod
    def array(self, field: Field) -> StoredArray:
        """The array of a field."""


class ArrayTable(ArrayHolder):
    """A file that is one array, or one array of a file.

    size: the bytes that are read; by default those of the array.
    """

    def __init__(
        self, file: OpenFile | None, array: StoredArray, form: str, size: int | None = None
    ) -> None:
        self.path = array.path
        self.format = form
        self.file = file
        self.size = array.size if size is None else size
        self.rows: int = array.shape[0]
        self.by_position = isinstance(array, PositionedArray)
        self._array = array

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The whole array."""
        if columns:
            raise UsageError(
                f"{self.path} is an array: it has no column {columns[0]!r}",
                hint="columns are named in tables, such as .csv",
            )
        return Field(role, self._array.row, self._array.dtype.name)

    def array(self, field: Field) -> StoredArray:  # noqa: ARG002
        """The array of any field."""
        return self._array

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows."""
        for cut in self._array.cuts(rows, first):
            yield Cut(cut.rows, cut.size, partial(_load_one, cut))

    def verify(self) -> None:
        """Raise DataError where the file changed, or where the array is damaged."""
        super().verify()
        self._array.verify()

    def close(self) -> None:
        """Close the array and the file."""
        self._array.close()
        super().close()


def _load_one(
    cut: ArrayCut, fields: Sequence[Field], workspace: Workspace
) -> dict[str, NDArray[Any]]:
    array = cut.load(workspace, fields[0].role)
    return {field.role: array for field in fields}
