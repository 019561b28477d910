"""Groups of an evaluation: one accumulator per group and loss, merged block by block."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from msgspec import Struct

from losscli.accumulators.group_rows import GroupRows
from losscli.accumulators.groups import Grouping, GroupStates, ListedStates
from losscli.accumulators.rows import RowLosses
from losscli.errors import DataError
from losscli.results.statistics import Group, LossResult, MetricResult
from losscli.sources.keys import Key, Keys, sort_keys
from losscli.sources.source import Block, Source

Accumulator: TypeAlias = Any  # a RowAccumulator for a loss, a MetricAccumulator for a metric
Results: TypeAlias = tuple[tuple[LossResult, ...], tuple[MetricResult, ...]]

MOST = 10_000


class GroupedRows(Protocol):
    """The rows of a block for a statistic that is not the mean of one loss."""

    def accumulate(self) -> Accumulator:
        """The accumulator of all of them."""

    def by_groups(self, groups: Grouping) -> Sequence[Accumulator]:
        """The accumulator of each group."""


class GroupedStates(Struct, frozen=True):
    """The states of all statistics by group: one of each group for each statistic."""

    keys: tuple[Key, ...] = ()
    states: tuple[Any, ...] = ()

    def __add__(self, other: "GroupedStates") -> "GroupedStates":
        if not self.keys or not other.keys:
            return self if self.keys else other
        ours = theirs = np.arange(len(self.keys))
        keys = self.keys
        if keys is not other.keys and keys != other.keys:
            places = {key: place for place, key in enumerate(keys)}
            theirs = np.array([places.setdefault(key, len(places)) for key in other.keys])
            keys = tuple(places)
        states = (
            left.merged(ours, right, theirs, len(keys))
            for left, right in zip(self.states, other.states, strict=True)
        )
        return GroupedStates(keys, tuple(states))

    def parts(self) -> Iterator[tuple[Key, Sequence[Accumulator]]]:
        """Yield the key of each group, and its accumulators."""
        columns = (states.accumulators() for states in self.states)
        yield from zip(self.keys, zip(*columns, strict=True), strict=True)


class BlockGroups:
    """The groups of one block.

    Raises DataError for too many groups.
    """

    def __init__(self, source: Source, block: Block) -> None:
        keys = Keys.product(list(block.keys.values()))
        _check(len(keys.texts), source)
        self._texts = tuple(keys.texts)
        self._first, self._unit = block.first, block.unit
        self._groups = Grouping(np.ascontiguousarray(keys.codes, np.int64), len(keys.texts))
        self._states: list[GroupStates] = []

    def add(self, rows: RowLosses) -> None:
        """Accumulate the rows of one more loss."""
        self._states.append(GroupRows.of(rows, self._groups, self._first, self._unit))

    def add_statistic(self, rows: GroupedRows, whole: Accumulator) -> None:
        """Accumulate the rows for one more statistic; `whole` is the accumulator of all of them."""
        parts = rows.by_groups(self._groups) if self._groups.count > 1 else [whole]
        self._states.append(ListedStates(tuple(parts)))

    def states(self) -> GroupedStates:
        """The states of all statistics."""
        return GroupedStates(self._texts, tuple(self._states))


class GroupAccumulators:
    """The states of all groups so far.

    Raises DataError for too many groups.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.states = GroupedStates()

    def add(self, part: GroupedStates) -> None:
        """Merge those of the block that follows."""
        self.states += part
        _check(len(self.states.keys), self._source)

    def results(
        self, results_of: Callable[[Sequence[Accumulator]], "Results"]
    ) -> tuple[Group, ...]:
        """The groups in the order of their keys."""
        return tuple(Group(by, *results_of(accumulators)) for by, accumulators in self.parts())

    def parts(self) -> Iterator[tuple[dict[str, str], Sequence[Accumulator]]]:
        """Yield the keys of each group by their names, and its accumulators, sorted by key."""
        found = dict(self.states.parts())
        for key in sort_keys(found):
            yield dict(zip(self._source.by, key, strict=True)), found[key]


def _check(count: int, source: Source) -> None:
    """Raise DataError for too many groups: probably ids were given."""
    if count > MOST:
        table, _ = source.roles["groups"]
        raise DataError(
            f"--by {','.join(source.by)} makes more than {MOST:,} groups",
            place=table.path,
            hint="ids by mistake? name a column of fewer values; --per-sample has every row",
        )
