"""The accumulators of a block's groups: its rows are sorted once, then every loss is split."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from losscli.accumulators.rows import Indices, RowAccumulator, RowLosses


class Runs(NamedTuple):
    """The rows of a block, group by group: those of group k are order[cuts[k]:cuts[k + 1]].

    order: (n,), ascending in each group, so that the first of equal rows stays the first.
    """

    order: Indices
    cuts: Sequence[int]

    def accumulators(self, rows: RowLosses, first: int) -> list[RowAccumulator]:
        """One accumulator a group, as that of its rows alone; row `first` of all is the first.

        The sums of all groups add up to those of the block, exactly.
        """
        ordered = rows.at(self.order)
        found = []
        for start, stop in pairwise(self.cuts):
            accumulator = ordered.at(slice(start, stop)).accumulate(0)
            at = accumulator.extremes.high_row
            if at is not None:
                row = first + int(self.order[start + at])
                accumulator = replace(
                    accumulator, extremes=replace(accumulator.extremes, high_row=row)
                )
            found.append(accumulator)
        return found
