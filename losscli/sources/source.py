"""A source: the roles of an evaluation, each a field of an open table, cut into aligned blocks."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, NoReturn, Self

from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.digest import LEAF_ROWS
from losscli.accumulators.moments import unit_rows
from losscli.errors import DataError
from losscli.sources.keys import Keys, as_keys
from losscli.sources.table import (
    CLUSTERS,
    Cut,
    Field,
    Role,
    Table,
    Workspace,
    is_group_role,
    is_key_role,
)


class Block(Struct, frozen=True):
    """Aligned rows of all roles, as they were read: (n,) or (n, …) each; row `first` of all.

    unit: the rows whose moments are taken together, the same for every format.
    keys: of the roles of groups, in their order. clusters: the keys of clusters, or
    numbers that are keys.
    """

    first: int
    rows: int
    unit: int
    arrays: Mapping[str, Any]
    keys: Mapping[str, Keys] = MappingProxyType({})
    clusters: Keys | NDArray[Any] | None = None


class BlockCut(Struct, frozen=True):
    """A block whose numbers are not read yet: a cut of each table.

    size: bytes of all tables that it takes. grouped: True if it has keys of groups or of clusters.
    """

    first: int
    rows: int
    unit: int
    size: int
    parts: Sequence[tuple[Cut, Sequence[Field]]]
    keyed: bool

    def load(self, workspace: Workspace) -> Block:
        """Read it, into the worker's buffers."""
        arrays: dict[str, Any] = {}
        for cut, fields in self.parts:
            arrays.update(cut.load(fields, workspace))
        keys: dict[str, Keys] = {}
        clusters = None
        if self.keyed:
            clusters = arrays.pop(CLUSTERS, None)
            for role in sorted(filter(is_group_role, arrays), key=_place):
                keys[role] = as_keys(arrays.pop(role))
        return Block(self.first, self.rows, self.unit, arrays, keys, clusters)


class Source:
    """Roles, each a table and a field of it; a table may serve several roles.

    As a context, it closes its tables.

    Roles are preds, targets, weights, ids, a reference of the preds, clusters, and those of
    groups.
    by: the names of the group keys, in the order of their roles and columns. fields: those of each
    table, in the order of the roles. width: numbers a row of the widest role; keys are not numbers.
    positions: the rows of each sample, where rows are positions.
    """

    __slots__ = ("by", "fields", "positions", "roles", "width")

    def __init__(
        self, roles: Mapping[str, Role], by: tuple[str, ...] = (), positions: int = 1
    ) -> None:
        self.roles = roles
        self.positions = positions
        self.by = by
        self.fields: dict[Table, list[Field]] = {}
        self.width = 1
        for role, (table, field) in roles.items():
            self.fields.setdefault(table, []).append(field)
            if field.row and not is_key_role(role):
                self.width = max(self.width, field.width)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Each table once, in the order of the roles."""
        return tuple(self.fields)

    @property
    def rows(self) -> int | None:
        """The number of rows, if it is known before reading."""
        for table in self.fields:
            if table.rows is not None:
                return table.rows
        return None

    @property
    def size(self) -> int:
        """Bytes of all tables."""
        size = 0
        for table in self.fields:
            size += table.size
        return size

    def field(self, role: str) -> Field:
        """The columns that a role takes."""
        return self.roles[role][1]

    def table(self, role: str) -> Table:
        """The table that a role takes them from."""
        return self.roles[role][0]

    def blocks(self, rows: int | None = None, first: int | None = None) -> Iterator[BlockCut]:
        """All rows in aligned cuts; `rows` of them in each, by default as many as fit a cache.

        By default these are whole units of moments, also where their text is read in pieces. first:
        the number of rows in the first cut, by default `rows`.

        Raises DataError where the tables have different numbers of rows.
        """
        unit = self.unit
        rows, known = rows or self.block_rows(), self.rows
        runs = []
        for table in self.fields:
            if table.rows is not None and table.rows != known:
                self._unequal({table.path: table.rows for table in self.fields})
            runs.append(table.cuts(rows, first))
        keyed = bool(self.by) or CLUSTERS in self.roles
        start = 0
        for cuts in zip_longest(*runs):
            count, size = cuts[0].rows if cuts[0] else 0, 0
            for cut in cuts:
                if cut is None or cut.rows != count:
                    counts = [cut.rows if cut else 0 for cut in cuts]
                    ended = (start + count if count < rows else None for count in counts)
                    paths = [table.path for table in self.fields]
                    self._unequal(dict(zip(paths, ended, strict=True)))
                size += cut.size
            parts = [*zip(cuts, self.fields.values(), strict=True)]
            yield BlockCut(start, count, unit, size, parts, keyed)
            start += count

    def part(self, number: int, count: int) -> Iterator[BlockCut]:
        """The cuts of part `number` of `count`, from 1, in row order.

        The parts of a source have all its rows, each once, and are of similar size; without a
        known number of rows, of similar bytes. Blocks of all parts are whole units of moments.

        Raises as `blocks` does; only the last part finds tables of text to be of different length.
        """
        rows, step = self._part_rows(count)
        done, total = 0, self.rows
        whole = self.size if total is None else total
        cuts = self.blocks(rows)
        if total is not None and number > 1 and all(table.by_position for table in self.fields):
            step = max(step, rows)
            done = -(-(number - 1) * total // (count * step)) * step  # the first row of the part
            if done >= total:
                return
            cuts = self.blocks(rows, done)
            next(cuts)  # the rows before, which are not read
        for cut in cuts:
            at = min(count, 1 + done // step * step * count // max(1, whole))
            done += cut.size if total is None else cut.rows
            if at > number:
                return
            if at == number:
                yield cut

    def _part_rows(self, count: int) -> tuple[int, int]:
        """The rows of a block of a part, and the rows or bytes that parts are cut at multiples of.

        Parts are cut where the leaves of digests are, unless the rows are too few for that.
        """
        unit, rows, total = self.unit, self.block_rows(), self.rows
        if total is None:
            return rows, 1
        rows = min(rows, max(1, total // count // unit) * unit)
        rows = 1 << (rows.bit_length() - 1)  # a unit is a power of two
        return rows, max(LEAF_ROWS, rows) if total >= 8 * LEAF_ROWS * count else 1

    @property
    def unit(self) -> int:
        """The rows whose moments are taken together."""
        return unit_rows(self.width, grouped=bool(self.by))

    def block_rows(self) -> int:
        """The number of rows in a block: whole units, as many as fit a cache and a piece."""
        unit = self.unit
        rows = min([table.block_rows(self.width) for table in self.fields])
        return max(1, rows // unit) * unit

    def verify(self) -> None:
        """Raise DataError where a table changed since it was opened."""
        for table in self.fields:
            table.verify()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for table in self.fields:
            table.close()

    def close(self) -> None:
        """Close all tables."""
        self.__exit__()

    def _unequal(self, rows: Mapping[str, int | None]) -> NoReturn:
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
