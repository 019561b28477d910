"""The accumulators of a block's groups: its rows are sorted once, then every loss is split."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from losscli.accumulators.rows import CountedRows, Indices, Mask, RowAccumulator, RowLosses


class Runs(NamedTuple):
    """The rows of a block, group by group: those of group k are order[cuts[k]:cuts[k + 1]].

    order: (n,), ascending in each group, so that the first of equal rows stays the first.
    """

    order: Indices
    cuts: Sequence[int]

    def accumulators(self, losses: RowLosses, first: int, unit: int) -> list[RowAccumulator]:
        """One accumulator a group; the block begins at row `first` of all.

        The sums of all groups add up to those of the block, exactly.
        """
        rows = losses.counted()
        sizes = counts = np.diff(self.cuts)
        skipped = np.zeros_like(sizes)
        places = self.order
        if rows.skip is not None:
            skipped = self._counts(rows.skip[self.order])
        if rows.positions is not None:
            of = np.full(rows.block, -1)
            of[rows.positions] = np.arange(len(rows.positions))
            places = of[self.order]
            counts = self._counts(places >= 0)
            places = places[places >= 0]
        left_out = np.stack([skipped, sizes - counts - skipped], axis=1)
        return _split(rows.at(places), counts, first, unit, left_out.tolist())

    def _counts(self, mask: Mask) -> Indices:
        """The number of marked rows in each group, of a mask in group order."""
        counts: Indices = np.add.reduceat(mask.astype(np.intp), self.cuts[:-1])
        return counts


def _split(
    rows: CountedRows, counts: Indices, first: int, unit: int, left_out: Iterable[list[int]]
) -> list[RowAccumulator]:
    """The accumulators of consecutive groups of so many rows each.

    left_out: the numbers of skipped and of ignored rows of each group.
    """
    cuts = np.append(0, np.cumsum(counts))
    edges = np.unique(np.append(cuts, _unit_changes(rows, first, unit)))
    units = rows.units(edges.tolist())
    starts = np.searchsorted(edges, cuts).tolist()
    groups = zip(pairwise(cuts.tolist()), pairwise(starts), left_out, strict=True)
    return [
        rows.at(slice(*span)).state(first, units[slice(*parts)], *others)
        for span, parts, others in groups
    ]


def _unit_changes(rows: CountedRows, first: int, unit: int) -> Indices:
    """The places at which the unit is another than that of the row before."""
    if first // unit == (first + rows.block - 1) // unit or rows.positions is None:
        return np.empty(0, np.intp)
    return np.flatnonzero(np.diff((first + rows.positions) // unit)) + 1
