"""The losses of several models over the same rows: of each model, and the differences of pairs."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import starmap
from operator import or_
from typing import NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from losscli.accumulators.group_rows import GroupRows
from losscli.accumulators.groups import Grouping
from losscli.accumulators.rows import Mask, RowAccumulator, RowLosses
from losscli.kernels.machine import FoldedModels

Pairs: TypeAlias = Sequence[tuple[int, int]]  # the places of a candidate and of its baseline


class PairAccumulator(Struct, frozen=True):
    """The rows of a candidate minus those of a baseline; `+` merges the rows that follow.

    wins, ties: the rows on which the candidate's loss is smaller, and on which both are equal.
    The sum of the differences is the exact sum of one model minus that of the other.
    """

    difference: RowAccumulator
    wins: int
    ties: int

    @classmethod
    def of(
        cls,
        difference: RowAccumulator,
        models: tuple[RowAccumulator, RowAccumulator],
        wins: int,
        ties: int,
    ) -> "PairAccumulator":
        """The state of rows from that of their rounded differences and those of both models."""
        total = models[0].numerator.less(models[1].numerator)
        total = replace(total, count=difference.numerator.count)
        return cls(replace(difference, numerator=total), wins, ties)

    def __add__(self, other: "PairAccumulator") -> "PairAccumulator":
        difference = self.difference + other.difference
        return PairAccumulator(difference, self.wins + other.wins, self.ties + other.ties)


class PairedAccumulator(Struct, frozen=True):
    """One loss of several models over the rows that count for all of them, and of their pairs."""

    models: tuple[RowAccumulator, ...]
    pairs: tuple[PairAccumulator, ...]

    @classmethod
    def of_folded(cls, found: FoldedModels, first: int, count: int) -> "PairedAccumulator":
        """The states of `count` unweighted rows from the compiled machine; `first` is the first."""
        return cls(
            tuple(RowAccumulator.of_folded(state, first, count) for state in found.models),
            tuple(
                PairAccumulator(
                    RowAccumulator.of_folded(pair.difference, first, count), pair.wins, pair.ties
                )
                for pair in found.pairs
            ),
        )

    def __add__(self, other: "PairedAccumulator") -> "PairedAccumulator":
        models = zip(self.models, other.models, strict=True)
        pairs = zip(self.pairs, other.pairs, strict=True)
        return PairedAccumulator(
            tuple(ours + theirs for ours, theirs in models),
            tuple(ours + theirs for ours, theirs in pairs),
        )


class PairedRows(NamedTuple):
    """One loss of several models over the rows of a block, those that count for all of them.

    first, unit: of the block. known: the accumulators of the models; None where rows that count
    for one of them do not count for another.
    """

    models: Sequence[RowLosses]
    pairs: Pairs
    first: int
    unit: int
    known: Sequence[RowAccumulator] | None = None

    @classmethod
    def of(
        cls,
        models: Sequence[tuple[RowAccumulator, RowLosses]],
        pairs: Pairs,
        first: int,
        unit: int,
    ) -> "PairedRows":
        """The rows of models that were evaluated one by one."""
        rows = [each for _, each in models]
        if all(each.skip is None and each.weight is None for each in rows):
            return cls(rows, pairs, first, unit, [known for known, _ in models])
        return cls(list(_on_common_rows(rows)), pairs, first, unit)

    def accumulate(self) -> PairedAccumulator:
        """The accumulator of all rows."""
        models = self.known or [rows.accumulate(self.first, self.unit) for rows in self.models]
        pairs = []
        for (ours, theirs), (rows, masks) in zip(self.pairs, self._compared(), strict=True):
            difference = rows.accumulate(self.first, self.unit)
            wins, ties = map(int, map(np.count_nonzero, masks))
            both = models[ours], models[theirs]
            pairs.append(PairAccumulator.of(difference, both, wins, ties))
        return PairedAccumulator(tuple(models), tuple(pairs))

    def by_groups(self, groups: Grouping) -> list[PairedAccumulator]:
        """The accumulator of each group."""
        models = [self._of_groups(rows, groups) for rows in self.models]
        pairs = []
        for (ours, theirs), (rows, masks) in zip(self.pairs, self._compared(), strict=True):
            differences = self._of_groups(rows, groups)
            both = zip(models[ours], models[theirs], strict=True)
            counts = (np.bincount(groups.codes[mask], minlength=groups.count) for mask in masks)
            wins, ties = (count.tolist() for count in counts)
            parts = zip(differences, both, wins, ties, strict=True)
            pairs.append(list(starmap(PairAccumulator.of, parts)))
        each_pair = zip(*pairs, strict=True)
        return list(map(PairedAccumulator, zip(*models, strict=True), each_pair))

    def _of_groups(self, rows: RowLosses, groups: Grouping) -> Sequence[RowAccumulator]:
        return GroupRows.of(rows, groups, self.first, self.unit).accumulators()

    def _compared(self) -> Iterator[tuple[RowLosses, tuple[Mask, Mask]]]:
        """The differences of each pair, with the masks of wins and of ties."""
        counts = _counting(self.models[0])
        for candidate, baseline in self.pairs:
            ours, theirs = self.models[candidate], self.models[baseline]
            difference = ours._replace(values=ours.values - theirs.values)
            wins, ties = ours.values < theirs.values, ours.values == theirs.values
            yield difference, (wins, ties) if counts is None else (wins & counts, ties & counts)


def _on_common_rows(models: Sequence[RowLosses]) -> Iterator[RowLosses]:
    """The same rows, those that are out for one model out for all."""
    skips = [rows.skip for rows in models if rows.skip is not None]
    skip = reduce(or_, skips) if skips else None
    weight = models[0].weight
    for rows in models[1:]:
        if weight is not None and rows.weight is not None:
            weight = np.where(rows.weight == 0, 0.0, weight)
    return (rows._replace(weight=weight, skip=skip) for rows in models)


def _counting(rows: RowLosses) -> Mask | None:
    """The rows that count; None for all of them."""
    out: list[Mask] = [] if rows.skip is None else [rows.skip]
    out += [column == 0 for column in (rows.weight, rows.denominator) if column is not None]
    return ~reduce(or_, out) if out else None
