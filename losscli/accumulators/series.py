"""Products of rows at a distance: the state of a standard error of a time series."""

import math
from fractions import Fraction
from typing import Self

import numpy as np
from msgspec import Struct

from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.products import sum_of_products
from losscli.stats.nearest import root_of


class SeriesSums(Struct, frozen=True, eq=False):
    """The sums of a quotient Σa / Σb of rows in the order of time; `+` merges those that follow.

    lag: the largest distance. head, tail: a and b of the first and of the last rows, as many as the
    lag. products: Σ a·a', Σ (a·b' + b·a') and Σ b·b' of rows and those before them, at each
    distance from 0 to the lag.
    """

    lag: int
    head: tuple[Floats, Floats]
    tail: tuple[Floats, Floats]
    products: tuple[tuple[ExactSum, ExactSum, ExactSum], ...]

    @classmethod
    def of(cls, lag: int, numerator: Floats, denominator: Floats | None) -> "SeriesSums":
        """The sums of rows; None: every b is 1."""
        a = np.array(numerator)
        b = np.ones(len(a)) if denominator is None else np.array(denominator)
        return cls(
            lag,
            (a[:lag], b[:lag]),
            (a[len(a) - lag :], b[len(b) - lag :]) if lag < len(a) else (a, b),
            tuple(_products(a, b, distance, 0) for distance in range(lag + 1)),
        )

    def __add__(self, other: Self) -> "SeriesSums":
        a, b = (np.concatenate(pair) for pair in zip(self.tail, other.head, strict=True))
        cut = len(self.tail[0])
        products = []
        for distance, ours in enumerate(self.products):
            across = _products(a[: cut + distance], b[: cut + distance], distance, cut)
            every = zip(ours, other.products[distance], across, strict=True)
            products.append(tuple(_sum_of(x, y, z) for x, y, z in every))
        heads, tails = (
            zip(self.head, other.head, strict=True),
            zip(self.tail, other.tail, strict=True),
        )
        first = tuple(np.concatenate(pair)[: self.lag] for pair in heads)
        last = tuple(_last(np.concatenate(pair), self.lag) for pair in tails)
        return SeriesSums(self.lag, first, last, tuple(products))  # type: ignore[arg-type]

    def stderr(self, quotient: Fraction | None, denominator: Fraction, count: int) -> float | None:
        """The standard error of Newey and West (Econometrica 55, 1987) with Bartlett's weights.

        Times √(n / (n - 1)), as in statsmodels with `use_correction`. None for no more rows than
        the lag, and where sums are not finite.
        """
        sums = [each for distance in self.products for each in distance]
        finite = all(each.finite for each in sums)
        if count <= max(self.lag, 1) or quotient is None or not denominator or not finite:
            return None
        variance = Fraction(0)
        for distance in range(self.lag + 1):
            weight = Fraction(self.lag + 1 - distance, self.lag + 1) * (2 if distance else 1)
            variance += weight * self._products_at(distance, quotient)
        variance *= Fraction(count, count - 1) / (denominator * denominator)
        return root_of(variance)

    def correlation(self, quotient: Fraction) -> float:
        """The correlation of a - quotient·b of neighbours, of finite sums; nan at a lag of 0."""
        whole = self._products_at(0, quotient)
        return float(self._products_at(1, quotient) / whole) if self.lag and whole else math.nan

    def _products_at(self, distance: int, quotient: Fraction) -> Fraction:
        """The sum of the products of a - quotient·b at a distance."""
        x, y, z = (Fraction(each.finest, 1 << 2148) for each in self.products[distance])
        return x - quotient * y + quotient * quotient * z


def _products(
    a: Floats, b: Floats, distance: int, first: int
) -> tuple[ExactSum, ExactSum, ExactSum]:
    """The sums over the rows from `first` on that have a row so far before them."""
    later = slice(max(first, distance), None)
    earlier = slice(max(first, distance) - distance, max(len(a) - distance, 0))
    aa = sum_of_products(a[later], a[earlier])
    bb = sum_of_products(b[later], b[earlier])
    ab = _sum_of(sum_of_products(a[later], b[earlier]), sum_of_products(b[later], a[earlier]))
    return aa, ab, bb


def _sum_of(*sums: ExactSum) -> ExactSum:
    found = sums[0]
    for each in sums[1:]:
        found = found + each
    return found


def _last(values: Floats, count: int) -> Floats:
    return values[len(values) - count :] if count < len(values) else values
