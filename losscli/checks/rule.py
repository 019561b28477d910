"""The rule of correctness, for `losscli check` and for `correct` in a benchmark.

A value or gradient is incorrect if its error exceeds 16 · eps · max(|truth|, 1, |logit|), where
|logit| is the row's largest one if predictions are logits or other numbers of which only
differences count. The mean of N rows, and its gradient, may be off by (16 + log2 N) · eps times the
scale of the mean. A NaN or infinity that the truth does not have is incorrect, and so is one that
is missing.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.precision import Floats, Precision

_UNITS = 16
LOSES_DIGITS = 16.0  # ULP; a correct result with a larger error gets the note `loses_digits`


@dataclass(frozen=True, slots=True)
class ErrorStats:
    """The errors of `count` numbers against the truth; `+` merges two.

    incorrect: how many exceed the tolerance. first: the index of the first incorrect one, with its
    actual and expected value. ulp: the largest error in ULP; ulp_at, ulp_index: the truth and the
    index where it occurs.
    relative: the largest error relative to the truth. low, high: the range of the truth.
    tolerance: the smallest tolerance. wrong_shape: True if shapes differ and nothing was compared.
    sample: errors in ULP of evenly spaced entries, where requested.
    """

    count: int
    incorrect: int
    ulp: float
    relative: float
    first: int | None = None
    actual: float = math.nan
    expected: float = math.nan
    low: float = math.inf
    high: float = -math.inf
    tolerance: float = math.inf
    wrong_shape: bool = False
    sample: tuple[Floats, ...] = ()
    ulp_at: float = math.nan
    ulp_index: int = 0

    @property
    def vacuous(self) -> bool:
        """True if a constant would have passed as well; a single value cannot tell."""
        return self.count > 1 and self.high - self.low <= 2.0 * self.tolerance

    @property
    def median_ulp(self) -> float | None:
        """The median error of the sample in ULP; None without a sample."""
        return float(np.median(np.concatenate(self.sample))) if self.sample else None

    @property
    def correct(self) -> bool:
        """True if every number is within its tolerance."""
        return not self.incorrect

    def __add__(self, other: "ErrorStats") -> "ErrorStats":
        first = self if self.first is not None else other
        worst = other if other.ulp > self.ulp or not self.count else self
        return replace(
            worst,
            count=self.count + other.count,
            incorrect=self.incorrect + other.incorrect,
            relative=max(self.relative, other.relative),
            first=first.first,
            actual=first.actual,
            expected=first.expected,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            tolerance=min(self.tolerance, other.tolerance),
            wrong_shape=self.wrong_shape or other.wrong_shape,
            sample=self.sample + other.sample,
        )


NO_ERRORS = ErrorStats(0, 0, 0.0, 0.0)


def wrong_shape(shape: tuple[int, ...]) -> ErrorStats:
    """The statistics of an answer whose shape is incorrect."""
    return ErrorStats(1, 1, np.inf, np.inf, 0, float(len(shape)), wrong_shape=True)


def error_scale(truth: Floats, logits: Floats | None) -> Floats:
    """The scale of a row's tolerance: max(|truth|, 1, the row's largest |logit|).

    truth: (N,) or (N, …). logits: (N, C) or of truth's shape; None if predictions are not logits.
    """
    scale = np.maximum(np.abs(truth), 1.0)
    if logits is not None:
        largest = np.abs(logits)
        if truth.ndim == 1 and largest.ndim > 1:
            largest = largest.reshape(len(largest), -1).max(axis=1)
        elif largest.ndim > 1:
            largest = largest.max(axis=tuple(range(1, largest.ndim)), keepdims=True)
        scale = np.maximum(scale, largest)
    return np.where(np.isfinite(scale), scale, 1.0)


def tolerance(scale: Floats, precision: Precision, mean_of: int = 1) -> Floats:
    """The largest error that is still correct; mean_of: the number of rows of the mean."""
    units = _UNITS + (math.log2(mean_of) if mean_of > 1 else 0.0)
    smallest = math.ldexp(1.0, precision.lowest)
    return np.asarray(units * precision.eps * scale + smallest)


def error_stats(
    actual: NDArray[Any],
    truth: Floats,
    allowed: Floats,
    precision: Precision,
    *,
    offset: int = 0,
    unit_of: Floats | None = None,
    sample: int = 0,
) -> ErrorStats:
    """Compare numbers with the truth, entry by entry.

    allowed: the tolerance, which broadcasts to the truth. offset: the index of the first entry.
    unit_of: numbers whose last place is the unit of the error instead of the truth's: for a signed
    sum that may cancel, the largest of its kind. sample: how many errors to keep.

    Raises ValueError if the shapes differ.
    """
    values = np.asarray(actual, np.float64)
    if values.shape != truth.shape:
        raise ValueError(f"the shape is {values.shape}, expected {truth.shape}")
    overflow = np.isinf(values) & (np.abs(truth) > precision.largest)
    truth = np.where(overflow, np.copysign(np.inf, truth), truth)  # the type has no larger number
    with np.errstate(all="ignore"):
        distance = np.abs(values - truth)
        same = (values == truth) | (np.isnan(values) & np.isnan(truth))
        incorrect = ~((distance <= allowed) | same)
        relative = np.where(same, 0.0, distance / np.maximum(np.abs(truth), 2.0**-1000))
    ulps = precision.ulps(values, truth, unit_of)
    first = int(incorrect.argmax()) if incorrect.any() else None
    finite = truth[np.isfinite(truth)]
    worst = int(ulps.argmax()) if ulps.size else None
    kept = ulps.reshape(-1)[:: max(1, ulps.size // sample)] if sample and ulps.size else None
    return ErrorStats(
        count=int(truth.size),
        incorrect=int(incorrect.sum()),
        ulp=float(ulps.max(initial=0.0)),
        relative=float(np.nanmax(np.where(np.isnan(relative), np.inf, relative), initial=0.0)),
        first=None if first is None else offset + first,
        actual=math.nan if first is None else float(values.reshape(-1)[first]),
        expected=math.nan if first is None else float(truth.reshape(-1)[first]),
        low=float(finite.min(initial=math.inf)),
        high=float(finite.max(initial=-math.inf)),
        tolerance=float(np.min(allowed, initial=math.inf)),
        sample=() if kept is None else (kept.copy(),),
        ulp_at=math.nan if worst is None else float(truth.reshape(-1)[worst]),
        ulp_index=offset + (worst or 0),
    )


def expected_slope(actual: Floats, declared: Floats, low: Floats, high: Floats) -> Floats:
    """The slope to compare with: at a kink any slope between low and high is correct."""
    if actual.shape != low.shape:
        return declared
    return np.asarray(np.clip(np.where(np.isnan(actual), declared, actual), low, high))
