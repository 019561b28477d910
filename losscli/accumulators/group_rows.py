"""The states of one loss over the rows of groups, as arrays: a `RowAccumulator` for each group.

The moments of a group in a unit are added in row order, so that neither the blocks nor the rows of
other groups change a bit.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.columns import ColumnSums
from losscli.accumulators.design import DesignSums
from losscli.accumulators.digits import DigitSums
from losscli.accumulators.exact import Floats
from losscli.accumulators.groups import Grouping, Places
from losscli.accumulators.moments import Moments, Unit, are_units_kept
from losscli.accumulators.rows import CountedRows, Extremes, RowAccumulator, RowLosses
from losscli.kernels import codes as by_code

_EE = 1  # of the moments, after a pivot


class GroupRows(Struct, frozen=True, eq=False):
    """The states of one loss over the rows of several groups.

    moments: of units, in row order, (groups, 4) each: pivot, Σe², Σe·b and Σb², 0 without rows.
    low, high, high_row: as `Extremes`; inf, -inf and -1 without numbers. left_out: (groups, 3), the
    rows that are skipped, ignored and idle. designs: the sums of each; None where none are wanted.
    """

    numerator: ColumnSums
    denominator: ColumnSums
    moments: tuple[Floats, ...]
    low: Floats
    high: Floats
    high_row: NDArray[np.int64]
    left_out: NDArray[np.int64]
    designs: tuple[DesignSums | None, ...] | None = None

    @classmethod
    def of(cls, losses: RowLosses, groups: Grouping, first: int, unit: int) -> "GroupRows":
        """The states of the rows of a block, which begins at row `first` of all.

        unit: the rows whose moments are taken together.
        """
        rows, count = losses.counted(), groups.count
        if rows.shares is None and rows.weight is None and rows.positions is None:
            folded = by_code.fold(rows.values, groups.codes, count, unit, first % unit)
            if folded is not None:
                return cls._of_folded(folded, rows, groups, first)
        codes = groups.codes if rows.positions is None else groups.codes[rows.positions]
        counts = np.bincount(codes, minlength=count)
        numerator, denominator = _sums(rows, codes, counts)
        shares = None if rows.shares is None else np.ascontiguousarray(rows.shares)
        cuts = rows.cuts(first, unit)
        scaled = np.ascontiguousarray(rows.scaled)
        moments = by_code.moments(scaled, shares, codes, count, cuts)
        low, high, places = by_code.extremes(rows.values, codes, count)
        if rows.positions is not None and len(rows.positions):
            places = np.where(places < 0, places, rows.positions[places])
        return cls(
            numerator,
            denominator,
            tuple(moments),
            low + 0.0,  # the sign of a zero would depend on the order
            high + 0.0,
            np.where(places < 0, places, first + places),
            _left_out(rows, groups, codes, counts),
            None if rows.design is None else tuple(_designs(rows, codes, count)),
        )

    @classmethod
    def _of_folded(
        cls, folded: by_code.FoldedCodes, rows: CountedRows, groups: Grouping, first: int
    ) -> "GroupRows":
        """The same of finite rows that all count, without weights."""
        sums, count = DigitSums(folded.first, folded.digits), groups.count
        return cls(
            ColumnSums.of_finite(sums, folded.counts),
            ColumnSums.ones(folded.counts),
            tuple(folded.moments),
            folded.low + 0.0,
            folded.high + 0.0,
            np.where(folded.rows < 0, folded.rows, first + folded.rows),
            np.zeros((count, 3), np.int64),
            None if rows.design is None else tuple(_designs(rows, groups.codes, count)),
        )

    def merged(self, ours: Places, other: Self, theirs: Places, count: int) -> "GroupRows":
        """As `GroupStates.merged`."""
        if ours is theirs:
            return self._with_same(other)
        numerator = self.numerator.merged(ours, other.numerator, theirs, count)
        denominator = self.denominator.merged(ours, other.denominator, theirs, count)
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        high_row, left_out = np.full(count, -1), np.zeros((count, 3), np.int64)
        for part, places in ((self, ours), (other, theirs)):
            low[places] = np.minimum(low[places], part.low)
            later = (part.high > high[places]) | (high_row[places] < 0)
            high[places] = np.where(later, part.high, high[places])
            high_row[places] = np.where(later, part.high_row, high_row[places])
            left_out[places] += part.left_out
        units = [_placed(each, ours, count) for each in self.moments]
        units += [_placed(each, theirs, count) for each in other.moments]
        designs = self._merged_designs(ours, other, theirs, count)
        moments = _merged_units(tuple(units))
        return GroupRows(numerator, denominator, moments, low, high, high_row, left_out, designs)

    def _with_same(self, other: Self) -> "GroupRows":
        """The states of the same groups in the same order."""
        places = np.arange(len(self.low))
        later = (other.high > self.high) | (self.high_row < 0)
        return GroupRows(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            _merged_units((*self.moments, *other.moments)),
            np.minimum(self.low, other.low),
            np.where(later, other.high, self.high),
            np.where(later, other.high_row, self.high_row),
            self.left_out + other.left_out,
            self._merged_designs(places, other, places, len(places)),
        )

    def _merged_designs(
        self, ours: Places, other: Self, theirs: Places, count: int
    ) -> tuple[DesignSums | None, ...] | None:
        if self.designs is None or other.designs is None:
            return None
        found: list[DesignSums | None] = [None] * count
        for part, places in ((self.designs, ours), (other.designs, theirs)):
            for place, sums in zip(places.tolist(), part, strict=True):
                known = found[place]
                found[place] = known + sums if known and sums else known or sums
        return tuple(found)

    def accumulators(self) -> Sequence[RowAccumulator]:
        """As `GroupStates.accumulators`."""
        none: list[tuple[list[float], ...]] = [()] * len(self.low)
        units = [*zip(*(each.tolist() for each in self.moments), strict=True)] or none
        columns = (self.low.tolist(), self.high.tolist(), self.high_row.tolist())
        designs = self.designs or (None,) * len(self.low)
        sums = self.numerator.exact(), self.denominator.exact()
        rows = zip(*sums, units, *columns, self.left_out.tolist(), designs, strict=True)
        return [
            RowAccumulator(
                numerator,
                denominator,
                Moments(tuple(Unit(*one) for one in own if any(one[_EE:]))),
                Extremes(low, high, None if row < 0 else row),
                skipped=skipped,
                ignored=ignored,
                idle=idle,
                design=design,
            )
            for numerator, denominator, own, low, high, row, left_out, design in rows
            for skipped, ignored, idle in (left_out,)
        ]


def _sums(
    rows: CountedRows, codes: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[ColumnSums, ColumnSums]:
    """Σ w·L and Σ w·den."""
    if rows.weight is None:
        numerator = ColumnSums.of(rows.scaled, codes, counts)
    else:
        numerator = ColumnSums.of_products(rows.values, rows.weight, codes, counts)
    if rows.shares is None:
        return numerator, ColumnSums.ones(counts)
    if rows.factor is not None and rows.weight is not None:
        return numerator, ColumnSums.of_products(rows.factor, rows.weight, codes, counts)
    return numerator, ColumnSums.of(rows.shares, codes, counts)


def _left_out(
    rows: CountedRows, groups: Grouping, codes: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The rows of each group that are skipped, ignored and idle."""
    count = groups.count
    found = np.zeros((count, 3), np.int64)
    if rows.skip is not None:
        found[:, 0] = np.bincount(groups.codes[rows.skip], minlength=count)
    if rows.idle is not None:
        found[:, 2] = np.bincount(codes[rows.idle], minlength=count)
    if rows.positions is not None:
        found[:, 1] = np.bincount(groups.codes, minlength=count) - counts - found[:, 0]
    found[:, 1] += found[:, 2]
    return found


def _designs(rows: CountedRows, codes: NDArray[np.int64], count: int) -> list[DesignSums | None]:
    """The sums that the design of each group needs; None for one without rows."""
    found: list[DesignSums | None] = []
    for own in Grouping(codes, count).rows:
        part = rows.at(own)
        known = part.design is not None and len(own) > 0
        found.append(part.design_sums(part.design) if known and part.design else None)
    return found


def _placed(units: Floats, places: Places, count: int) -> Floats:
    """The moments of groups at their places among others."""
    if len(units) == count and (places[1:] > places[:-1]).all():
        return units  # each has its own place
    found = np.zeros((count, 4))
    found[places] = units
    return found


def _merged_units(units: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """The moments of units as those of one, but for `units_kept`."""
    return units if are_units_kept() or not units else (by_code.merged_moments(units),)
