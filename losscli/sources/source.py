"""A source: the roles of an evaluation, each a field of an open table, cut into aligned blocks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np

from losscli.accumulators.moments import unit_rows
from losscli.errors import DataError
from losscli.sources.keys import Keys
from losscli.sources.table import Cut, Field, Role, Table, Workspace, is_group_role


class Block(NamedTuple):
    """Aligned rows of all roles, as they were read: (n,) or (n, …) each; row `first` of all.

    unit: the rows whose moments are taken together, the same for every format.
    keys: of the roles of groups, in their order.
    """

    first: int
    rows: int
    unit: int
    arrays: Mapping[str, Any]
    keys: Mapping[str, Keys] = MappingProxyType({})


class BlockCut(NamedTuple):
    """A block whose numbers are not read yet: a cut of each table."""

    first: int
    rows: int
    unit: int
    parts: tuple[tuple[Cut, tuple[Field, ...]], ...]

    @property
    def size(self) -> int:
        """Bytes of all tables that it takes."""
        return sum(cut.size for cut, _ in self.parts)

    def load(self, workspace: Workspace) -> Block:
        """Read it, into the worker's buffers."""
        arrays: dict[str, Any] = {}
        keys: dict[str, Keys] = {}
        for cut, fields in self.parts:
            for role, loaded in cut.load(fields, workspace).items():
                if isinstance(loaded, Keys):
                    keys[role] = loaded
                elif is_group_role(role):
                    keys[role] = Keys.of(np.asarray(loaded))
                else:
                    arrays[role] = loaded
        ordered = {role: keys[role] for role in sorted(keys, key=_place)}
        return Block(self.first, self.rows, self.unit, arrays, ordered)


@dataclass(frozen=True, slots=True)
class Source:
    """Roles, each a table and a field of it; a table may serve several roles.

    As a context, it closes its tables.

    Roles are preds, targets, weights, ids, a reference of the preds, and those of groups.
    by: the names of the group keys, in the order of their roles and columns. tables: each table
    once, in the order of the roles. width: numbers a row of the widest role; keys are not numbers.
    """

    roles: Mapping[str, Role]
    by: tuple[str, ...] = ()
    tables: list[Table] = field(init=False, repr=False, compare=False)
    width: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tables = {id(table): table for table, _ in self.roles.values()}
        widths = [each.width for role, (_, each) in self.roles.items() if not is_group_role(role)]
        object.__setattr__(self, "tables", list(tables.values()))
        object.__setattr__(self, "width", max(widths))

    @property
    def rows(self) -> int | None:
        """The number of rows, if it is known before reading."""
        return next((table.rows for table in self.tables if table.rows is not None), None)

    @property
    def size(self) -> int:
        """Bytes of all tables."""
        return sum(table.size for table in self.tables)

    @property
    def unit(self) -> int:
        """Rows in a unit of moments; every block but the last holds whole units."""
        return unit_rows(self.width, grouped=bool(self.by))

    def field(self, role: str) -> Field:
        """The columns that a role takes."""
        return self.roles[role][1]

    def table(self, role: str) -> Table:
        """The table that a role takes them from."""
        return self.roles[role][0]

    def blocks(self, rows: int | None = None) -> Iterator[BlockCut]:
        """All rows in aligned cuts; `rows` of them in each, by default as many as fit a cache.

        By default these are whole units of moments, also where their text is read in pieces.

        Raises DataError where the tables have different numbers of rows.
        """
        unit, width = self.unit, self.width
        rows = rows or max(1, min(t.block_rows(width) for t in self.tables) // unit) * unit
        if len({table.rows for table in self.tables} - {None}) > 1:
            self._unequal({table.path: table.rows for table in self.tables})
        wanted = [
            tuple([field for other, field in self.roles.values() if other is table])
            for table in self.tables
        ]
        first = 0
        for cuts in zip_longest(*(table.cuts(rows) for table in self.tables)):
            counts = [cut.rows if cut else 0 for cut in cuts]
            if min(counts) < max(counts):
                ended = (first + count if count < rows else None for count in counts)
                self._unequal({t.path: count for t, count in zip(self.tables, ended, strict=True)})
            yield BlockCut(first, counts[0], unit, tuple(zip(cuts, wanted, strict=True)))
            first += counts[0]

    def verify(self) -> None:
        """Raise DataError where a table changed since it was opened."""
        for table in self.tables:
            table.verify()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all tables."""
        for table in self.tables:
            table.close()

    def _unequal(self, rows: Mapping[str, int | None]) -> None:
        words = [
            f"{path} has {count:,} rows" if count is not None else f"{path} has more"
            for path, count in rows.items()
        ]
        raise DataError(
            f"the numbers of rows differ: {', '.join(words)}",
            hint="rows are paired by position: one target a prediction",
        )


def _place(role: str) -> tuple[int, str]:
    return len(role), role  # groups, groups_2 … groups_10
