"""Exact sums of a column by group."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.digits import Codes, DigitSums
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.products import finest_product, split_products

_CARRY = 30  # digits are carried after 2**30 rows


class ColumnSums(Struct, frozen=True, eq=False):
    """The sums of a column over the rows of each of several groups, never rounded.

    counts: the rows of each. odd: (groups, 3), how many of them are nan, inf and -inf. finer: what
    products of tiny numbers add, in units of 2**-2148, by the number of the group.
    """

    sums: DigitSums
    counts: NDArray[np.int64]
    odd: NDArray[np.int64]
    finer: Mapping[int, int]

    @classmethod
    def ones(cls, counts: NDArray[np.int64]) -> "ColumnSums":
        """The sums of so many ones each."""
        return cls.of_finite(DigitSums.of_integers(counts), counts)

    @classmethod
    def of_finite(cls, sums: DigitSums, counts: NDArray[np.int64]) -> "ColumnSums":
        """The sums of so many finite values each, which are known."""
        return cls(sums, counts, _none_of(len(counts)), {})

    @classmethod
    def of(cls, values: Floats, codes: Codes, counts: NDArray[np.int64]) -> "ColumnSums":
        """The sums of the values of each code."""
        sums = DigitSums.by_code(values, codes, len(counts))
        return cls(sums, counts, _odd(values, codes, len(counts)), {})

    @classmethod
    def of_products(
        cls, a: Floats, b: Floats, codes: Codes, counts: NDArray[np.int64]
    ) -> "ColumnSums":
        """The sums of products; a factor of 0 makes 0 of any other, also of inf."""
        product, rest, tiny = split_products(a, b)
        found = cls.of(product, codes, counts)
        finer: dict[int, int] = {}
        factors = (column[tiny].tolist() for column in (codes, a, b))
        for code, x, y in zip(*factors, strict=True):
            finer[code] = finer.get(code, 0) + finest_product(x, y)
        more = DigitSums.by_code(rest, codes, len(counts))
        return cls(found.sums + more, counts, found.odd, finer)

    def merged(self, ours: Codes, other: Self, theirs: Codes, count: int) -> "ColumnSums":
        """As `GroupStates.merged`."""
        counts, odd = np.zeros(count, np.int64), _none_of(count)
        finer: dict[int, int] = {}
        for part, places in ((self, ours), (other, theirs)):
            counts[places] += part.counts
            odd[places] += part.odd
            for group, more in part.finer.items():
                place = int(places[group])
                finer[place] = finer.get(place, 0) + more
        sums = DigitSums.merged(count, [(self.sums, ours), (other.sums, theirs)])
        return self._with(other, sums, counts, odd, finer)

    def __add__(self, other: Self) -> "ColumnSums":
        counts, odd = self.counts + other.counts, self.odd + other.odd
        finer = dict(self.finer)
        for group, more in other.finer.items():
            finer[group] = finer.get(group, 0) + more
        return self._with(other, self.sums + other.sums, counts, odd, finer)

    def _with(
        self,
        other: Self,
        sums: DigitSums,
        counts: NDArray[np.int64],
        odd: NDArray[np.int64],
        finer: Mapping[int, int],
    ) -> "ColumnSums":
        """The sums of both, carried where they might overflow soon."""
        if int(counts.max()) >> _CARRY != int(max(self.counts.max(), other.counts.max())) >> _CARRY:
            sums = sums.carried()
        return ColumnSums(sums, counts, odd, finer)

    def exact(self) -> list[ExactSum]:
        """The sum of each group."""
        units = self.sums.units()
        rows = zip(units, self.counts.tolist(), self.odd.tolist(), strict=True)
        return [
            ExactSum(unit, count, nan, pos_inf, neg_inf, self.finer.get(group, 0))
            for group, (unit, count, (nan, pos_inf, neg_inf)) in enumerate(rows)
        ]


def _none_of(groups: int) -> NDArray[np.int64]:
    return np.zeros((groups, 3), np.int64)


def _odd(values: Floats, codes: Codes, groups: int) -> NDArray[np.int64]:
    found = _none_of(groups)
    odd = np.flatnonzero(~np.isfinite(values))
    if odd.size:
        numbers = values[odd]
        kinds = np.where(np.isnan(numbers), 0, np.where(numbers > 0, 1, 2))
        np.add.at(found, (codes[odd], kinds), 1)
    return found
