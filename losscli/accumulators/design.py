"""The sampling design of rows, and the sums that it needs: of clusters, and of resamples."""

from collections.abc import Callable
from fractions import Fraction
from operator import add, iadd
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from losscli.accumulators.clusters import Clusters, ClusterSums, root_of_squares
from losscli.accumulators.cubes import CubeSums
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.products import sum_of_products, two_product
from losscli.accumulators.replicates import Draws, ReplicateSums
from losscli.accumulators.series import SeriesSums
from losscli.stats.nearest import root_of


class Design(NamedTuple):
    """The design of the rows of a block.

    clusters: the cluster of each row; None where rows are independent. draws: the resamples of the
    bootstrap; None without one. lag: the distance up to which rows in order depend on each other;
    None where they do not. frequency: True if weights count equal rows. skewness: True if that of
    the rows is wanted.
    """

    clusters: Clusters | None = None
    draws: Draws | None = None
    lag: int | None = None
    frequency: bool = False
    skewness: bool = False

    def at(self, rows: Any) -> "Design":
        """The design of some rows, by a slice or an array of their places among these."""
        return Design(
            None if self.clusters is None else self.clusters.at(rows),
            None if self.draws is None else self.draws.at(rows),
            self.lag,
            self.frequency,
            self.skewness,
        )

    def sums(
        self,
        numerator: Floats,
        denominator: Floats | None,
        weighted: tuple[Floats, Floats, Floats | None] | None = None,
    ) -> "DesignSums":
        """The sums of rows, one at least, for the quotient Σa / Σb; None: every b is 1.

        weighted: w, a / w and b / w; None where no row has a weight.
        """
        clusters = replicates = series = counts = cubes = None
        if self.clusters is not None:
            clusters = ClusterSums.of(self.clusters, [numerator, denominator])
        if self.draws is not None:
            replicates = ReplicateSums.of(self.draws, numerator, denominator)
        if self.lag is not None:
            series = SeriesSums.of(self.lag, numerator, denominator)
        if self.frequency and weighted is not None:
            counts = CountSums.of(*weighted)
        if self.skewness and self.clusters is not None:
            cubes = CubeSums()  # requested, but it follows from the sums of clusters
        elif self.skewness and counts is not None and weighted is not None:
            cubes = CubeSums.of(*weighted[1:], weighted[0])
        elif self.skewness:
            cubes = CubeSums.of(numerator, denominator)
        return DesignSums(clusters, replicates, series, counts, cubes)


class CountSums(Struct, frozen=True):
    """Σw, Σ w·x², Σ w·x·y and Σ w·y² of rows x, y that occur w times each; `+` merges two."""

    rows: ExactSum
    squares: tuple[ExactSum, ExactSum, ExactSum]

    @classmethod
    def of(cls, weight: Floats, x: Floats, y: Floats | None) -> "CountSums":
        """The sums of rows; None: every y is 1."""
        y = np.ones(len(x)) if y is None else y
        return cls(
            ExactSum.of(np.ascontiguousarray(weight)),
            (_triple(weight, x, x), _triple(weight, x, y), _triple(weight, y, y)),
        )

    def __add__(self, other: "CountSums") -> "CountSums":
        xx, xy, yy = (a + b for a, b in zip(self.squares, other.squares, strict=True))
        return CountSums(self.rows + other.rows, (xx, xy, yy))

    @property
    def count(self) -> int:
        """The number of rows, each as often as it occurs."""
        return int(float(self.rows))

    def stderr(self, quotient: Fraction | None, denominator: Fraction) -> float | None:
        """The standard error of Σ w·x / Σ w·y, as of rows that are repeated."""
        finite = all(each.finite for each in self.squares)
        if self.count < 2 or quotient is None or not denominator or not finite:
            return None
        x, y, z = (Fraction(each.finest, 1 << 2148) for each in self.squares)
        squares = x - 2 * quotient * y + quotient * quotient * z
        variance = squares * Fraction(self.count, self.count - 1) / (denominator * denominator)
        return root_of(variance)


def _triple(weight: Floats, x: Floats, y: Floats) -> ExactSum:
    """Σ w·x·y, to some 100 bits."""
    high, low = two_product(x, y)
    return sum_of_products(weight, high) + sum_of_products(weight, low)


class DesignSums(Struct, frozen=True):
    """The sums of a quotient that a design needs; `+` merges two."""

    clusters: ClusterSums | None = None
    replicates: ReplicateSums | None = None
    series: SeriesSums | None = None
    counts: CountSums | None = None
    cubes: CubeSums | None = None

    def __add__(self, other: "DesignSums") -> "DesignSums":
        return self._merged(other, add)

    def __iadd__(self, other: "DesignSums") -> "DesignSums":  # noqa: PYI034 - a new one
        return self._merged(other, iadd)

    def _merged(self, other: "DesignSums", merge: Callable[[Any, Any], Any]) -> "DesignSums":
        """The sums of both; merge: of the clusters, which are the largest."""
        clusters, replicates = self.clusters, self.replicates
        if clusters is not None and other.clusters is not None:
            clusters = merge(clusters, other.clusters)
        if replicates is not None and other.replicates is not None:
            replicates = replicates + other.replicates
        series, counts, cubes = self.series, self.counts, self.cubes
        if series is not None and other.series is not None:
            series = series + other.series
        if counts is not None and other.counts is not None:
            counts = counts + other.counts
        if cubes is not None and other.cubes is not None:
            cubes = cubes + other.cubes
        return DesignSums(clusters, replicates, series, counts, cubes)


def effective_clusters(clusters: ClusterSums, denominator: float) -> float:
    """The number of clusters of equal Σb that are as good as these."""
    if not denominator:
        return 0.0
    shares = (part / denominator for part in clusters.weights())
    squares = float(sum((ExactSum.of(part * part) for part in shares), ExactSum()))
    return 1.0 / squares if squares else 0.0


def clustered_stderr(clusters: ClusterSums, quotient: float, denominator: float) -> float | None:
    """The standard error of a quotient with Σb = denominator; None for one cluster.

    The quotient is linearised about its value, and a - quotient·b summed over each cluster.
    """
    if not denominator:
        return None
    with np.errstate(all="ignore"):
        root = root_of_squares(clusters.deviations(quotient))
    return None if root is None else root / abs(denominator)
