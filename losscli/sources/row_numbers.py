"""Predictions with the numbers of their rows, as the workers of a sampler write them.

Every row of the targets has one prediction. A sampler repeats rows so that all its workers have as
many: repeated predictions that agree are left out, others are an error.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.machine import cores
from losscli.engines.local import LocalEngine
from losscli.errors import DataError, Place, UsageError
from losscli.sources.held import HeldFields
from losscli.sources.keys import Keys
from losscli.sources.options import Effort
from losscli.sources.selection import SelectedTable, Selection
from losscli.sources.source import Source
from losscli.sources.storage import Room
from losscli.sources.table import Cut, Field, Loaded, Role, Table, TableNote, Workspace, row_ranges
from losscli.sources.wrapped import WrappedTable

ROWS = "rows"  # the role of the row numbers
_SHOWN = 3  # numbers that an error shows

Find = Callable[[Table], tuple[Table, Sequence[str] | None]]


class RowAlignment:
    """Pairs predictions with the rows of the targets that their numbers name.

    find: returns the table of the numbers of a table of predictions, and their column if it is in
    these predictions. effort: for reading, and for the rows that are held.
    """

    def __init__(self, find: Find, effort: Effort) -> None:
        self._find = find
        self._engine = LocalEngine(effort.threads or cores())
        self._room = Room(effort.memory)
        self._numbers: RowNumbers | None = None
        self._role: Role | None = None
        self._names: list[str] = []

    def first(self, table: Table) -> Table:
        """The predictions: of repeated rows the first one."""
        other, columns = self._find(table)
        role = _role(other, columns)
        self._names = list(columns or ())
        self._numbers = RowNumbers(table, role, self._engine)
        base = NumberedTable(table, self._numbers)
        numbers = base if other is table else SelectedTable(other, self._numbers.selection)
        self._role = numbers, role[1]
        return base

    def join(self, table: Table) -> Table:
        """A table with a row for each number, in the order of the predictions."""
        assert self._numbers is not None
        joined = NamedRows(table, self._numbers, self._engine, self._room)
        self._numbers.targets = self._numbers.targets or joined
        return joined

    select = join

    def reference(self, table: Table) -> Table:
        """Reference predictions, by their own row numbers.

        Raises UsageError for a table without them.
        """
        assert self._numbers is not None
        if not self._names or self._names[0] not in table.names():
            raise UsageError(
                f"{table.path} has no row numbers of its own, as {self._numbers.path} has",
                hint="keep the numbers of both in a column of one name: --rows COLUMN",
            )
        own = RowNumbers(table, _role(table, self._names), self._engine)
        own.targets = self._numbers.targets
        return NamedRows(table, self._numbers, self._engine, self._room, own)

    def names(self) -> list[str]:
        """The name of the column of row numbers, if the predictions have one."""
        return list(self._names)

    def roles(self) -> dict[str, Role]:
        """The role of the numbers: those of the rows that are kept.

        Raises UsageError for predictions and targets in one table.
        """
        if self._role is None or self._numbers is None or self._numbers.targets is None:
            raise UsageError(
                "--rows needs targets in a file of their own",
                hint="predictions and targets of one table are paired already",
            )
        return {ROWS: self._role}

    def finish(self, source: Source) -> Source:
        """The source as it is."""
        return source


class RowNumbers:
    """The row numbers of predictions, which are read and checked when rows are.

    predictions: the table that they number. role: where they are. targets: the table whose rows
    they are. columns: their names, where they are given.
    """

    def __init__(self, predictions: Table, role: Role, engine: LocalEngine) -> None:
        self._predictions, self._role, self._engine = predictions, role, engine
        self.path, self.columns = role[0].path, role[1].columns if role[1].named else ()
        self.fields: dict[str, Field] = {}  # of the predictions, by role
        self.targets: NamedRows | None = None
        self.selection = Selection(self._find, self.path)
        self._order: NDArray[np.int64] | None = None
        self._first: NDArray[np.int64] | None = None

    @property
    def order(self) -> NDArray[np.int64]:
        """The number of each prediction that is kept, each once."""
        _ = self.selection.kept
        assert self._order is not None
        return self._order

    @property
    def first(self) -> NDArray[np.int64]:
        """The first prediction of each row of the targets."""
        _ = self.selection.kept
        assert self._first is not None
        return self._first

    def _find(self) -> NDArray[np.bool_]:
        """True for each prediction that is the first one of its row.

        Raises DataError for numbers out of range, rows without a prediction, and predictions of a
        row that differ.
        """
        assert self.targets is not None
        numbers = np.concatenate([*self._read()])
        count = self.targets.count
        self._check_range(numbers, count)
        first = np.full(count, -1, np.int64)
        first[numbers[::-1]] = np.arange(numbers.size)[::-1]  # of several the first one stays
        missing = np.flatnonzero(first < 0)
        if missing.size:
            raise DataError(
                f"{_rows(missing.size)} of {self.targets.path} without a prediction: "
                f"{_listed(missing)}",
                place=f"{self.path} has {numbers.size:,} row numbers",
                hint="are all shards here? every row of the targets needs a prediction",
            )
        kept: NDArray[np.bool_] = first[numbers] == np.arange(numbers.size)
        if not kept.all():
            self._check_repeated(numbers, kept)
        self._first, self._order = first, numbers[kept]
        return kept

    def _read(self) -> Iterator[NDArray[np.int64]]:
        """The numbers, a part at a time; raises DataError for what is not an integer."""
        table, field = self._role

        def load(cut: Cut, workspace: Workspace) -> NDArray[Any]:
            return np.array(cut.load([field], workspace)[ROWS]).reshape(-1)

        done = 0
        for part in self._engine.map(load, table.cuts(table.block_rows(1))):
            with np.errstate(invalid="ignore"):  # nan and infinity become other numbers
                numbers = part.astype(np.int64)
            other = np.flatnonzero(numbers != part)
            if other.size:
                raise DataError(
                    f"{part[other[0]]!s} is not a row number",
                    place=table.place(done + int(other[0]), None, field),
                    hint="row numbers are integers from 0",
                )
            yield numbers
            done += part.size

    def _check_range(self, numbers: NDArray[np.int64], count: int) -> None:
        """Raise DataError for a number that is not a row of the targets."""
        outside = np.flatnonzero((numbers < 0) | (numbers >= count))
        if not outside.size:
            return
        assert self.targets is not None
        table, field = self._role
        from_one = ", not from 1" if numbers.min() == 1 and numbers.max() == count else ""
        raise DataError(
            f"{_rows(outside.size)} of {self.path} not in {self.targets.path}: "
            f"{_listed(numbers[outside])}",
            place=table.place(int(outside[0]), None, field),
            hint=f"{self.targets.path} has the rows 0 to {count - 1:,}{from_one}",
        )

    def _check_repeated(self, numbers: NDArray[np.int64], kept: NDArray[np.bool_]) -> None:
        """Raise DataError where a repeated row has another prediction than the first time."""
        assert self.targets is not None
        repeated = np.unique(numbers[~kept])
        slot = np.full(numbers.max() + 1, -1, np.int64)
        slot[repeated] = np.arange(repeated.size)
        firsts: dict[str, NDArray[Any]] = {}
        other = []
        for start, rows, loaded in self._taken(slot[numbers] >= 0):
            at, again = slot[numbers[start + rows]], ~kept[start + rows]
            for role, values in loaded.items():
                known = firsts.setdefault(
                    role, np.empty((repeated.size, *values.shape[1:]), values.dtype)
                )
                known[at[~again]] = values[~again]
                differs = ~_equal(known[at[again]], values[again])
                other.append(start + rows[again][differs])
        found = np.unique(np.concatenate(other))
        if found.size:
            raise DataError(
                f"{_rows(found.size)} of {self._predictions.path} with another prediction than "
                f"the first of the same row: row {_listed(numbers[found])}",
                place=self._predictions.place(int(found[0]), None, self.fields["preds"]),
                hint="a sampler repeats rows; their predictions agree where nothing is random",
            )

    def _taken(
        self, wanted: NDArray[np.bool_]
    ) -> Iterator[tuple[int, NDArray[np.int64], dict[str, NDArray[Any]]]]:
        """The predictions that are wanted, a run at a time: its first row, and those of it."""
        table, fields = self._predictions, list(self.fields.values())

        def load(
            task: tuple[int, Cut, NDArray[np.int64]], workspace: Workspace
        ) -> tuple[int, NDArray[np.int64], dict[str, NDArray[Any]]]:
            start, cut, rows = task
            loaded = cut.load(fields, workspace)
            return start, rows, {role: _values(each)[rows] for role, each in loaded.items()}

        def tasks() -> Iterator[tuple[int, Cut, NDArray[np.int64]]]:
            start = 0
            width = max(field.width for field in fields)
            for cut in table.cuts(table.block_rows(width)):
                rows = np.flatnonzero(wanted[start : start + cut.rows])
                if rows.size:
                    yield start, cut, rows
                start += cut.rows

        return self._engine.map(load, tasks())


class NumberedTable(SelectedTable):
    """Predictions of which repeated rows are left out."""

    def __init__(self, inner: Table, numbers: RowNumbers) -> None:
        super().__init__(inner, numbers.selection)
        self._numbers = numbers

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role."""
        found = self._numbers.fields[role] = self.inner.field(role, columns, excluded)
        return found

    def notes(self) -> Iterable[TableNote]:
        """The notes of the predictions, and the one that a file is not read."""
        yield from self.inner.notes()
        for name in self._numbers.columns:
            if os.path.exists(name):  # noqa: PTH110 - pathlib would cost its import
                words = f"--rows {name} is the column of {self.path}; ./{name} would be the file"
                yield TableNote("column_taken", words)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of the rows that are kept."""
        kept = self._numbers.selection.kept
        if self.inner.rows not in (None, kept.size):
            raise self.unequal(f"{self.inner.rows:,}")
        self.duplicates_dropped = int(kept.size - np.count_nonzero(kept))
        return super().cuts(rows, first)


class NamedRows(WrappedTable):
    """The rows of a table that row numbers name, in their order.

    own: the numbers of its own rows; None where these are counted.
    """

    def __init__(
        self,
        inner: Table,
        numbers: RowNumbers,
        engine: LocalEngine,
        room: Room,
        own: RowNumbers | None = None,
    ) -> None:
        super().__init__(inner)
        self._numbers, self._own = numbers, own
        self._fields: dict[str, Field] = {} if own is None else own.fields
        self._held = HeldFields(inner, self._fields.values, engine, room)
        self.rows = inner.rows if own is None else None

    @property
    def count(self) -> int:
        """The number of rows of the table."""
        return self._held.count if self.inner.rows is None else self.inner.rows

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role."""
        found = self._fields[role] = self.inner.field(role, columns, excluded)
        return found

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows in the order of the numbers."""
        places = self._places()
        if not self._held.read and places.size == self.count and _ascend(places):
            yield from self.inner.cuts(rows, first)
            return
        for start, count in row_ranges(places.size, rows, first):
            size = count * self.size // places.size
            yield Cut(count, size, partial(self._load, places[start : start + count]))

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place of a value in the table."""
        return self.inner.place(int(self._places()[row]), column, field)

    def _places(self) -> NDArray[np.int64]:
        """The row of the table for each prediction; raises DataError where there are others."""
        order = self._numbers.order
        if self._own is not None:
            return self._own.first[order]
        if self.count != order.size:
            targets = self._numbers.targets
            assert targets is not None
            raise DataError(
                f"the numbers of rows differ: {targets.path} has {order.size:,} rows, "
                f"{self.path} has {self.count:,} rows",
                hint="files of weights and groups have a row for each target",
            )
        return order

    def _load(
        self, places: NDArray[np.int64], fields: Sequence[Field], _: Workspace
    ) -> Mapping[str, Loaded]:
        return self._held.take(places, fields)


