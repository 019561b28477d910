"""Columns of keys that two tables share, compared where rows are paired by position."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice, zip_longest

import numpy as np

from losscli.backends.machine import cores
from losscli.engines.local import LocalEngine
from losscli.errors import DataError
from losscli.sources.held import HeldRows, listed
from losscli.sources.keyed import KeyedCut, KeyedTable, first_keys, key_parts
from losscli.sources.options import Effort
from losscli.sources.storage import Room
from losscli.sources.table import Cut, Field, Loaded, Table, TableNote, Workspace
from losscli.sources.texts import texts_of
from losscli.sources.wrapped import WrappedTable

_SAMPLE = 1000  # rows in which a key must not repeat
_MOST = 4  # columns that are compared
_LOOKS = 100_000  # columns that are looked at, times those of the table
_CELLS = 10_000_000  # of the rows in which a key is looked at


def watched(first: Table, second: Table, effort: Effort) -> tuple[Table, Table]:
    """Two tables that are paired by position, compared in the key columns that both have."""
    others = set(second.names())
    shared = [name for name in first.names() if name and name in others]
    if not shared or first.once or second.once:
        return first, second
    base = KeyedTable(first, lambda: [ours for ours, _ in paired.columns()])
    paired = WatchedTable(second, base, shared, effort)
    return base, paired


class WatchedTable(WrappedTable):
    """A table that is paired by position with another one, `base`; shared: names in both.

    Raises DataError, when rows are read, where a shared column of unique values is in another
    order; a column that differs otherwise is a note.
    """

    def __init__(
        self, inner: Table, base: KeyedTable, shared: Sequence[str], effort: Effort
    ) -> None:
        super().__init__(inner)
        base.followers += 1
        self._base, self._shared = base, shared
        self._engine, self._memory = LocalEngine(effort.threads or cores()), effort.memory
        self._taken: set[str] = set()
        self._columns: tuple[tuple[Field, Field], ...] | None = None
        self._notes: dict[str, TableNote] = {}
        self._error: DataError | None = None
        self._deciding = threading.Lock()
        if None not in (base.rows, inner.rows) and base.rows != inner.rows:
            self.rows = None  # the error is raised here, where key columns are known

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role."""
        found = self.inner.field(role, columns, excluded)
        self._taken.update(found.columns)
        self.rows, self.size = self.inner.rows, self.inner.size  # of the arrays that are taken
        return found

    def columns(self) -> tuple[tuple[Field, Field], ...]:
        """The fields of each key column in both tables: unique in the first rows of both."""
        if self._columns is None:
            taken = self._taken | self._base.taken
            names = [name for name in self._shared if name not in taken]
            # The keys of a wide table are among its first columns, and each look is at all of it.
            names = names[: max(_MOST, _LOOKS // len(self._shared))]
            found = (pair for name in names if (pair := self._key(name)) is not None)
            self._columns = tuple(islice(found, _MOST))
        return self._columns

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows, each compared with the run of the other table."""
        own, done, full = self.inner.cuts(rows, first), 0, first or rows
        for run, cut in zip_longest(self._base.follow(rows, first), own):
            if cut is None or run is None or cut.rows != run.rows:
                counts = [each.rows if each else 0 for each in (run, cut)]
                # A run that is not full is the last one.
                raise self._unequal(*(done + n if n < full else None for n in counts))
            yield Cut(cut.rows, cut.size, partial(self._load, run, cut)) if self.columns() else cut
            done, full = done + run.rows, rows

    def notes(self) -> Iterable[TableNote]:
        """The notes of the inner table, and those on the key columns that differ."""
        return [*self.inner.notes(), *self._notes.values()]

    def _key(self, name: str) -> tuple[Field, Field] | None:
        """The fields of a column that holds whole numbers or texts, none twice, in both tables."""
        tables, fields = (self._base.inner, self.inner), []
        with suppress(DataError):  # an array of other rows, or of rows of numbers
            fields += [table.field(f"key {name} ids", [name], ()) for table in tables]
        rows = min(_SAMPLE, max(10, _CELLS // len(self._shared)))
        if fields and all(map(_is_key, tables, fields, (rows, rows))):
            return fields[0], fields[1]
        for table, field in zip(tables, fields, strict=False):
            table.forget(field)
        return None

    def _load(
        self, run: KeyedCut, cut: Cut, fields: Sequence[Field], workspace: Workspace
    ) -> Mapping[str, Loaded]:
        pairs = self.columns()
        ours = run.keys(workspace)
        loaded = dict(cut.load([*fields, *(key for _, key in pairs)], workspace))
        for pair in pairs:
            key = pair[1]
            theirs = texts_of(loaded.pop(key.role))
            if key.role not in self._notes and not ours[key.role].equal(theirs).all():
                row = int(np.flatnonzero(~ours[key.role].equal(theirs))[0])
                self._decide(pair, run.first + row, ours[key.role].text(row), theirs.text(row))
        return loaded

    def _decide(self, pair: tuple[Field, Field], row: int, ours: str, theirs: str) -> None:
        """Raise DataError if a column is in another order; otherwise keep a note."""
        with self._deciding:
            if self._error is None and pair[1].role not in self._notes:
                self._compare(pair, row, ours, theirs)
            if self._error is not None:
                raise self._error

    def _compare(self, pair: tuple[Field, Field], row: int, ours: str, theirs: str) -> None:
        name, base, other = pair[1].columns[0], self._base.path, self.path
        words = f"row {row:,}: {listed([ours], 1)} in {base}, {listed([theirs], 1)} in {other}"
        moved = self._moved(*pair)
        if moved is None:
            words = f"{name} differs at {words}; rows are paired by position"
            self._notes[pair[1].role] = TableNote(
                "ids_differ", words, f"{_id_flag(name)} pairs them by it", of_first=True
            )
            return
        same = f"the same {name}" if moved else f"{name} of the same rows and of others"
        skip = "" if moved else " --unmatched skip"
        self._error = DataError(
            f"{base} and {other} have {same} in another order",
            place=words,
            hint=f"{_id_flag(name)}{skip} pairs the rows by it",
        )

    def _moved(self, ours: Field, theirs: Field) -> bool | None:
        """True if both tables have the same unique keys in another order, False if most of them.

        None for repeated keys, for others, and for the same order.
        """
        repeated: list[int] = []
        check = lambda rows: repeated.extend(rows.tolist())  # noqa: E731
        held = HeldRows(self.inner, theirs, tuple, self._engine, check, Room(self._memory))
        parts = [held.find(k) for k in key_parts(self._base.inner, ours, self._engine)]
        rows = np.concatenate(parts)
        found = rows[rows >= 0]
        if repeated or np.unique(found).size < found.size or 2 * found.size < rows.size:
            return None
        return None if (np.diff(found) > 0).all() else bool(found.size == rows.size)

    def _unequal(self, ours: int | None, theirs: int | None) -> DataError:
        """The error for different numbers of rows; None stands for more than the other."""
        words = [
            f"{table.path} has more" if rows is None else f"{table.path} has {rows:,} rows"
            for table, rows in ((self._base, ours), (self, theirs))
        ]
        hint = "rows are paired by position: one target a prediction"
        if keys := self.columns():
            hint = (
                f"{_id_flag(keys[0][1].columns[0])} --unmatched skip pairs the rows that both have"
            )
        return DataError(f"the numbers of rows differ: {', '.join(words)}", hint=hint)


def _id_flag(name: str) -> str:
    """The flag with its value, in quotes where it could be taken for the next word."""
    return f"--id {name}" if name.isidentifier() and not name.islower() else f'--id "{name}"'


def _is_key(table: Table, field: Field, rows: int) -> bool:
    """True if the first rows hold whole numbers or texts, none of them twice."""
    texts = first_keys(table, field, rows).tolist()
    return len(set(texts)) == len(texts) and not _are_fractions(texts)


def _are_fractions(texts: Sequence[str]) -> bool:
    """True for numbers that are not all whole: measurements rather than keys."""
    try:
        return not all(float(text).is_integer() and "." not in text for text in texts)
    except ValueError:
        return False
