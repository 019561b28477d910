"""The accumulator of one loss: sums, moments, extremes and counts of its rows."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import starmap
from operator import add, iadd
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from losscli.accumulators.clusters import ClusterSums
from losscli.accumulators.cubes import clustered_skewness
from losscli.accumulators.design import Design, DesignSums, clustered_stderr, effective_clusters
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.moments import UNIT, Moments, Unit, units_of, units_of_ones
from losscli.accumulators.products import sum_of_products
from losscli.kernels.machine import Folded, fold_values
from losscli.stats.proportions import effective_trials
from losscli.stats.skewness import Skewness

Indices: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]


class Extremes(Struct, frozen=True, gc=False):
    """The smallest and the largest loss, and the first row of the largest; nan is neither."""

    low: float = math.inf
    high: float = -math.inf
    high_row: int | None = None

    def __add__(self, other: "Extremes") -> "Extremes":
        later = other.high > self.high or self.high_row is None
        return Extremes(
            min(self.low, other.low),
            other.high if later else self.high,
            other.high_row if later else self.high_row,
        )


class RowAccumulator(Struct, frozen=True, gc=False):
    """The state of one loss over rows; `+` merges the state of the rows that follow.

    numerator, denominator: Σ w·L and Σ w·den, exact, over the rows that count.
    skipped, ignored: rows without a value, and rows of weight 0.
    idle: those of the ignored that are in the denominator all the same.
    design: the sums that the sampling design needs; None where rows are independent.
    """

    numerator: ExactSum = field(default_factory=ExactSum)
    denominator: ExactSum = field(default_factory=ExactSum)
    moments: Moments = field(default_factory=Moments)
    extremes: Extremes = field(default_factory=Extremes)
    skipped: int = 0
    ignored: int = 0
    idle: int = 0
    design: DesignSums | None = None

    @classmethod
    def of_folded(
        cls, folded: Folded, first: int, count: int, design: DesignSums | None = None
    ) -> "RowAccumulator":
        """The state of `count` unweighted rows from the compiled machine; `first` is the first.

        design: their sums, if any are wanted.
        """
        return cls(
            ExactSum(folded.total, count),
            ExactSum.ones(count),
            Moments(tuple(starmap(Unit, folded.units))),
            Extremes(folded.low + 0.0, folded.high + 0.0, first + folded.high_row),
            design=design,
        )

    def __add__(self, other: "RowAccumulator") -> "RowAccumulator":
        return self._merged(other, add)

    def __iadd__(self, other: "RowAccumulator") -> "RowAccumulator":  # noqa: PYI034 - a new one
        return self._merged(other, iadd)

    def _merged(
        self, other: "RowAccumulator", merge: Callable[[Any, Any], Any]
    ) -> "RowAccumulator":
        """The state of the rows of both; merge: of the sums of a design."""
        return RowAccumulator(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.moments + other.moments,
            self.extremes + other.extremes,
            self.skipped + other.skipped,
            self.ignored + other.ignored,
            self.idle + other.idle,
            merge(self.design, other.design)
            if self.design and other.design
            else self.design or other.design,
        )

    @property
    def count(self) -> int:
        """The rows in the mean, except those of weight 0."""
        return self.numerator.count - self.idle

    @property
    def clusters(self) -> ClusterSums | None:
        """The sums by cluster; None where rows are independent."""
        return None if self.design is None else self.design.clusters

    @property
    def rows(self) -> int:
        """All rows seen."""
        return self.count + self.skipped + self.ignored

    def mean(self) -> float:
        """Σ w·L / Σ w·den, correctly rounded; nan where no row counts."""
        return self.numerator.over(self.denominator)

    def trials(self, share: float, stderr: float) -> float:
        """The effective number of rows for a mean that is a share, with its standard error."""
        weight = float(self.denominator)
        found = effective_trials(share, stderr)
        if self.clusters is not None:
            return min(found or effective_clusters(self.clusters, weight), float(self.count))
        if found is None:
            counts = None if self.design is None else self.design.counts
            return self.moments.effective_rows(weight) if counts is None else float(self.size)
        return found * self.size / (self.size - 1)  # n itself, where no row has a weight

    @property
    def freedom(self) -> int:
        """The degrees of freedom of the standard error: the rows less one, or the clusters."""
        return (self.size if self.clusters is None else len(self.clusters)) - 1

    @property
    def size(self) -> int:
        """The rows that count, each as often as its weight says where weights count rows."""
        counts = None if self.design is None else self.design.counts
        return self.count if counts is None else counts.count

    def stderr(self, mean: float | None = None, weight: float | None = None) -> float | None:
        """The standard error of the mean; None for fewer than two rows, or beyond float64.

        mean, weight: `mean()` and `float(denominator)`, from a caller that has computed them.
        """
        if mean is None or weight is None:
            mean, weight = self.mean(), float(self.denominator)
        if not math.isfinite(mean):
            return None
        if self.design is not None:
            if self.size < 2:
                return None
            if self.design.series or self.design.counts:
                return self._designed_stderr(self.design)
            if self.clusters is not None:
                return clustered_stderr(self.clusters, mean, weight)
        elif self.count < 2:
            return None
        stderr = self.moments.stderr(mean, weight, self.numerator.count)
        # Rows that differ cannot have a spread of 0: their squares were too small for float64.
        return None if stderr == 0 and self.extremes.low != self.extremes.high else stderr

    def correlation(self) -> float:
        """The correlation of the losses of neighbours in a series; nan where it is not known."""
        _, quotient = self._exact_quotient()
        if self.design is None or self.design.series is None or quotient is None:
            return math.nan
        return self.design.series.correlation(quotient)

    def skewness(self) -> Skewness | None:
        """The skewness of clusters, or of rows whose cubes are summed; None where not known."""
        denominator, quotient = self._exact_quotient()
        if self.design is None or quotient is None:
            return None
        if self.clusters is not None:
            return clustered_skewness(self.clusters, float(quotient), float(denominator))
        cubes = self.design.cubes
        return None if cubes is None else cubes.skewness(quotient, denominator)

    def correction(self) -> Skewness | None:
        """The skewness that corrects the interval of the mean; None where it is not requested."""
        requested = self.design is not None and self.design.cubes is not None
        return self.skewness() if requested else None

    def _exact_quotient(self) -> tuple[Fraction, Fraction | None]:
        """The denominator of the mean, 0 where it is not finite, and the mean; None without one."""
        above, below = self.numerator, self.denominator
        denominator = Fraction(below.finest, 1 << 2148) if below.finite else Fraction(0)
        if not (above.finite and denominator):
            return denominator, None
        return denominator, Fraction(above.finest, 1 << 2148) / denominator

    def _designed_stderr(self, design: DesignSums) -> float | None:
        """The standard error of a series, or of rows that weights count."""
        below, denominator, quotient = self.denominator, *self._exact_quotient()
        if design.series is not None:
            return design.series.stderr(quotient, denominator, self.numerator.count)
        if design.clusters is not None or design.counts is None:  # as clusters of repeated rows
            assert design.clusters is not None
            return clustered_stderr(design.clusters, self.mean(), float(below))
        return design.counts.stderr(quotient, denominator)


class RowLosses(NamedTuple):
    """The losses of the rows of a block.

    values: (n,). denominator, weight: (n,), None where all are 1. skip: (n,), True for rows
    without a value. by_rows: True if the mean divides by the number of rows, whatever the weights.
    design: of the rows; None where they are independent and not resampled.
    """

    values: Floats
    denominator: Floats | None = None
    weight: Floats | None = None
    skip: Mask | None = None
    by_rows: bool = False
    design: Design | None = None

    def accumulate(self, first: int, unit: int = UNIT) -> RowAccumulator:
        """Their accumulator; row `first` of all is the first of them.

        unit: the rows whose moments are taken together, from row 0 of all.
        """
        plain = self.denominator is None and self.weight is None and self.skip is None
        folded = fold_values(self.values, unit, first % unit) if plain else None
        if folded is not None:
            design = None if self.design is None else self.design.sums(self.values, None)
            return RowAccumulator.of_folded(folded, first, len(self.values), design)
        return self.counted().accumulate(first, unit)

    def counted(self) -> "CountedRows":
        """The rows that count, with their terms of the two sums."""
        index = None
        if self.skip is not None and self.skip.any():
            index = np.flatnonzero(~self.skip)
        values, shares, weight = self[:3]
        if index is not None:
            values, shares, weight = (_at(column, index) for column in self[:3])
        scaled, idle, factor = values, None, None
        if weight is not None:
            scaled = _weighed(values, weight)
            if self.by_rows:
                idle = weight == 0
            else:
                factor = shares
                shares = weight if shares is None else _weighed(shares, weight)
        if shares is not None:
            out = shares == 0
            if out.any() and (out := out & (scaled == 0)).any():
                kept = np.flatnonzero(~out)
                index = kept if index is None else index[kept]
                values, scaled, idle = values[kept], scaled[kept], _at(idle, kept)
                shares, weight, factor = shares[kept], _at(weight, kept), _at(factor, kept)
        design = self.design
        if design is not None and index is not None:
            design = design.at(index)
        block = len(self.values)
        return CountedRows(
            values, scaled, shares, idle, index, block, self.skip, design, weight, factor
        )


class CountedRows(NamedTuple):
    """The rows of a block that count in a mean.

    values, scaled, shares: L, w·L and w·den of each, shares None where all are 1.
    idle: True where the weight is 0; None where no weight is.
    positions: theirs in the block, ascending; None for all rows.
    block, skip: the number of rows in the block, and which of them have no value.
    design: of the rows; None where they are independent and not resampled.
    weight: w; None where all are 1. factor: den, where shares are products w·den.
    """

    values: Floats
    scaled: Floats
    shares: Floats | None
    idle: Mask | None
    positions: Indices | None
    block: int
    skip: Mask | None
    design: Design | None = None
    weight: Floats | None = None
    factor: Floats | None = None

    def accumulate(self, first: int, unit: int) -> RowAccumulator:
        """Their accumulator; the block begins at row `first` of all."""
        skipped = 0 if self.skip is None else int(np.count_nonzero(self.skip))
        out = self.block - skipped - len(self.values)
        cuts = self.cuts(first, unit)
        if self.shares is None and len(self.values):
            units = units_of_ones(np.ascontiguousarray(self.scaled), cuts)
        else:
            units = self.units(cuts)
        return self.state(first, units, skipped, out)

    def cuts(self, first: int, unit: int) -> list[int]:
        """The places where they pass into another unit, the ends included."""
        cuts = [0, *range(unit - first % unit, self.block, unit), self.block]
        if self.positions is not None:
            cuts = list(dict.fromkeys(np.searchsorted(self.positions, cuts).tolist()))
        return cuts

    def units(self, cuts: Sequence[int]) -> list[Unit]:
        """The moments of their parts, cut at these places; none without rows."""
        if not len(self.values):
            return []
        shares = None if self.shares is None else np.ascontiguousarray(self.shares)
        return units_of(np.ascontiguousarray(self.scaled), shares, cuts)

    def state(
        self, first: int, units: Sequence[Unit], skipped: int, ignored: int
    ) -> RowAccumulator:
        """The accumulator of these rows, whose moments are known, and of others left out."""
        if not len(self.values):
            return RowAccumulator(skipped=skipped, ignored=ignored)
        at = int(self.values.argmax())  # the first nan, if there is one
        low, high = self.values.item(self.values.argmin()), self.values.item(at)
        if math.isnan(high):
            extremes = self._extremes_without_nan(first)
        else:
            # The sign of a zero would depend on which of several the processor finds.
            extremes = Extremes(low + 0.0, high + 0.0, first + self._position(at))
        idle = 0 if self.idle is None else int(np.count_nonzero(self.idle))
        return RowAccumulator(
            self._numerator(low, high),
            self._denominator(),
            Moments(tuple(units)),
            extremes,
            skipped,
            ignored + idle,
            idle,
            None if self.design is None else self.design_sums(self.design),
        )

    def design_sums(self, design: Design) -> DesignSums:
        """The sums that a design of these rows, one at least, needs."""
        weighted = None if self.weight is None else (self.weight, self.values, self.factor)
        return design.sums(self.scaled, self.shares, weighted)

    def _numerator(self, low: float, high: float) -> ExactSum:
        """Σ w·L; low, high: the extremes of L."""
        if self.weight is None:
            return ExactSum.of(self.scaled, low, high)
        return sum_of_products(self.values, self.weight)

    def _denominator(self) -> ExactSum:
        """Σ w·den."""
        if self.shares is None:
            return ExactSum.ones(len(self.values))
        if self.factor is not None and self.weight is not None:
            return sum_of_products(self.factor, self.weight)
        return ExactSum.of(self.shares)

    def at(self, rows: Any) -> "CountedRows":
        """Some of them, by a slice or an array of their places among these."""
        values = self.values[rows]
        scaled = values if self.scaled is self.values else self.scaled[rows]
        positions = rows if self.positions is None else self.positions[rows]
        return self._replace(
            values=values,
            scaled=scaled,
            shares=_at(self.shares, rows),
            idle=_at(self.idle, rows),
            positions=positions,
            design=None if self.design is None else self.design.at(rows),
            weight=_at(self.weight, rows),
            factor=_at(self.factor, rows),
        )

    def _position(self, at: int) -> int:
        return at if self.positions is None else int(self.positions[at])

    def _extremes_without_nan(self, first: int) -> Extremes:
        numbers = np.flatnonzero(~np.isnan(self.values))
        if not numbers.size:
            return Extremes()
        values = self.values[numbers]
        at = int(numbers[values.argmax()])
        low, high = float(values.min()) + 0.0, float(self.values[at]) + 0.0
        return Extremes(low, high, first + self._position(at))


def _at(column: NDArray[Any] | None, rows: Indices | slice | None) -> Any:
    return column if column is None or rows is None else column[rows]


@np.errstate(invalid="ignore")
def _weighed(numbers: Floats, weight: Floats) -> Floats:
    """w·x of each row; 0 for a weight of 0, also where x is infinite."""
    product = weight * numbers
    product[weight == 0] = 0.0
    return product
