"""Files of one table or array, one after the other: shards."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources import formats
from losscli.sources.files import EmptyFileError, NoRowsError, OpenFile
from losscli.sources.keys import Keys
from losscli.sources.listing import format_suffix
from losscli.sources.naming import partitions
from losscli.sources.options import ReadOptions
from losscli.sources.partitions import PartitionedTable
from losscli.sources.pool import FilePool, PooledFile
from losscli.sources.table import (
    Cut,
    Field,
    Loaded,
    Table,
    TableNote,
    Workspace,
    concatenate,
)
from losscli.sources.texts import Texts

_SHOWN = 5  # names of columns that an error lists


class Shard(NamedTuple):
    """A file of several; `open` opens it, as often as it is called."""

    path: str
    open: Callable[[], OpenFile]


def open_shards(path: str, names: Sequence[str], options: ReadOptions) -> Table:
    """The table of the files of a folder or a pattern, `path`, in the order of `names`."""
    return ShardedTable(path, [Shard(name, partial(OpenFile, name)) for name in names], options)


class ShardedTable(Table):
    """The rows of all shards in their order; few of the files are open at a time.

    The keys of folders `key=value` are columns of text. A shard without rows is left out and noted.

    Raises DataError where a shard has other columns, or rows of another shape, than the first, and
    where no shard has rows.
    """

    def __init__(self, path: str, shards: Sequence[Shard], options: ReadOptions) -> None:
        self.path = path
        self._options = options
        self._pool = FilePool()
        self._shards: list[Shard] = []
        self._files: list[PooledFile] = []
        self._without_rows: dict[Shard, None] = {}
        self._notes: dict[str, tuple[int, TableNote]] = {}  # of shards after the first, by code
        self._fields: dict[str, Field] = {}
        self._starts = [0]  # the first row of each shard, and that after the last, if it is known
        try:
            rows, self.size = self._checked(shards)
        except BaseException:
            self._pool.close()
            raise
        self.format = self._first.format
        self.rows = None if None in rows else sum(count or 0 for count in rows)

    def forget(self, field: Field) -> None:
        """Read the columns of a field no longer."""
        self._fields.pop(field.role, None)
        self._first.forget(field)

    def names(self) -> tuple[str, ...]:
        """The columns of the first shard; others may have them in another order."""
        return self._first.names()

    def notes(self) -> Iterable[TableNote]:
        """The files and their order, and of each kind the first note on one of them."""
        first, last = self._shards[0].path, self._shards[-1].path
        files = f"{len(self._shards):,} files in natural order, {first} … {last}"
        yield TableNote("shards", f"{self.path} is " + (files if first != last else first))
        if self._without_rows:
            yield _note_without_rows([shard.path for shard in self._without_rows])
        notes = list(self._first.notes())
        yield from notes
        codes = {note.code for note in notes}
        yield from (note for code, (_, note) in self._notes.items() if code not in codes)

    def block_rows(self, width: int) -> int:
        """As many as the first shard's."""
        return self._first.block_rows(width)

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field in the first shard: its default columns are those of all."""
        field = self._fields[role] = self._first.field(role, columns, excluded)
        return field

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows that may span shards."""
        wanted, found = rows if first is None else first, 0
        parts: list[_Part] = []
        done = 0
        for place in range(len(self._shards)):
            before = done
            with suppress(NoRowsError):
                shard = self._begun(place)
                for cut in shard.table.cuts(rows, wanted - found):
                    shard.count(1)
                    parts.append(_Part(shard, cut))
                    found += cut.rows
                    done += cut.rows
                    if found == wanted:
                        yield _joined(parts, found)
                        wanted, found, parts = rows, 0, []
                shard.count(-1)
            if done == before:
                self._without_rows[self._shards[place]] = None
            if len(self._starts) == place + 1:
                self._starts.append(done)
        if parts:
            yield _joined(parts, found)
        if not done:
            raise _no_rows(self.path, len(self._without_rows))

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place in the shard."""
        shard = min(bisect_right(self._starts, row), len(self._shards)) - 1
        return self._open(shard).place(row - self._starts[shard], column, field)

    def verify(self) -> None:
        """Raise DataError where a shard changed since it was opened."""
        for file in self._files:
            file.verify()
        for shard in self._without_rows:
            if shard not in self._shards and self._has_rows(shard):
                raise DataError(
                    f"{shard.path} had no rows and has some now",
                    hint="let the writer finish, then run again",
                )

    def close(self) -> None:
        """Close all files."""
        self._first.close()
        self._pool.close()

    def _add(self, shard: Shard) -> Table | None:
        """The table of a further shard; None for one without rows, which is not taken."""
        files = len(self._files)
        self._shards.append(shard)
        try:
            return self._open(files)
        except NoRowsError as error:
            blank = format_suffix(shard.path) in formats.blank_suffixes()
            if isinstance(error, EmptyFileError) and not blank:
                raise
            del self._shards[files:], self._files[files:]
            self._without_rows[shard] = None
            return None

    def _has_rows(self, shard: Shard) -> bool:
        """True if a file that had none has rows now."""
        try:
            formats.open_table(shard.open(), self._options).close()
        except NoRowsError:
            return False
        return True

    def _open(self, place: int) -> Table:
        shard = self._shards[place]
        if place == len(self._files):
            self._files.append(PooledFile(shard.path, shard.open, formats.content_of, self._pool))
        file = self._files[place]
        table = formats.open_content(file, self._options)
        values = partitions(shard.path)
        return PartitionedTable(table, values) if values else table

    def _begun(self, place: int) -> "_OpenShard":
        """A shard of which the same is taken as of the first."""
        if not place:
            return _OpenShard(0, self._first, self._fields, self._finish)
        table, fields = self._open(place), {}
        for role, field in self._fields.items():
            fields[role] = own = table.field(role, field.columns or None, ())
            if own.row != field.row:
                raise DataError(
                    f"{table.path} has rows of {own.row} for the {role}, "
                    f"and {self._first.path} of {field.row}",
                    hint="shards are one table: name those that belong together by a pattern",
                )
        return _OpenShard(place, table, fields, self._finish)

    def _finish(self, shard: "_OpenShard") -> None:
        """Verify a shard of which all rows are loaded, and keep its notes."""
        shard.table.verify()
        if shard.place:
            for note in shard.table.notes():
                kept = self._notes.setdefault(note.code, (shard.place, note))
                self._notes[note.code] = min(kept, (shard.place, note))

    def _checked(self, shards: Sequence[Shard]) -> tuple[list[int | None], int]:
        """Open the shards; return the rows of each, as far as they are known, and their bytes."""
        rows: list[int | None] = []
        size = 0
        for shard in shards:
            table = self._add(shard)
            if table is None:
                continue
            rows.append(table.rows)
            size += table.size
            if len(rows) == 1:
                self._first = table
            else:
                _check_alike(self._first, table)
                table.close()
        if not rows:
            raise _no_rows(self.path, len(shards))
        return rows, size


def _no_rows(path: str, count: int) -> NoRowsError:
    words = (
        f"none of the {count:,} files of {path} has rows" if count > 1 else f"{path} has no rows"
    )
    return NoRowsError(words, hint="the step that wrote it may have selected no rows")


def _note_without_rows(names: Sequence[str]) -> TableNote:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    files = "1 file has" if len(names) == 1 else f"{len(names):,} files have"
    return TableNote("empty_shards", f"{files} no rows: {', '.join(names[:_SHOWN])}{more}")


def _check_alike(first: Table, table: Table) -> None:
    """Raise DataError where a table cannot follow the first."""
    if table.format != first.format:
        raise DataError(
            f"{table.path} is {table.format}, and {first.path} is {first.format}",
            hint="name files of one format by a pattern: 'preds/*.csv'",
        )
    ours, theirs = first.names(), table.names()
    if set(ours) != set(theirs):
        lacks = [name for name in ours if name not in theirs]
        more = [name for name in theirs if name not in ours]
        words = [
            f"{verb} {', '.join(map(repr, names[:_SHOWN]))}"
            for verb, names in (("it lacks", lacks), ("it also has", more))
            if names
        ]
        raise DataError(
            f"{table.path} has other columns than {first.path}",
            place="; ".join(words),
            hint="shards are one table: name those that belong together by a pattern",
        )
    if not ours:
        _check_rows(first, table)


def _check_rows(first: Table, table: Table) -> None:
    ours, theirs = (each.field("preds", None, ()) for each in (first, table))
    if (ours.row, ours.dtype) != (theirs.row, theirs.dtype):
        raise DataError(
            f"{table.path} has rows of {theirs.dtype} {theirs.row}, "
            f"and {first.path} of {ours.dtype} {ours.row}",
            hint="shards are one array: name those that belong together by a pattern",
        )


class _OpenShard:
    """A shard that is being read.

    fields: its own field of each role. finish: is called after its last cut was loaded.
    """

    def __init__(
        self,
        place: int,
        table: Table,
        fields: Mapping[str, Field],
        finish: Callable[["_OpenShard"], None],
    ) -> None:
        self.place, self.table, self.fields, self._finish = place, table, fields, finish
        self._left = 1  # cuts that are not loaded, and one until all are drawn
        self._lock = threading.Lock()

    def count(self, change: int) -> None:
        """Count cuts that were drawn, or -1 for one that was loaded."""
        with self._lock:
            self._left += change
            left = self._left
        if not left:
            self._finish(self)


class _Part(NamedTuple):
    """A cut of a shard."""

    shard: _OpenShard
    cut: Cut

    def load(self, fields: Sequence[Field], workspace: Workspace) -> Mapping[str, Loaded]:
        # Buffers have the names of files, and there may be thousands: those of one are kept.
        inner = workspace.inner(f"shard {fields[0].role if fields else ''}", self.shard.place)
        own = self.shard.fields
        loaded = self.cut.load([own.get(field.role, field) for field in fields], inner)
        self.shard.count(-1)
        return loaded


def _joined(parts: Sequence[_Part], rows: int) -> Cut:
    """The rows of all parts as one cut."""
    size = sum(part.cut.size for part in parts)
    return Cut(rows, size, parts[0].load if len(parts) == 1 else partial(_load, parts, rows))


def _load(
    parts: Sequence[_Part], rows: int, fields: Sequence[Field], workspace: Workspace
) -> Mapping[str, Loaded]:
    # A part may take the buffers of the one before, so each is copied before the next is read.
    numbers: dict[str, NDArray[Any]] = {}
    others: dict[str, list[Loaded]] = {}
    done = 0
    for part in parts:
        for role, values in part.load(fields, workspace).items():
            if isinstance(values, Keys | Texts):
                others.setdefault(role, []).append(values)
                continue
            whole = numbers.get(role)
            if whole is None:
                shape = (rows, *values.shape[1:])
                whole = workspace.empty(f"joined {role}", shape, values.dtype)
            numbers[role] = whole = _as_wide(whole, values)
            whole[done : done + part.cut.rows] = values
        done += part.cut.rows
    return numbers | {role: concatenate(found) for role, found in others.items()}


def _as_wide(whole: NDArray[Any], part: NDArray[Any]) -> NDArray[Any]:
    """An array that holds the numbers of the part too: a column may be integers in one shard."""
    return whole.astype(np.result_type(whole, part), copy=False)
