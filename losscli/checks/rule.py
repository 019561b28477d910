"""The one rule of what is wrong, for `losscli check` and for `correct` in a benchmark.

A value or gradient is wrong where it is further from the truth than
16 · eps · max(|truth|, 1, the row's largest |logit| where predictions are logits or other numbers
that count by their differences), and the mean of N rows, or its gradient, where it is further than
(16 + log2 N) · eps times the scale of the mean.
Wrong are also nan and infinities that the truth does not have, and those of it that are missing.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.precision import Floats, Precision

_UNITS = 16


@dataclass(frozen=True, slots=True)
class ErrorStats:
    """What a comparison found.

    wrong: entries beyond the tolerance, of `count`; first: the index of the first of them, and what
    it is and should be. ulp: the largest error; relative: the same over the truth's size.
    low, high: the extremes of the truth; slack: the least tolerance. wrong_shape: nothing could be
    compared, for the shape. errors: those of some entries in ULP, evenly spread, where they were
    asked for.
    """

    count: int
    wrong: int
    ulp: float
    relative: float
    first: int | None = None
    found: float = math.nan
    expected: float = math.nan
    low: float = math.inf
    high: float = -math.inf
    slack: float = math.inf
    wrong_shape: bool = False
    errors: tuple[Floats, ...] = ()

    @property
    def vacuous(self) -> bool:
        """Whether a constant would have passed as well; one value alone says nothing."""
        return self.count > 1 and self.high - self.low <= 2.0 * self.slack

    @property
    def typical(self) -> float | None:
        """The median error in ULP; None where none was kept."""
        return float(np.median(np.concatenate(self.errors))) if self.errors else None

    @property
    def right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    def __add__(self, later: "ErrorStats") -> "ErrorStats":
        first = self if self.first is not None else later
        return ErrorStats(
            self.count + later.count,
            self.wrong + later.wrong,
            max(self.ulp, later.ulp),
            max(self.relative, later.relative),
            first.first,
            first.found,
            first.expected,
            min(self.low, later.low),
            max(self.high, later.high),
            min(self.slack, later.slack),
            self.wrong_shape or later.wrong_shape,
            self.errors + later.errors,
        )


NO_ERRORS = ErrorStats(0, 0, 0.0, 0.0)


def wrong_shape(shape: tuple[int, ...]) -> ErrorStats:
    """The finding of an answer that has the wrong shape."""
    return ErrorStats(1, 1, np.inf, np.inf, 0, float(len(shape)), wrong_shape=True)


def scale_of(truth: Floats, logits: Floats | None) -> Floats:
    """What an error of a row is measured by: max(|truth|, 1, the row's largest |logit|).

    truth: (n,) or (n, …); logits: (n, C) or of truth's shape, or None where predictions are none.
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
    """The largest error that is not wrong; mean_of: the rows of the mean it belongs to."""
    units = _UNITS + (math.log2(mean_of) if mean_of > 1 else 0.0)
    smallest = math.ldexp(1.0, precision.lowest)
    return np.asarray(units * precision.eps * scale + smallest)


def compare(
    found: NDArray[Any],
    truth: Floats,
    allowed: Floats,
    precision: Precision,
    first: int = 0,
    size: Floats | None = None,
    kept: int = 0,
) -> ErrorStats:
    """Judge values by the truth, entry by entry.

    allowed: the tolerance, that broadcasts to the truth; first: the index of the first entry.
    size: what units in the last place are of, where that is not the truth: of a signed sum that
    may cancel, the largest of its kind. kept: how many errors to keep.
    """
    values = np.asarray(found, np.float64)
    if values.shape != truth.shape:
        raise ValueError(f"found {values.shape}, the truth is {truth.shape}")
    beyond = np.isinf(values) & (np.abs(truth) > precision.largest)
    truth = np.where(beyond, np.copysign(np.inf, truth), truth)  # the type can say no more
    with np.errstate(all="ignore"):
        distance = np.abs(values - truth)
        same = (values == truth) | (np.isnan(values) & np.isnan(truth))
        wrong = ~((distance <= allowed) | same)
        relative = np.where(same, 0.0, distance / np.maximum(np.abs(truth), 2.0**-1000))
    ulps = precision.ulps(values, truth, size)
    some = ulps.reshape(-1)[:: max(1, ulps.size // kept)] if kept and ulps.size else None
    at = int(wrong.argmax()) if wrong.any() else None
    finite = truth[np.isfinite(truth)]
    return ErrorStats(
        count=int(truth.size),
        wrong=int(wrong.sum()),
        ulp=float(ulps.max(initial=0.0)),
        relative=float(np.nanmax(np.where(np.isnan(relative), np.inf, relative), initial=0.0)),
        first=None if at is None else first + at,
        found=math.nan if at is None else float(values.reshape(-1)[at]),
        expected=math.nan if at is None else float(truth.reshape(-1)[at]),
        low=float(finite.min(initial=math.inf)),
        high=float(finite.max(initial=-math.inf)),
        slack=float(np.min(allowed, initial=math.inf)),
        errors=() if some is None else (some.copy(),),
    )


def between(found: Floats, declared: Floats, low: Floats, high: Floats) -> Floats:
    """What should have been found: anything between two slopes is right at a kink."""
    if found.shape != low.shape:
        return declared
    return np.asarray(np.clip(np.where(np.isnan(found), declared, found), low, high))
