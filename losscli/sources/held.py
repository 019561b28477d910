"""The rows of a table that are held: those of given places, or of given keys."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.engines.local import LocalEngine
from losscli.sources.key_index import IdPieces, KeyIndex, Rows, index_of
from losscli.sources.keyed import key_at
from losscli.sources.keys import Keys
from losscli.sources.storage import Room, pieces_of
from losscli.sources.table import Cut, Field, Loaded, Table, Workspace, select_rows
from losscli.sources.texts import Texts, texts_of

SHOWN = 3  # keys that an error shows


class HeldFields:
    """The rows of some fields of a table, which are read when they are needed first.

    fields: returns the fields. room: for the rows.
    """

    def __init__(
        self,
        table: Table,
        fields: Callable[[], Iterable[Field]],
        engine: LocalEngine,
        room: Room,
    ) -> None:
        self._table, self._fields, self._engine, self._room = table, fields, engine, room
        self._held: dict[str, Loaded] = {}
        self._reading = threading.Lock()
        self._count: int | None = None

    @property
    def read(self) -> bool:
        """True if the rows are held."""
        return self._count is not None

    @property
    def count(self) -> int:
        """The number of rows."""
        if self._count is None:
            with self._reading:
                if self._count is None:
                    self._count = self._read()
        return self._count

    def take(self, rows: NDArray[np.int64], fields: Sequence[Field]) -> Mapping[str, Loaded]:
        """Some of the rows, in the given order, by role."""
        _ = self.count
        return {field.role: select_rows(self._held[field.role], rows) for field in fields}

    def _read(self) -> int:
        """Hold the rows; return their number."""
        fields = list(self._fields())
        held: dict[str, Any] = {}
        try:
            count = self._collect(fields, held)
            for role in list(held):
                self._held[role] = held.pop(role).joined()
        finally:
            for each in held.values():
                each.close()
        return count

    def _collect(self, fields: Sequence[Field], held: dict[str, Any]) -> int:
        """Read the rows of each role; return their number."""
        count = 0
        width = max((field.width for field in fields), default=1)
        cuts = self._table.cuts(self._table.block_rows(width))
        for rows, loaded in self._engine.map(partial(self._load, fields), cuts):
            count += rows
            for role, each in loaded.items():
                if role not in held:
                    held[role] = self._pieces(role, each)
                held[role].append(each)
        return count

    def _pieces(self, role: str, first: Loaded) -> Any:  # noqa: ARG002
        """Where the rows of a role are collected; first: some of them."""
        return pieces_of(first, self._room)

    def _load(
        self, fields: Sequence[Field], cut: Cut, workspace: Workspace
    ) -> tuple[int, dict[str, Any]]:
        """The rows of a cut, as copies: the next load reuses its buffers."""
        loaded = cut.load(fields, workspace)
        return cut.rows, {role: _copied(rows) for role, rows in loaded.items()}


class HeldRows(HeldFields):
    """The rows of some fields of a table, found by their keys.

    keys: the field of the keys. check: is called with the rows whose key an earlier row has, and
    raises where there are any.
    """

    def __init__(
        self,
        table: Table,
        keys: Field,
        fields: Callable[[], Iterable[Field]],
        engine: LocalEngine,
        check: Callable[[Rows], None],
        room: Room,
    ) -> None:
        super().__init__(table, lambda: [*fields(), keys], engine, room)
        self._keys, self._check = keys, check
        self._index: KeyIndex | None = None

    def find(self, ids: Texts) -> Rows:
        """The row of each key; -1 where there is none."""
        _ = self.count
        assert self._index is not None
        return self._index.find(ids)

    def shown(self, rows: NDArray[np.int64]) -> str:
        """The keys of the first few of some rows, for a message."""
        few = (key_at(self._table, self._keys, int(row)).text(0) for row in rows[:SHOWN])
        return listed(list(few), rows.size)

    def _read(self) -> int:
        count = super()._read()
        ids: Any = self._held.pop(self._keys.role)
        self._index = index_of(ids, self._room)
        self._check(self._index.repeated)
        return count

    def _pieces(self, role: str, first: Loaded) -> Any:
        return IdPieces(self._room) if role == self._keys.role else super()._pieces(role, first)

    def _load(
        self, fields: Sequence[Field], cut: Cut, workspace: Workspace
    ) -> tuple[int, dict[str, Any]]:
        rows, loaded = super()._load(fields, cut, workspace)
        ids = texts_of(loaded[self._keys.role])
        numbers = ids.integers()
        loaded[self._keys.role] = ids if numbers.min(initial=0) < 0 else numbers
        return rows, loaded


def listed(keys: Sequence[str], count: int) -> str:
    """The first few of `count` keys, for a message.

    >>> listed(["a", "b", "c"], 5)
    "'a', 'b', 'c' …"
    """
    shown = (repr(key[:40]) for key in keys)
    return ", ".join(shown) + (" …" if count > len(keys) else "")


def _copied(rows: Loaded) -> Loaded:
    return rows if isinstance(rows, Keys | Texts) else rows.copy()
