"""Joins: the rows of a table in the order of another one, found by key.

The keys of both tables are compared block by block. As long as they agree row by row nothing is
held; at the first block that differs the rows of the table are read, and found by their keys.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.engines.local import LocalEngine
from losscli.errors import DataError, Place
from losscli.sources.held import SHOWN, HeldRows, listed
from losscli.sources.keyed import KeyedCut, KeyedTable, first_keys, key_at, key_parts
from losscli.sources.keys import Keys
from losscli.sources.source import Source
from losscli.sources.storage import Room
from losscli.sources.table import Cut, Field, Loaded, Table, Workspace
from losscli.sources.texts import Texts, texts_of
from losscli.sources.wrapped import WrappedTable

IDS = "ids"  # the role of the keys
_PEEKED = 4096  # rows whose keys decide how a join begins


class JoinBase(KeyedTable):
    """The table in whose order others are joined; ids: the field of its keys."""

    def __init__(self, inner: Table, ids: Field) -> None:
        super().__init__(inner, lambda: (ids,))
        self.ids = ids


class JoinedTable(WrappedTable):
    """The rows of a table that have the keys of another one, in its order.

    keys: the field of its own keys. base: the other table. skip: True if rows without a partner are
    left out, so that `base` has only rows with one. room: for the rows that are held.
    """

    def __init__(
        self,
        inner: Table,
        keys: Field,
        base: JoinBase,
        engine: LocalEngine,
        room: Room,
        *,
        skip: bool,
    ) -> None:
        super().__init__(inner)
        self.rows = base.rows
        self.source: Source | None = None
        base.followers += 1
        self._keys, self._base, self._engine, self._skip = keys, base, engine, skip
        self._fields: dict[str, Field] = {}
        self._held = HeldRows(inner, keys, self._fields.values, engine, self._check_keys, room)
        self._matches = Matches()

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role."""
        found = self._fields[role] = self.inner.field(role, columns, excluded)
        return found

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows in the order of the other table."""
        self._matches = Matches()
        runs = self._base.follow(rows, first)
        alike = not self._held.read and self._begins_alike()
        own = self.inner.cuts(rows, first) if alike else None
        for run in runs:
            cut = next(own, None) if own else None
            size = run.size * self.size // max(1, self._base.size)
            yield Cut(run.rows, size, partial(self._load, run, cut))
        self._matches.left = sum(cut.rows for cut in own or ())

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place of a value in the table, of a row of the other one."""
        if self._held.read:
            row = int(self._held.find(key_at(self._base.inner, self._base.ids, row))[0])
        return self.inner.place(row, column, field)

    def find(self, ids: Texts) -> NDArray[np.int64]:
        """The row of each key of the other table, which is counted; -1 where there is none."""
        rows = self._held.find(ids)
        self._matches.add(rows, self._held.count)
        return rows

    def unmatched_rows(self) -> NDArray[np.int64]:
        """The rows that no key found, after all keys of the other table were looked for."""
        return self._matches.unused()

    def verify(self) -> None:
        """Raise DataError for rows without a partner or with several, or where the table changed.

        All rows have been read.
        """
        self.inner.verify()
        if not self._skip and (self._matches.left or self.unmatched_rows().size):
            raise self._unmatched()
        if self._matches.repeated():
            self._check_repeated()

    def _begins_alike(self) -> bool:
        if self._base.once or self.once:
            return False
        ours = first_keys(self._base.inner, self._base.ids, _PEEKED)
        theirs = first_keys(self.inner, self._keys, _PEEKED)
        return len(ours) == len(theirs) and bool(ours.equal(theirs).all())

    def _load(
        self, run: KeyedCut, cut: Cut | None, fields: Sequence[Field], workspace: Workspace
    ) -> Mapping[str, Loaded]:
        """The rows in the same place, if their keys are those of the run, or those that it finds.

        Raises DataError for a key that finds none.
        """
        ids = run.keys(workspace)[IDS]
        if cut is not None and cut.rows == run.rows:
            loaded = dict(cut.load([*fields, self._keys], workspace))
            if ids.equal(texts_of(loaded.pop(self._keys.role))).all():
                self._matches.add_run(run.first, run.rows)
                return loaded
        rows = self.find(ids)
        if rows.min() < 0:
            raise self._unmatched()
        return self._held.take(rows, fields)

    def _check_keys(self, repeated: NDArray[np.int64]) -> None:
        """Raise DataError for rows whose key an earlier row has."""
        if repeated.size:
            raise DataError(
                f"{self.path} has several rows of one id: {self._held.shown(repeated)}",
                place=self.inner.place(int(repeated[0]), 0, self._keys),
                count=repeated.size,
                hint="one row for each id, or more columns that distinguish them: --id COL,COL",
            )

    def _unmatched(self) -> DataError:
        """The error for rows without a partner; it reads the keys of both tables."""
        base, matches = self._base, Matches()
        missing: list[int] = []
        shown: list[str] = []
        count = 0
        for ids in key_parts(base.inner, base.ids, self._engine):
            rows = self._held.find(ids)
            matches.add(rows, self._held.count)
            without = np.flatnonzero(rows < 0)
            shown += [ids.text(int(row)) for row in without[: max(0, SHOWN - len(shown))]]
            missing += (count + without).tolist()
            count += rows.size
        unused = matches.unused()
        words = []
        if missing:
            words.append(_lacks(base.path, len(missing), self.path, listed(shown, len(missing))))
            place = base.inner.place(missing[0], 0, base.ids)
        if unused.size:
            words.append(_lacks(self.path, unused.size, base.path, self._held.shown(unused)))
        if not missing:
            place = self.inner.place(int(unused[0]), 0, self._keys)
        hint = "--unmatched skip leaves these rows out and counts them"
        if len(missing) == count:
            hint = "are these the same ids? they are compared as they are written: 007 is not 7"
        return DataError("; ".join(words), place=place, hint=hint)

    def _check_repeated(self) -> None:
        """Raise DataError for two predictions of one key, unless their groups differ."""
        assert self.source is not None
        groups: dict[Any, int] = {}
        parts = []
        for cut in self.source.blocks():
            block = cut.load(Workspace())
            rows = self._held.find(texts_of(block.arrays[IDS]))
            if block.keys:
                keys = Keys.product(list(block.keys.values()))
                codes = [groups.setdefault(text, len(groups)) for text in keys.texts]
                rows += self._held.count * np.array(codes, np.int64)[keys.codes]
            parts.append(rows)
        pairs = np.concatenate(parts)
        order = np.argsort(pairs, kind="stable")
        again = np.sort(order[1:][pairs[order[1:]] == pairs[order[:-1]]])
        if again.size:
            rows = np.unique(pairs[again] % self._held.count)
            raise DataError(
                f"{self._base.path} has several rows of one id: {self._held.shown(rows)}",
                place=self._base.place(int(again[0]), 0, self._base.ids),
                count=again.size,
                hint="one prediction for each id; those of several models are groups: --by COLUMN",
            )


