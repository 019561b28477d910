"""The rows of a table in memory, found by their keys."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.engines.local import LocalEngine
from losscli.sources.key_index import KeyIndex, Rows, index_of
from losscli.sources.keyed import key_at
from losscli.sources.keys import Keys
from losscli.sources.table import Cut, Field, Loaded, Table, Workspace, concatenate, select_rows
from losscli.sources.texts import Texts, texts_of

SHOWN = 3  # keys that an error shows


class HeldRows:
    """The rows of some fields of a table, which are read at the first `find`.

    keys: the field of the keys. fields: returns the fields that are held. check: is called with the
    rows whose key an earlier row has, and raises where there are any.
    """

    def __init__(
        self,
        table: Table,
        keys: Field,
        fields: Callable[[], Iterable[Field]],
        engine: LocalEngine,
        check: Callable[[Rows], None],
    ) -> None:
        self._table, self._keys, self._fields = table, keys, fields
        self._engine, self._check = engine, check
        self._held: dict[str, Loaded] = {}
        self._index: KeyIndex | None = None
        self._reading = threading.Lock()
        self.count = 0

    @property
    def read(self) -> bool:
        """True if the rows are in memory."""
        return self._index is not None

    def find(self, ids: Texts) -> Rows:
        """The row of each key; -1 where there is none."""
        with self._reading:
            if self._index is None:
                self._index = self._read()
        return self._index.find(ids)

    def take(self, rows: NDArray[np.int64], fields: Sequence[Field]) -> Mapping[str, Loaded]:
        """Some of the rows, in the given order, by role."""
        return {field.role: select_rows(self._held[field.role], rows) for field in fields}

    def shown(self, rows: NDArray[np.int64]) -> str:
        """The keys of the first few of some rows, for a message."""
        few = (key_at(self._table, self._keys, int(row)).text(0) for row in rows[:SHOWN])
        return listed(list(few), rows.size)

    def _read(self) -> KeyIndex:
        fields = list(self._fields())

        def load(cut: Cut, workspace: Workspace) -> tuple[Any, dict[str, Loaded]]:
            loaded = dict(cut.load([*fields, self._keys], workspace))
            keys = texts_of(loaded.pop(self._keys.role))
            numbers = keys.integers()
            return keys if numbers.min(initial=0) < 0 else numbers, _copied(loaded)

        parts: list[Any] = []
        held: dict[str, list[Loaded]] = {field.role: [] for field in fields}
        width = max((field.width for field in fields), default=1)
        for keys, rows in self._engine.map(load, self._table.cuts(self._table.block_rows(width))):
            parts.append(keys)
            for role, each in rows.items():
                held[role].append(each)
        self.count = sum(map(len, parts))
        index = index_of(parts)
        self._check(index.repeated)
        for role in list(held):
            self._held[role] = _whole(held.pop(role), self.count)
        return index


def listed(keys: Sequence[str], count: int) -> str:
    """The first few of `count` keys, for a message.

    >>> listed(["a", "b", "c"], 5)
    "'a', 'b', 'c' …"
    """
    shown = (repr(key.replace("\x1f", ",")[:40]) for key in keys)  # \x1f is between columns
    return ", ".join(shown) + (" …" if count > len(keys) else "")


def _whole(parts: list[Loaded], rows: int) -> Loaded:
    """The rows of all parts, which are released one by one: memory never holds them twice."""
    first = parts[0]
    if isinstance(first, Keys | Texts):
        return concatenate(parts)
    whole = np.empty((rows, *first.shape[1:]), first.dtype)
    done = 0
    while parts:
        part = np.asarray(parts.pop(0))
        whole[done : done + len(part)] = part
        done += len(part)
    return whole


def _copied(loaded: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """Copies of arrays: the next load reuses their buffers."""
    return {
        role: rows if isinstance(rows, Keys | Texts) else rows.copy()
        for role, rows in loaded.items()
    }