def _role(table: Table, columns: Sequence[str] | None) -> Role:
    """The row numbers in a table; raises DataError for several a row."""
    field = table.field(ROWS, columns, ())
    if field.width > 1:
        raise DataError(
            f"{table.path} has rows of {field.row}; a row number is one integer",
            hint="save (N,) integers, or a file of one column",
        )
    return table, field


def _ascend(places: NDArray[np.int64]) -> bool:
    """True for the rows of a table as they stand."""
    return bool((places == np.arange(places.size)).all())


def _values(loaded: Loaded) -> NDArray[Any]:
    """Values that can be compared: of keys their texts."""
    if not isinstance(loaded, Keys):
        return np.asarray(loaded)
    return np.array([repr(text) for text in loaded.texts], object)[loaded.codes]


def _equal(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.bool_]:
    """True in each row where all numbers are the same, or missing in both."""
    same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
    found: NDArray[np.bool_] = same.all(axis=tuple(range(1, same.ndim)))
    return found


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _listed(numbers: NDArray[np.int64]) -> str:
    """The first few of some numbers.

    >>> _listed(np.array([3, 5, 8, 13]))
    '3, 5, 8 …'
    """
    shown = ", ".join(map(str, numbers[:_SHOWN].tolist()))
    return shown + (" …" if numbers.size > _SHOWN else "")