class Matches:
    """The rows that keys found, counted by several threads.

    left: rows after the last one that was paired, where all before it agreed row by row.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: NDArray[np.bool_] | None = None
        self._runs: list[tuple[int, int]] = []
        self._paired = 0
        self.left = 0

    def add(self, rows: NDArray[np.int64], count: int) -> None:
        """Count rows that keys found, of `count` rows; -1 where a key found none."""
        found = rows[rows >= 0] if rows.size and rows.min() < 0 else rows
        with self._lock:
            if self._used is None:
                self._used = np.zeros(count, np.bool_)
            self._used[found] = True
            self._paired += found.size

    def add_run(self, first: int, rows: int) -> None:
        """Count rows that stand in the same place in both tables."""
        with self._lock:
            self._runs.append((first, rows))
            self._paired += rows

    def unused(self) -> NDArray[np.int64]:
        """The rows that no key found; none where keys agreed row by row in all blocks."""
        return np.flatnonzero(~self._marked())

    def repeated(self) -> bool:
        """True if several keys found the same row."""
        return self._used is not None and self._paired > int(np.count_nonzero(self._marked()))

    def _marked(self) -> NDArray[np.bool_]:
        if self._used is None:
            return np.ones(0, np.bool_)
        for first, rows in self._runs:
            self._used[first : first + rows] = True
        return self._used


def matched_rows(
    base: Table, ids: Field, joined: Sequence[JoinedTable], engine: LocalEngine
) -> NDArray[np.bool_]:
    """True for each row of a table whose key is in all tables that are joined to it.

    The number of rows without a partner is kept with each table.

    Raises DataError where no row has one.
    """
    parts = []
    for keys in key_parts(base, ids, engine):
        found = np.ones(len(keys), np.bool_)
        for table in joined:
            found &= table.find(keys) >= 0
        parts.append(found)
    kept = np.concatenate(parts)
    if not kept.any():
        raise DataError(
            f"no id of {base.path} is in {' and in '.join(table.path for table in joined)}",
            place=base.place(0, 0, ids),
            hint="are these the same ids? they are compared as they are written: 007 is not 7",
        )
    for table in joined:
        table.unmatched = table.unmatched_rows().size
    return kept


def _lacks(path: str, count: int, other: str, shown: str) -> str:
    """The words for ids that stand in one table only."""
    return f"{count:,} id{'' if count == 1 else 's'} of {path} not in {other}: {shown}"
