"""The alignment of tables: rows are paired by position, or joined by the keys that `--id` names."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from losscli.backends.machine import cores
from losscli.engines.local import LocalEngine
from losscli.errors import UsageError
from losscli.sources.joins import IDS, JoinBase, JoinedTable, matched_rows
from losscli.sources.options import Effort
from losscli.sources.selection import SelectedTable, Selection
from losscli.sources.source import Source
from losscli.sources.storage import Room
from losscli.sources.table import Role, Table


class Alignment:
    """Pairs tables with that of the predictions by keys.

    ids: columns of keys; `a=b` where the targets call it b. skip: True if rows without a partner
    are left out. effort: for reading keys, and for the rows that are held.
    """

    def __init__(self, ids: Sequence[str], *, skip: bool, effort: Effort) -> None:
        self._ids, self._skip = ids, skip
        self._engine = LocalEngine(effort.threads or cores())
        self._room = Room(effort.memory)
        self._base: JoinBase | None = None
        self._raw: Table | None = None
        self._selection: Selection | None = None
        self._joined: list[JoinedTable] = []

    def first(self, table: Table) -> Table:
        """The table of the predictions, in whose order others are joined.

        Raises UsageError for ids of an array, DataError for a column that it lacks.
        """
        self._raw, inner = table, table
        ids = table.field(IDS, [ours for ours, _ in self._columns(table, None)], ())
        if self._skip:
            self._selection = Selection(self._matched_rows, table.path)
            inner = SelectedTable(table, self._selection)
        self._base = JoinBase(inner, ids)
        return self._base

    def join(self, table: Table) -> Table:
        """Another table with rows of its own, in the order of the predictions."""
        if self._base is None or self._raw is None:
            return table
        columns = [theirs for _, theirs in self._columns(self._raw, table)]
        joined = JoinedTable(
            table,
            table.field(f"target_{IDS}", columns, ()),
            self._base,
            self._engine,
            self._room,
            skip=self._skip,
        )
        self._joined.append(joined)
        return joined

    def reference(self, table: Table) -> Table:
        """Reference predictions: joined where they have ids, else rows as the predictions."""
        return self.join(table) if table.names() else self.select(table)

    def select(self, table: Table) -> Table:
        """A table that has one row for each of the predictions, in their order."""
        return table if self._selection is None else SelectedTable(table, self._selection)

    def names(self) -> list[str]:
        """The names of the key columns in all tables."""
        names = [name for pair in map(_split, self._ids) for name in pair]
        return list(dict.fromkeys([*self._ids, *names]))

    def roles(self) -> dict[str, Role]:
        """The role of the keys."""
        return {} if self._base is None else {IDS: (self._base, self._base.ids)}

    def finish(self, source: Source) -> Source:
        """The source, known to the tables that read it again."""
        for table in self._joined:
            table.source = source
        return source

    def _columns(self, first: Table, other: Table | None) -> list[tuple[str, str]]:
        """The key columns of the first table and of another one."""
        found = []
        for table in (first, other):
            if table is not None and not table.names():
                raise UsageError(f"{table.path} has no columns, so no --id {self._ids[0]}")
        for name in self._ids:
            ours, theirs = (name, name) if name in first.names() else _split(name)
            if other is not None and theirs not in other.names() and ours in other.names():
                theirs = ours  # a reference has the names of the predictions
            found.append((ours, theirs))
        return found

    def _matched_rows(self) -> NDArray[np.bool_]:
        assert self._raw is not None
        assert self._base is not None
        kept = matched_rows(self._raw, self._base.ids, self._joined, self._engine)
        self._base.unmatched = int(kept.size - np.count_nonzero(kept))
        return kept


def _split(name: str) -> tuple[str, str]:
    """The names of a key in both tables: `a=b`, or one name."""
    ours, equals, theirs = name.partition("=")
    return (ours, theirs) if equals and ours and theirs else (name, name)
