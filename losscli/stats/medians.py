"""The difference of two medians of separate runs, by the bootstrap."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000  # the minimum number of bootstrap samples
_LEAST_ROUNDS = 6  # fewer cannot bound a median at 95 %


class MedianDifference(NamedTuple):
    """The difference of two medians, with its interval and one-sided p-values.

    p_above, p_below: the p-values of "above the margin" and "at or below the margin".
    """

    estimate: float
    low: float
    high: float
    p_above: float
    p_below: float


def median_difference(
    old: Sequence[float],
    new: Sequence[float],
    *,
    margin: float,
    seed: int,
    spread: float = 0.0,
    level: float = 0.95,
    draws: int = DRAWS,
) -> MedianDifference:
    """Return the median of `new` minus that of `old`, two independent samples, by the bootstrap.

    spread: the standard deviation of a normal error that the samples do not show, such as that
    between runs. The interval is that of percentiles (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, chapter 13); p-values are (k + 1) / (draws + 1), at least that of complete
    separation. With fewer than 6 values on a side the interval is infinite and the p-values are 1.
    """
    estimate = float(np.median(new) - np.median(old))
    if min(len(old), len(new)) < _LEAST_ROUNDS:
        return MedianDifference(estimate, -math.inf, math.inf, 1.0, 1.0)
    random = np.random.default_rng(seed)
    shifts = _medians(new, random, draws) - _medians(old, random, draws)
    if spread:
        shifts = shifts + random.normal(0.0, spread, draws)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(shifts, [tail, 1.0 - tail]).tolist()
    least = 1.0 / math.comb(len(old) + len(new), len(old))
    above = int(np.count_nonzero(shifts <= margin))
    below = int(np.count_nonzero(shifts > margin))
    p_above, p_below = (max(least, (count + 1) / (draws + 1)) for count in (above, below))
    return MedianDifference(estimate, low, high, p_above, p_below)


def _medians(
    values: Sequence[float], random: np.random.Generator, draws: int
) -> NDArray[np.float64]:
    """Return the medians of bootstrap samples, without drawing the samples.

    The order statistics of n uniform numbers are beta variables, and a bootstrap sample takes the
    value at the place of each: exact, at a cost that does not grow with n.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    count = len(ordered)
    half = (count + 1) // 2
    first = random.beta(half, count - half + 1, draws)
    if count % 2:
        return ordered[_places(first, count)]
    second = first + (1.0 - first) * random.beta(1.0, count - half, draws)
    return 0.5 * (ordered[_places(first, count)] + ordered[_places(second, count)])


def _places(uniform: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.minimum((uniform * count).astype(np.int64), count - 1)
