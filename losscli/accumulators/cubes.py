"""Exact sums of second and third powers of rows: the state of the skewness of a quotient."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from msgspec import Struct

from losscli.accumulators.clusters import ClusterSums
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.products import sum_of_products, two_product
from losscli.stats.skewness import Skewness


class CubeSums(Struct, frozen=True):
    """The sums of rows x, y that occur w times each; `+` merges two.

    squares: Σ w·x², Σ w·x·y and Σ w·y². cubes: Σ w·x³, Σ w·x²·y, Σ w·x·y² and Σ w·y³.
    `CubeSums()` has no rows.
    """

    squares: tuple[ExactSum, ...] = (ExactSum(),) * 3
    cubes: tuple[ExactSum, ...] = (ExactSum(),) * 4

    @classmethod
    def of(cls, x: Floats, y: Floats | None = None, weight: Floats | None = None) -> "CubeSums":
        """The sums of rows; None: every y, or every w, is 1."""
        if y is None and weight is None:
            square, rows = sum_of_products(x, x), (ExactSum.of(x), ExactSum.ones(len(x)))
            return cls((square, *rows), (_sum((x,), two_product(x, x)), square, *rows))
        y = np.ones(len(x)) if y is None else y
        a, b = (((each,) if weight is None else two_product(weight, each)) for each in (x, y))
        xx, yy = two_product(x, x), two_product(y, y)
        return cls(
            (_sum(a, (x,)), _sum(a, (y,)), _sum(b, (y,))),
            (_sum(a, xx), _sum(b, xx), _sum(a, yy), _sum(b, yy)),
        )

    def __add__(self, other: "CubeSums") -> "CubeSums":
        squares, cubes = (
            tuple(a + b for a, b in zip(ours, theirs, strict=True))
            for ours, theirs in ((self.squares, other.squares), (self.cubes, other.cubes))
        )
        return CubeSums(squares, cubes)

    def skewness(self, quotient: Fraction, denominator: Fraction) -> Skewness | None:
        """The skewness of Σ w·x / Σ w·y, with Σ w·y = denominator; None where it is not known."""
        if not all(each.finite for each in (*self.squares, *self.cubes)):
            return None
        x, y, z = (Fraction(each.finest, 1 << 2148) for each in self.squares)
        squares, shared = x - quotient * (2 * y - quotient * z), y - quotient * z
        x, y, z, last = (Fraction(each.finest, 1 << 2148) for each in self.cubes)
        cubes = x - quotient * (3 * y - quotient * (3 * z - quotient * last))
        if not squares > 0:
            return None
        return Skewness(
            math.copysign(math.sqrt(cubes * cubes / squares**3), cubes),
            math.copysign(math.sqrt(shared * shared / squares) / abs(denominator), shared),
        )


def clustered_skewness(
    clusters: ClusterSums, quotient: float, denominator: float
) -> Skewness | None:
    """The skewness of a quotient whose rows lie in clusters, of which the sums are the terms."""
    with np.errstate(all="ignore"):
        terms = clusters.deviations(quotient)
        peaks = [float(np.max(np.abs(part))) for part in terms]
        largest = max(peaks)
        if not all(map(math.isfinite, peaks)) or not largest:
            return None
        sums = [ExactSum(), ExactSum(), ExactSum()]
        for part, below in zip(terms, clusters.weights(), strict=True):
            scaled = part / largest
            squares = scaled * scaled
            factors = (squares, squares * scaled, scaled * (below / denominator))
            sums = [total + ExactSum.of(each) for total, each in zip(sums, factors, strict=True)]
    square, cube, shared = map(float, sums)
    return Skewness(cube / (square * math.sqrt(square)), shared / math.sqrt(square))


def _sum(one: Sequence[Floats], other: Sequence[Floats]) -> ExactSum:
    """The sum of the products of two numbers a row, each the sum of some arrays."""
    first, *rest = (sum_of_products(a, b) for a in one for b in other)
    return sum(rest, first)
