"""The accumulator of one loss: sums, extremes and counts of its rows."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.moments import Moments

Indices: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Extremes:
    """The least and the largest row, and where the largest stands first; nan counts as neither."""

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


class RowLosses(NamedTuple):
    """The losses of a block's rows with the other arguments of `RowAccumulator.of`."""

    values: Floats
    denominator: Floats | None = None
    weight: Floats | None = None
    skip: NDArray[np.bool_] | None = None
    by_rows: bool = False

    def at(self, rows: Indices | slice) -> "RowLosses":
        """Some of the rows."""
        return RowLosses(
            self.values[rows],
            None if self.denominator is None else self.denominator[rows],
            None if self.weight is None else self.weight[rows],
            None if self.skip is None else self.skip[rows],
            self.by_rows,
        )

    def accumulate(self, first: int) -> "RowAccumulator":
        """Their accumulator; row `first` of all is the first of them."""
        return RowAccumulator.of(
            self.values, first, self.denominator, self.weight, self.skip, by_rows=self.by_rows
        )


@dataclass(frozen=True, slots=True)
class RowAccumulator:
    """All that is kept of a loss's rows; `+` takes the accumulator of the rows that follow.

    numerator, denominator: Σ w·L and Σ w·den, exact, over the rows that count.
    skipped, ignored: rows left out for a missing number, and rows of no weight.
    idle: those of the ignored that are in the denominator all the same.
    """

    numerator: ExactSum = field(default_factory=ExactSum)
    denominator: ExactSum = field(default_factory=ExactSum)
    moments: Moments = field(default_factory=Moments)
    extremes: Extremes = field(default_factory=Extremes)
    skipped: int = 0
    ignored: int = 0
    idle: int = 0

    @classmethod
    def of(
        cls,
        values: Floats,
        first: int,
        denominator: Floats | None = None,
        weight: Floats | None = None,
        skip: NDArray[np.bool_] | None = None,
        *,
        by_rows: bool = False,
    ) -> "RowAccumulator":
        """The accumulator of a block of row losses whose first row is row `first` of all.

        denominator, weight: one a row, None where all are 1.
        skip: rows to leave out; they are counted. by_rows: whether a row counts as much in the
        mean whatever its weight is.
        """
        rows: Indices | None = None
        skipped = ignored = 0
        if skip is not None and skip.any():
            rows = np.flatnonzero(~skip)
            skipped = values.size - rows.size
            values = values[rows]
            denominator = None if denominator is None else denominator[rows]
            weight = None if weight is None else weight[rows]
        scaled, shares = values, denominator
        if weight is not None:
            scaled = _weighed(values, weight)
            if not by_rows:
                shares = weight if denominator is None else _weighed(denominator, weight)
        if shares is not None:
            out = (shares == 0) & (scaled == 0)
            if out.any():
                kept = np.flatnonzero(~out)
                ignored = values.size - kept.size
                rows = kept if rows is None else rows[kept]
                values, scaled, shares = values[kept], scaled[kept], shares[kept]
                weight = None if weight is None else weight[kept]
        if not values.size:
            return cls(skipped=skipped, ignored=ignored)
        at = int(values.argmax())  # the first nan, where there is one
        low, high = float(values.min()), float(values[at])
        if math.isnan(high):
            extremes = _extremes_beside_nan(values, rows, first)
        else:
            extremes = Extremes(low, high, first + (at if rows is None else int(rows[at])))
        known = (low, high) if scaled is values else ()
        numerator = ExactSum.of(scaled, *known)
        total = ExactSum.ones(values.size) if shares is None else ExactSum.of(shares)
        moments = Moments.of(scaled, shares, numerator.over(total))
        idle = int(np.count_nonzero(weight == 0)) if by_rows and weight is not None else 0
        return cls(numerator, total, moments, extremes, skipped, ignored + idle, idle)

    def __add__(self, other: "RowAccumulator") -> "RowAccumulator":
        return RowAccumulator(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.moments + other.moments,
            self.extremes + other.extremes,
            self.skipped + other.skipped,
            self.ignored + other.ignored,
            self.idle + other.idle,
        )

    @property
    def count(self) -> int:
        """The rows in the mean, but for those of no weight."""
        return self.numerator.count - self.idle

    @property
    def rows(self) -> int:
        """All rows seen."""
        return self.count + self.skipped + self.ignored

    def mean(self) -> float:
        """Σ w·L / Σ w·den, correctly rounded; nan where nothing counts."""
        return self.numerator.over(self.denominator)

    def stderr(self) -> float | None:
        """The standard error of the mean; None for fewer than two rows, or beyond float64."""
        mean = self.mean()
        if self.count < 2 or not math.isfinite(mean):
            return None
        found = self.moments.stderr(mean, float(self.denominator))
        # Unlike rows cannot have no spread: their squares were too small for float64.
        return None if found == 0 and self.extremes.low != self.extremes.high else found


def _weighed(numbers: Floats, weight: Floats) -> Floats:
    """The numbers by their weights; a row of weight 0 is out, even where its number is infinite."""
    found = np.zeros_like(numbers)
    np.multiply(weight, numbers, out=found, where=weight != 0)
    return found


def _extremes_beside_nan(values: Floats, rows: Indices | None, first: int) -> Extremes:
    numbers = np.flatnonzero(~np.isnan(values))
    if not numbers.size:
        return Extremes()
    at = int(numbers[values[numbers].argmax()])
    row = first + (at if rows is None else int(rows[at]))
    return Extremes(float(values[numbers].min()), float(values[at]), row)
