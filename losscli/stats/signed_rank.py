"""Wilcoxon's signed-rank test and the interval that inverts it, for the ratios of two times.

Times have spikes and long tails, so nothing here uses a mean or a standard deviation.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from functools import cache

import numpy as np

from losscli.stats.distributions import normal_isf
from losscli.stats.order_statistics import Floats, Numbers

_EXACT_UP_TO = 200  # rounds; beyond, see `_cdf`
_STORED_UP_TO = 1000  # rounds whose averages are stored (4 MB); beyond, they are counted
_LAG_FROM = 10  # rounds; with fewer, a lag-1 correlation is mostly noise and only widens


def ratio_interval(log_ratios: Numbers, level: float = 0.95) -> tuple[float, float, float]:
    """Return the (estimate, low, high) of the centre of paired log-ratios, one for each round.

    The estimate is Hodges and Lehmann's: the median of the averages of all pairs of rounds, each
    round with itself included. The interval inverts Wilcoxon's signed-rank test (Hollander, Wolfe
    and Chicken, Nonparametric Statistical Methods, 3rd edition, sections 3.2 and 3.3), so that
    `p_above` and `p_at_most` agree with it. The ratios are assumed symmetric about their centre,
    as those of two times with the same noise are. Correlated neighbouring rounds widen the
    interval (`_stretch`). With too few rounds for the level (under 6 at 95 %) the ends are
    infinite; without rounds, or with one that is not finite, all three are NaN.

    >>> ratio_interval([0.1, 0.2, 0.3])
    (0.2, -inf, inf)
    """
    x = np.asarray(log_ratios, dtype=np.float64)
    if x.size == 0 or not np.isfinite(x).all():
        return math.nan, math.nan, math.nan
    averages = _Averages(x)
    estimate = averages.median()
    k = _rank(x.size, _scaled_tail(0.5 * (1.0 - level), _stretch(x, estimate)))
    if k == 0:
        return estimate, -math.inf, math.inf
    return estimate, averages.smallest(k), averages.smallest(averages.n + 1 - k)


def p_above(log_ratios: Numbers, margin: float) -> float:
    """Return the one-sided p-value of "the centre of the log-ratios is above `margin`" (a log).

    It is at most (1 - level) / 2 exactly if the low end of `ratio_interval` at that level is above
    the margin, and NaN if the interval is NaN.
    """
    return _p(log_ratios, lambda averages: averages.up_to(margin))


def p_at_most(log_ratios: Numbers, margin: float) -> float:
    """Return the one-sided p-value of "the centre is at or below `margin`"; see `p_above`."""
    return _p(log_ratios, lambda averages: averages.n - averages.up_to(margin))


def _p(log_ratios: Numbers, against: Callable[["_Averages"], int]) -> float:
    """Return the p-value of a claim; against: counts the averages that contradict it."""
    x = np.asarray(log_ratios, dtype=np.float64)
    if x.size == 0 or not np.isfinite(x).all():
        return math.nan
    averages = _Averages(x)
    return _scaled_tail(_cdf(x.size, against(averages)), 1.0 / _stretch(x, averages.median()))


def _stretch(x: Floats, estimate: float) -> float:
    """Return the factor, at least 1, by which correlated neighbours widen an interval.

    A mean of n terms with correlations r, r², … at lags 1, 2, … is as wide as one of
    n (1 - r) / (1 + r) independent terms. Here r is the lag-1 correlation of the signed ranks,
    which a spike hardly changes; a negative r is taken as 0.
    """
    if x.size < _LAG_FROM:
        return 1.0
    deviation = x - estimate
    scores = np.sign(deviation) * (np.argsort(np.argsort(np.abs(deviation), kind="stable")) + 1.0)
    squares = float(scores @ scores)
    r = float(scores[1:] @ scores[:-1]) / squares if squares else 0.0
    r = min(max(r, 0.0), 0.8)  # beyond, these rounds do not determine the width
    return math.sqrt((1.0 + r) / (1.0 - r))


def _scaled_tail(tail: float, factor: float) -> float:
    """Return the normal tail beyond `factor` times the quantile whose tail is `tail`."""
    if factor == 1.0 or tail >= 0.5 or tail < 1e-300:
        return tail
    return 0.5 * math.erfc(factor * normal_isf(tail) / math.sqrt(2.0))


class _Averages:
    """The n = N (N + 1) / 2 averages of pairs of N numbers, each with itself included.

    Up to `_STORED_UP_TO` numbers they are stored; beyond, they are counted by binary search, in
    memory proportional to N.
    """

    def __init__(self, x: Floats) -> None:
        self.n = x.size * (x.size + 1) // 2
        self._x = np.sort(x)
        self._stored: Floats | None = None
        if x.size <= _STORED_UP_TO:
            first, second = np.triu_indices(x.size)
            self._stored = np.sort(0.5 * self._x[first] + 0.5 * self._x[second])

    def up_to(self, value: float) -> int:
        """Return the number of averages that are at most `value`."""
        if self._stored is not None:
            return int(np.searchsorted(self._stored, value, side="right"))
        others = 2.0 * value - self._x
        ordered = int(np.searchsorted(self._x, others, side="right").sum())
        return (ordered + int(np.count_nonzero(self._x <= others))) // 2

    def smallest(self, k: int) -> float:
        """Return the k-th smallest average, k >= 1."""
        if self._stored is not None:
            return float(self._stored[k - 1])
        low, high = float(self._x[0]), float(self._x[-1])
        if self.up_to(low) >= k:
            return low
        while True:
            middle = 0.5 * low + 0.5 * high
            if middle in (low, high):
                return high
            if self.up_to(middle) >= k:
                high = middle
            else:
                low = middle

    def median(self) -> float:
        """Return the median, Hodges and Lehmann's estimate of the centre."""
        middle = (self.n + 1) // 2
        if self.n % 2:
            return self.smallest(middle)
        return 0.5 * (self.smallest(middle) + self.smallest(middle + 1))


@cache
def _signed_rank(n: int) -> Floats:
    """Return the exact distribution function of the signed-rank statistic, at 0, 1, 2 and so on."""
    density = np.ones(1)
    for rank in range(1, n + 1):
        wider = np.zeros(density.size + rank)
        wider[: density.size] += 0.5 * density
        wider[rank:] += 0.5 * density
        density = wider
    return np.minimum(np.cumsum(density), 1.0)


def _cdf(n: int, count: int) -> float:
    """Return the probability that the signed-rank statistic of n rounds is at most `count`.

    Exact up to 200 rounds (some ms and 160 KB, once). Beyond, normal with continuity correction:
    at 201 rounds a tail of 2.5 % is too large by 0.3 % of itself and one of 0.1 % by 5 %, so the
    test is conservative.
    """
    if n <= _EXACT_UP_TO:
        return float(_signed_rank(n)[count])
    mean, sd = n * (n + 1) / 4.0, math.sqrt(n * (n + 1) * (2 * n + 1) / 24.0)
    return 0.5 * math.erfc((mean - count - 0.5) / sd / math.sqrt(2.0))


def _rank(n: int, tail: float) -> int:
    """Return the largest k so that fewer than k averages lie on a side with at most `tail`."""
    if n <= _EXACT_UP_TO:
        return int(np.searchsorted(_signed_rank(n), tail, side="right"))
    counts = range(n * (n + 1) // 4)  # the cdf is over a half beyond these
    return bisect_right(counts, tail, key=lambda count: _cdf(n, count))
