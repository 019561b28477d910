"""Some of the rows of tables, in their order: those that have a partner, or that stand first."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources.table import (
    Cut,
    Field,
    Loaded,
    Table,
    Workspace,
    concatenate,
    select_rows,
)
from losscli.sources.wrapped import WrappedTable

_PARTS = 8  # of a block: rows at its ends are read twice, and shorter runs make that little
_SHORTEST = 4096

Piece = tuple[Cut, NDArray[np.intp]]  # a run of rows of the inner table, and some of its rows


class Selection:
    """The rows that are kept, of one or several tables that are paired by position.

    find: returns (n,) booleans, True for a row that is kept; it is called once, when rows are read.
    name: that of the table which decides, for messages.
    """

    def __init__(self, find: Callable[[], NDArray[np.bool_]], name: str) -> None:
        self._find = find
        self._kept: NDArray[np.bool_] | None = None
        self._lock = threading.Lock()
        self.name = name

    @property
    def kept(self) -> NDArray[np.bool_]:
        """True for each row that is kept."""
        with self._lock:
            if self._kept is None:
                self._kept = self._find()
            return self._kept


class SelectedTable(WrappedTable):
    """The rows of a table that a selection keeps."""

    def __init__(self, inner: Table, selection: Selection) -> None:
        super().__init__(inner)
        self._selection = selection
        self.rows = None

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of `rows` kept rows, cut where they would be in a table of these rows alone."""
        kept = self._selection.kept
        if kept.all():
            yield from (cut for cut, _ in self._kept_rows(kept, rows, first))
            return
        wanted, pieces, held = rows if first is None else first, [], 0
        for cut, local in self._kept_rows(kept, max(min(rows, _SHORTEST), rows // _PARTS)):
            while local.size:
                taken = local[: wanted - held]
                local = local[taken.size :]
                pieces.append((cut, taken))
                held += taken.size
                if held == wanted:
                    yield _joined(pieces, held)
                    wanted, pieces, held = rows, [], 0
        if held:
            yield _joined(pieces, held)

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place of a row in the inner table."""
        return self.inner.place(int(np.flatnonzero(self._selection.kept)[row]), column, field)

    def unequal(self, found: str) -> DataError:
        """The error for another number of rows than the selection has."""
        return DataError(
            f"the numbers of rows differ: {self._selection.name} has "
            f"{self._selection.kept.size:,} rows, {self.path} has {found}",
            hint="these are paired by position: one row each",
        )

    def _kept_rows(
        self, kept: NDArray[np.bool_], rows: int, first: int | None = None
    ) -> Iterator[Piece]:
        """The runs of the inner table, each with its kept rows."""
        done = 0
        for cut in self.inner.cuts(rows, first):
            if done + cut.rows > kept.size:
                break
            yield cut, np.flatnonzero(kept[done : done + cut.rows])
            done += cut.rows
        else:
            if done == kept.size:
                return
        raise self.unequal(f"{done:,}" if done < kept.size else "more")


def _joined(pieces: list[Piece], rows: int) -> Cut:
    """The pieces as one run of rows."""
    size = sum(cut.size * taken.size // max(1, cut.rows) for cut, taken in pieces)
    return Cut(rows, size, partial(_load, pieces))


def _load(
    pieces: Sequence[Piece], fields: Sequence[Field], workspace: Workspace
) -> Mapping[str, Loaded]:
    parts: dict[str, list[Loaded]] = {field.role: [] for field in fields}
    for cut, taken in pieces:
        loaded = cut.load(fields, workspace)
        if len(pieces) == 1 and taken.size == cut.rows:
            return loaded
        for role, rows in loaded.items():
            parts[role].append(select_rows(rows, taken))  # a copy: the next load reuses buffers
    return {role: each[0] if len(each) == 1 else concatenate(each) for role, each in parts.items()}
