"""The tallies of a block's groups: its rows are put in order once, and every loss is cut there."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from losscli.accumulators.rows import Indices, RowLosses, RowTally


class Runs(NamedTuple):
    """The rows of a block, group by group: those of group k are order[cuts[k]:cuts[k + 1]].

    order: (n,), ascending in each group, so that the first of equal rows stays the first.
    """

    order: Indices
    cuts: Sequence[int]

    def tallies(self, rows: RowLosses, first: int) -> list[RowTally]:
        """One tally a group, as that of its rows alone; row `first` of all is the first.

        The sums of all groups add up to those of the block, exactly.
        """
        ordered = rows.at(self.order)
        found = []
        for start, stop in pairwise(self.cuts):
            tally = ordered.at(slice(start, stop)).tally(0)
            at = tally.extremes.high_row
            if at is not None:
                row = first + int(self.order[start + at])
                tally = replace(tally, extremes=replace(tally.extremes, high_row=row))
            found.append(tally)
        return found
