"""Tables whose keys others are paired by; the keys of a block are read once, with its rows."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from losscli.engines.local import LocalEngine
from losscli.sources.table import Cut, Field, Loaded, Table, Workspace, rows_per_block
from losscli.sources.texts import Texts, texts_of
from losscli.sources.wrapped import WrappedTable

KeyTexts = Mapping[str, Texts]  # by role


class KeyedCut:
    """A run of rows whose keys are kept for the tables that are paired with it."""

    __slots__ = ("_cut", "_fields", "_keys", "first", "rows", "size")

    def __init__(self, cut: Cut, fields: Sequence[Field], first: int) -> None:
        self._cut, self._fields, self.first = cut, fields, first
        self.rows, self.size = cut.rows, cut.size
        self._keys: KeyTexts | None = None

    def load(self, fields: Sequence[Field], workspace: Workspace) -> Mapping[str, Loaded]:
        """The rows of each field; the keys are read with them."""
        roles = {field.role for field in fields}
        others = [field for field in self._fields if field.role not in roles]
        loaded = dict(self._cut.load([*fields, *others], workspace))
        self._keys = {field.role: texts_of(loaded[field.role]) for field in self._fields}
        return {role: rows for role, rows in loaded.items() if role in roles}

    def keys(self, workspace: Workspace) -> KeyTexts:
        """The keys of the rows, by role."""
        if self._keys is None:
            self.load((), workspace)
        assert self._keys is not None
        return self._keys


class KeyedTable(WrappedTable):
    """A table, and the fields of its keys.

    keys: returns the fields; it is called when rows are read. followers: the number of tables that
    are paired with it, each of which calls `follow` after `cuts`.
    """

    def __init__(self, inner: Table, keys: Callable[[], Sequence[Field]]) -> None:
        super().__init__(inner)
        self._keys = keys
        self.followers = 0
        self.taken: set[str] = set()
        self._cut_as: tuple[int, int | None] | None = None
        self._waiting: list[Iterator[KeyedCut]] = []

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of a role."""
        found = self.inner.field(role, columns, excluded)
        self.taken.update(found.columns)
        self.rows, self.size = self.inner.rows, self.inner.size  # of the arrays that are taken
        return found

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows, which the tables that are paired with it share."""
        own, *self._waiting = _shared(self._runs(rows, first), 1 + self.followers)
        self._cut_as = (rows, first)
        for run in own:
            yield Cut(run.rows, run.size, run.load)

    def follow(self, rows: int, first: int | None = None) -> Iterator[KeyedCut]:
        """The same runs, for a table that is paired with it."""
        if self._waiting and self._cut_as == (rows, first):
            return self._waiting.pop()
        return self._runs(rows, first)

    def _runs(self, rows: int, first: int | None) -> Iterator[KeyedCut]:
        fields, done = self._keys(), 0
        for cut in self.inner.cuts(rows, first):
            yield KeyedCut(cut, fields, done)
            done += cut.rows


def _shared(runs: Iterator[KeyedCut], count: int) -> list[Iterator[KeyedCut]]:
    """Several iterators over the same runs, which hold those that not all have taken.

    `itertools.tee` would hold 57 more, each with its text.
    """
    waiting: list[deque[KeyedCut]] = [deque() for _ in range(count)]

    def taken_from(own: deque[KeyedCut]) -> Iterator[KeyedCut]:
        while True:
            if not own:
                run = next(runs, None)
                if run is None:
                    return
                for each in waiting:
                    each.append(run)
                del run
            yield own.popleft()

    return [taken_from(own) for own in waiting]


def key_parts(table: Table, field: Field, engine: LocalEngine) -> Iterator[Texts]:
    """The keys of all rows, a part at a time."""

    def load(cut: Cut, workspace: Workspace) -> Texts:
        return texts_of(cut.load([field], workspace)[field.role])

    return engine.map(load, table.cuts(table.block_rows(1)))


def first_keys(table: Table, field: Field, rows: int) -> Texts:
    """The keys of at most `rows` rows at the beginning."""
    cut = next(table.cuts(min(rows, rows_per_block(1))), None)
    return Texts.of(()) if cut is None else texts_of(cut.load([field], Workspace())[field.role])


def key_at(table: Table, field: Field, row: int) -> Texts:
    """The key of one row."""
    first = 0
    for cut in table.cuts(table.block_rows(1)):
        if row < first + cut.rows:
            keys = texts_of(cut.load([field], Workspace())[field.role])
            return keys.part(slice(row - first, row - first + 1))
        first += cut.rows
    raise IndexError(row)
