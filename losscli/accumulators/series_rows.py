"""The rows of a time series, kept in order: the state of the error of a function of means."""

import math
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats
from losscli.accumulators.products import sum_of_products, two_product, two_sum


class SeriesBlock(NamedTuple):
    """The rows of a block. keys: of cells. codes: the cell of each row, by its place among them.

    terms: for each j arrays (n,) whose sum is a_j; none where every a_j is 1.
    """

    keys: tuple[Hashable, ...]
    codes: NDArray[np.integer[Any]]
    terms: tuple[tuple[Floats, ...], ...]

    def deviations(self, factors: Mapping[Hashable, Sequence[Fraction]]) -> Floats:
        """Σ_j f_j·a_j of each row with the factors of its cell, to some 100 bits."""
        high, low = np.zeros((2, len(self.codes)))
        for j, parts in enumerate(self.terms):
            exact = [factors[key][j] if key in factors else Fraction(0) for key in self.keys]
            nearest = list(map(float, exact))
            rests = [float(a - Fraction(b)) for a, b in zip(exact, nearest, strict=True)]
            factor, rest = np.array(nearest)[self.codes], np.array(rests)[self.codes]
            if not parts:
                high, lost = two_sum(high, factor)
                low += lost + rest
            for part in parts:
                product, error = two_product(factor, part)
                high, lost = two_sum(high, product)
                low += lost + error + rest * part
        return high + low


class SeriesRows(Struct, frozen=True, eq=False):
    """Rows in the order of time; `+` appends those that follow. lag: as of `Design`."""

    lag: int
    blocks: tuple[SeriesBlock, ...]

    def __add__(self, other: Self) -> "SeriesRows":
        return SeriesRows(self.lag, self.blocks + other.blocks)

    def spread(self, factors: Mapping[Hashable, Sequence[Fraction]]) -> tuple[float | None, float]:
        """The root of n / (n - 1) times the variance of Σu, and the correlation of neighbours.

        u: `SeriesBlock.deviations`. By Newey and West, as `SeriesSums.stderr`. None for no more
        rows than the lag, and where u is not finite; nan at a lag of 0.
        """
        u = np.concatenate([block.deviations(factors) for block in self.blocks])
        n = len(u)
        if n <= max(self.lag, 1) or not np.isfinite(u).all():
            return None, math.nan
        products = [
            Fraction(sum_of_products(u[distance:], u[: n - distance]).finest, 1 << 2148)
            for distance in range(self.lag + 1)
        ]
        variance = products[0]
        for distance, product in enumerate(products[1:], start=1):
            variance += product * Fraction(2 * (self.lag + 1 - distance), self.lag + 1)
        known = self.lag > 0 and products[0] > 0
        correlation = float(products[1] / products[0]) if known else math.nan
        return math.sqrt(max(variance * n / (n - 1), Fraction(0))), correlation
