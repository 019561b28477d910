"""The protocol of formats: a table of columns or an array of rows, cut into runs of rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from numpy.typing import NDArray

from losscli.errors import Place
from losscli.sources.keys import Keys
from losscli.sources.workspace import Workspace

Loaded: TypeAlias = NDArray[Any] | Keys

# Numbers a block: few enough to stay in cache, many enough that two threads seldom wait for the
# interpreter's lock. Of 64 k to 1 M the fastest for smooth_l1, and as fast as any for mse.
BLOCK = 131_072


class Field(NamedTuple):
    """The values of one role in a table: the rows of an array, or some columns.

    row: the shape of one row, () for a number. dtype: the type as it stands in the file.
    named: True if the columns were given by name, False if all with numbers were taken.
    """

    role: str
    row: tuple[int, ...]
    dtype: str
    columns: tuple[str, ...] = ()
    named: bool = True

    @property
    def width(self) -> int:
        """Numbers a row."""
        return math.prod(self.row)


class Cut(Protocol):
    """A run of rows that are located but not read yet."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    @property
    def size(self) -> int:
        """Bytes of the table that they take."""

    def load(self, fields: Sequence[Field], workspace: Workspace) -> Mapping[str, Loaded]:
        """The rows of each field, by role: (n,) or (n, …), valid until the workspace's next load.

        A text file gives the keys of groups; where rows of numbers are keys, `Keys.of` finds them.
        """


class Table(Protocol):
    """An open file or an array in memory."""

    path: str
    format: str
    rows: int | None
    size: int

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role: the columns given, or the default columns of the role."""

    def names(self) -> tuple[str, ...]:
        """The names of the columns; none for an array."""

    def dialect(self) -> str:
        """How it was read, in words; empty if its name says so already."""

    def block_rows(self, width: int) -> int:
        """The number of rows in a block of `width` numbers a row."""

    def cuts(self, rows: int) -> Iterator[Cut]:
        """The table in runs of `rows` rows, the last one shorter; drawn by one thread at a time."""

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place of a value for people: a line of a text file, an index of an array."""

    def verify(self) -> None:
        """Raise DataError where the table changed since it was opened."""

    def close(self) -> None:
        """Release the file."""


Role: TypeAlias = tuple[Table, Field]  # where a role's values are


def rows_per_block(width: int) -> int:
    """The number of rows in a block, for rows of `width` numbers."""
    return max(1, BLOCK // max(1, width))


def is_group_role(role: str) -> bool:
    """True for a role of group keys: "groups", and "groups_2" … of further tables."""
    return role.startswith("groups")
