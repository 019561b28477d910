"""Groups of an evaluation: one accumulator per group and loss, merged block by block."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import add
from typing import Any, Protocol, TypeAlias

from msgspec import Struct, field

from losscli.accumulators.groups import Runs
from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.errors import DataError
from losscli.results.documents.eval import Group, LossResult, MetricResult
from losscli.sources.keys import Key, Keys, sort_keys
from losscli.sources.source import Block, Source

Accumulator: TypeAlias = Any  # a RowAccumulator for a loss, a MetricAccumulator for a metric
Results: TypeAlias = tuple[tuple[LossResult, ...], tuple[MetricResult, ...]]

MOST = 10_000


class GroupedRows(Protocol):
    """The rows of a block for a statistic that is not the mean of one loss."""

    def accumulate(self) -> Accumulator:
        """The accumulator of all of them."""

    def by_groups(self, runs: Runs) -> Sequence[Accumulator]:
        """The accumulator of each group."""


class BlockGroups:
    """The groups of one block, whose rows are sorted once for all losses.

    Raises DataError for too many groups.
    """

    def __init__(self, source: Source, block: Block) -> None:
        keys = Keys.product(list(block.keys.values()))
        _check(len(keys.texts), source)
        self._texts = keys.texts
        self._first, self._unit = block.first, block.unit
        self._runs = Runs(*keys.runs()) if len(keys.texts) > 1 else None
        self._accumulators: list[list[Accumulator]] = []

    def add(self, rows: RowLosses, whole: RowAccumulator) -> None:
        """Accumulate the rows of one more loss; `whole` is the accumulator of all of them."""
        parts: list[Accumulator] = [
            whole
        ]  # one group is the block: files that are sorted by group cost nothing
        if self._runs is not None:
            parts = [*self._runs.accumulators(rows, self._first, self._unit)]
        self._accumulators.append(parts)

    def add_statistic(self, rows: GroupedRows, whole: Accumulator) -> None:
        """Accumulate the rows for one more statistic; `whole` is the accumulator of all of them."""
        parts: list[Accumulator] = [whole]
        if self._runs is not None:
            parts = [*rows.by_groups(self._runs)]
        self._accumulators.append(parts)

    def accumulators(self) -> dict[Key, tuple[Accumulator, ...]]:
        """One a loss and a metric, for each group."""
        return dict(zip(self._texts, zip(*self._accumulators, strict=True), strict=True))


class GroupAccumulators(Struct):
    """The accumulators of all groups so far, by key."""

    _source: Source
    _accumulators: dict[Key, list[Accumulator]] = field(default_factory=dict)

    def add(self, part: Mapping[Key, Sequence[Accumulator]]) -> None:
        """Merge those of the block that follows; raises DataError for too many groups."""
        for key, accumulators in part.items():
            known = self._accumulators.get(key)
            parts = accumulators if known is None else map(add, known, accumulators)
            self._accumulators[key] = list(parts)
        _check(len(self._accumulators), self._source)

    def accumulators(self) -> dict[Key, tuple[Accumulator, ...]]:
        """The accumulators of each group."""
        return {key: tuple(found) for key, found in self._accumulators.items()}

    def results(
        self, results_of: Callable[[Sequence[Accumulator]], "Results"]
    ) -> tuple[Group, ...]:
        """The groups in the order of their keys."""
        return tuple(Group(by, *results_of(accumulators)) for by, accumulators in self.parts())

    def parts(self) -> Iterator[tuple[dict[str, str], Sequence[Accumulator]]]:
        """Yield the keys of each group by their names, and its accumulators, sorted by key."""
        for key in sort_keys(self._accumulators):
            yield dict(zip(self._source.by, key, strict=True)), self._accumulators[key]


def _check(count: int, source: Source) -> None:
    """Raise DataError for too many groups: probably ids were given."""
    if count > MOST:
        table, _ = source.roles["groups"]
        raise DataError(
            f"--by {','.join(source.by)} makes more than {MOST:,} groups",
            place=table.path,
            hint="ids by mistake? name a column of fewer values; --per-sample has every row",
        )
