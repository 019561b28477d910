"""Order statistics: intervals of medians, outliers and modes, which spikes hardly move.

Times have spikes and long tails, so nothing here uses a mean or a standard deviation.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_MODE = 0.15  # the smallest fraction of the samples that is a mode and not spikes
_SPIKES = 0.03  # the fraction of the samples that may lie between two modes
_MODES_FROM = 20  # samples; with fewer, gaps as wide as those of two modes occur by chance

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | NDArray[Any]


def median_interval(values: Numbers, level: float = 0.95) -> tuple[float, float]:
    """Return the (low, high) of a confidence interval of the median, in the unit of the values.

    Values are independent draws of any distribution. The ends are interpolated between the two
    pairs of order statistics whose binomial coverage is just below and just above `level`
    (Hettmansperger and Sheather, Statistics & Probability Letters 4, 1986, 75-79). With too few
    values for the level (under 6 at 95 %) the interval is (-inf, inf); with a value that is not
    finite it is (nan, nan).

    >>> median_interval([3.0, 1.0, 2.0])
    (-inf, inf)
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    if not np.isfinite(x).all():
        return math.nan, math.nan
    depth, weight = _depth(x.size, level)
    if depth == 0:
        return -math.inf, math.inf
    low = x[depth - 1] + weight * (x[depth] - x[depth - 1])  # exact for equal values
    high = x[-depth] - weight * (x[-depth] - x[-depth - 1])
    return float(low), float(high)


@cache
def _depth(n: int, level: float) -> tuple[int, float]:
    """Return the rank d of the outer order statistics and the weight of the next; 0: too few."""
    start = max(0, int(0.5 * n - 20.0 * math.sqrt(n)))  # the tail before it is under 1e-300
    below, depth, outer = 0.0, 0, 1.0
    for d in range(start + 1, n + 1):
        below += _binomial(n, d - 1)
        inner = 1.0 - 2.0 * below  # the coverage of [x_(d), x_(n + 1 - d)]
        if inner < level:
            break
        depth, outer = d, inner
    if depth == 0:
        return 0, 0.0
    part = (outer - level) / (outer - inner)
    return depth, (n - depth) * part / (depth + (n - 2 * depth) * part)


def _binomial(n: int, k: int) -> float:
    """Return the binomial probability of k successes in n trials with p = 1/2."""
    logs = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(logs - n * math.log(2.0))


def bimodal(values: Numbers) -> bool:
    """Return True if times have two modes: two speeds of one machine, not noise and spikes.

    The widest gap is searched for that leaves at least 15 % of the samples on either side (at
    least 4 above it, as spikes only add time), with up to 3 % of them inside. It separates two
    modes if it is over 5 times the median distance of a sample to the median of its side, over
    twice that of either side alone, and over 1 % of the median, so that the steps of a clock are
    not taken for modes. The constants are tuned by simulation (docs/statistics.md). False for
    fewer than 20 values and for values that are not all finite.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    n = x.size
    if n < _MODES_FROM or not np.isfinite(x).all():
        return False
    lower, upper, between = math.ceil(_MODE * n), max(4, math.ceil(_MODE * n)), int(_SPIKES * n)
    gaps = x[lower + between : n - upper + 1] - x[lower - 1 : n - upper - between]
    at = int(np.argmax(gaps))
    low, high = x[: lower + at], x[lower + at + between :]
    off_low, off_high = np.abs(low - np.median(low)), np.abs(high - np.median(high))
    least = max(
        5.0 * float(np.median(np.concatenate([off_low, off_high]))),
        2.0 * float(max(np.median(off_low), np.median(off_high))),
        0.01 * abs(float(np.median(x))),
    )
    return float(gaps[at]) > least


def outliers(values: Numbers) -> int:
    """Return the number of values over 3 interquartile ranges outside the quartiles.

    These are Tukey's "far out" values (Exploratory Data Analysis, 1977). They are reported and
    never removed, as a slow mode looks like this too. The quartiles are interpolated linearly;
    NaN and infinities are counted.

    >>> outliers([1.0, 1.0, 2.0, 2.0, 9.0])
    1
    """
    x = np.asarray(values, dtype=np.float64)
    finite = x[np.isfinite(x)]
    if finite.size == 0:
        return int(x.size)
    first, third = np.percentile(finite, [25.0, 75.0])
    reach = 3.0 * (third - first)
    inside = np.count_nonzero((finite >= first - reach) & (finite <= third + reach))
    return int(x.size - inside)
