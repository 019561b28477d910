"""Intervals and tests of samples that spikes do not move: order statistics and signed ranks.

Times have spikes and long tails, so nothing here rests on a mean or a standard deviation.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.stats.distributions import normal_isf

_EXACT_UP_TO = 200  # rounds; beyond, see `_below`
_HELD_UP_TO = 1000  # rounds whose averages are held at once (4 MB); beyond, they are counted
_LAG_FROM = 10  # rounds; with fewer, a lag-1 correlation is mostly noise and only widens
_MODE = 0.15  # the least share of the samples that is a mode and not spikes
_SPIKES = 0.03  # the share of the samples that may lie between two modes
_MODES_FROM = 20  # samples; with fewer, gaps as wide as those of two modes come by chance

Floats = NDArray[np.float64]
Numbers = Sequence[float] | NDArray[Any]


def median_interval(values: Numbers, level: float = 0.95) -> tuple[float, float]:
    """The (low, high) of an interval that holds the median with probability `level`.

    It supposes independent draws and nothing of their distribution: the ends are interpolated
    between two pairs of order statistics whose coverage, binomial, lies on either side of `level`
    (Hettmansperger and Sheather, Statistics & Probability Letters 4, 1986, 75-79). The unit is
    that of the values. With too few values for the level (under 6 at 95 %) nothing is excluded:
    (-inf, inf). A value that is not finite gives (nan, nan), as an interval of it means nothing.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    if not np.isfinite(x).all():
        return math.nan, math.nan
    depth, share = _depth(x.size, level)
    if depth == 0:
        return -math.inf, math.inf
    low = x[depth - 1] + share * (x[depth] - x[depth - 1])  # equal ones stay what they are
    high = x[-depth] - share * (x[-depth] - x[-depth - 1])
    return float(low), float(high)


@cache
def _depth(n: int, level: float) -> tuple[int, float]:
    """The d of the outer order statistics, from 1, and the weight of the next; d = 0: too few."""
    start = max(0, int(0.5 * n - 20.0 * math.sqrt(n)))  # what lies before is under 1e-300
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
    """The probability of k heads in n throws."""
    logs = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(logs - n * math.log(2.0))


def ratio_interval(log_ratios: Numbers, level: float = 0.95) -> tuple[float, float, float]:
    """The (estimate, low, high) of the centre of paired log-ratios, one a round, in their order.

    The estimate is Hodges and Lehmann's: the median of the averages of every two rounds, a round
    with itself among them. The interval inverts Wilcoxon's signed-rank test (Hollander, Wolfe and
    Chicken, Nonparametric Statistical Methods, 3rd edition, sections 3.2 and 3.3), so that
    `p_above` and `p_at_most` agree with it. It supposes ratios that lie evenly about their
    centre, as those of two times with the same noise do. Where neighbouring rounds resemble each
    other, it is wider (`_stretch`). With too few rounds for the level (under 6 at 95 %) the ends
    are infinite; no rounds, or one that is not finite, make all three NaN.
    """
    x = np.asarray(log_ratios, dtype=np.float64)
    if x.size == 0 or not np.isfinite(x).all():
        return math.nan, math.nan, math.nan
    averages = _Averages(x)
    estimate = averages.median()
    k = _rank(x.size, _moved(0.5 * (1.0 - level), _stretch(x, estimate)))
    if k == 0:
        return estimate, -math.inf, math.inf
    return estimate, averages.smallest(k), averages.smallest(averages.n + 1 - k)


def p_above(log_ratios: Numbers, margin: float) -> float:
    """The one-sided p-value of "the centre of the log-ratios lies above `margin`" (a log).

    It is at most (1 - level) / 2 exactly where the low end of `ratio_interval` at that level lies
    above the margin. NaN where the interval is NaN.
    """
    return _p(log_ratios, lambda averages: averages.up_to(margin))


def p_at_most(log_ratios: Numbers, margin: float) -> float:
    """The one-sided p-value of "the centre lies at or below `margin`"; see `p_above`."""
    return _p(log_ratios, lambda averages: averages.n - averages.up_to(margin))


def _p(log_ratios: Numbers, against: Callable[["_Averages"], int]) -> float:
    """The p-value of a claim, given how many of the averages speak against it."""
    x = np.asarray(log_ratios, dtype=np.float64)
    if x.size == 0 or not np.isfinite(x).all():
        return math.nan
    averages = _Averages(x)
    return _moved(_below(x.size, against(averages)), 1.0 / _stretch(x, averages.median()))


def _stretch(x: Floats, estimate: float) -> float:
    """The factor by which neighbours that resemble each other widen an interval, at least 1.

    A mean of n terms with correlations r, r², … at lags 1, 2, … is as wide as one of
    n (1 - r) / (1 + r) independent terms. Here r is the lag-1 correlation of what the signed-rank
    statistic adds up, signed ranks, on which a spike has little hold. A negative r counts as 0.
    """
    if x.size < _LAG_FROM:
        return 1.0
    rest = x - estimate
    scores = np.sign(rest) * (np.argsort(np.argsort(np.abs(rest), kind="stable")) + 1.0)
    squares = float(scores @ scores)
    r = float(scores[1:] @ scores[:-1]) / squares if squares else 0.0
    r = min(max(r, 0.0), 0.8)  # beyond, nothing is learnt of the width from these rounds
    return math.sqrt((1.0 + r) / (1.0 - r))


def _moved(tail: float, factor: float) -> float:
    """The probability beyond `factor` times the normal quantile that has `tail` beyond it."""
    if factor == 1.0 or tail >= 0.5 or tail < 1e-300:
        return tail
    return 0.5 * math.erfc(factor * normal_isf(tail) / math.sqrt(2.0))


class _Averages:
    """The n = N (N + 1) / 2 averages of two of N numbers, each with itself among them.

    Up to `_HELD_UP_TO` numbers they are held, beyond they are counted by binary search, in memory
    that grows with N alone.
    """

    def __init__(self, x: Floats) -> None:
        self.n = x.size * (x.size + 1) // 2
        self._x = np.sort(x)
        self._held: Floats | None = None
        if x.size <= _HELD_UP_TO:
            first, second = np.triu_indices(x.size)
            self._held = np.sort(0.5 * self._x[first] + 0.5 * self._x[second])

    def up_to(self, value: float) -> int:
        """How many are at most `value`."""
        if self._held is not None:
            return int(np.searchsorted(self._held, value, side="right"))
        others = 2.0 * value - self._x
        ordered = int(np.searchsorted(self._x, others, side="right").sum())
        return (ordered + int(np.count_nonzero(self._x <= others))) // 2

    def smallest(self, k: int) -> float:
        """The k-th smallest, from 1."""
        if self._held is not None:
            return float(self._held[k - 1])
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
        """Their median, Hodges and Lehmann's estimate of the centre."""
        middle = (self.n + 1) // 2
        if self.n % 2:
            return self.smallest(middle)
        return 0.5 * (self.smallest(middle) + self.smallest(middle + 1))


@cache
def _signed_rank(n: int) -> Floats:
    """The probability that the signed-rank statistic of n is at most 0, 1, …: a coin a rank."""
    density = np.ones(1)
    for rank in range(1, n + 1):
        wider = np.zeros(density.size + rank)
        wider[: density.size] += 0.5 * density
        wider[rank:] += 0.5 * density
        density = wider
    return np.minimum(np.cumsum(density), 1.0)


def _below(n: int, count: int) -> float:
    """The probability that the signed-rank statistic of n rounds is at most `count`.

    Exact up to 200 rounds (some ms and 160 KB, once). Beyond, normal with the correction for
    continuity: at 201 rounds that makes a tail of 2.5 % too large by 0.3 % of itself, one of
    0.1 % by 5 %, so that it claims less, never more.
    """
    if n <= _EXACT_UP_TO:
        return float(_signed_rank(n)[count])
    mean, sd = n * (n + 1) / 4.0, math.sqrt(n * (n + 1) * (2 * n + 1) / 24.0)
    return 0.5 * math.erfc((mean - count - 0.5) / sd / math.sqrt(2.0))


def _rank(n: int, tail: float) -> int:
    """The most k with a probability of at most `tail` that fewer than k averages lie on a side."""
    if n <= _EXACT_UP_TO:
        return int(np.searchsorted(_signed_rank(n), tail, side="right"))
    low, high = 0, n * (n + 1) // 4  # below(high) is over a half, below(low - 1) is 0
    while low < high:
        middle = (low + high) // 2
        if _below(n, middle) <= tail:
            low = middle + 1
        else:
            high = middle
    return low


def bimodal(values: Numbers) -> bool:
    """Whether times fall into two modes: two speeds of one machine, not noise and spikes.

    The widest gap is sought that leaves at least 15 % of the samples on either side (above it 4
    at least, as spikes only ever add), with up to 3 % of them inside. It parts two modes where it
    is over 5 times the median distance of a sample to the middle of its side, over twice that of
    either side alone, and over 1 % of the median, so that the steps of a clock are no modes. The
    numbers are tuned by simulation (docs/statistics.md). False for fewer than 20 values, and for
    values that are not all finite.
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
    """How many values lie over 3 interquartile ranges outside the quartiles (Tukey's far out).

    They are to be told, never to be deleted: a slow mode looks like this too. The quartiles are
    interpolated linearly. NaN and infinities count.
    """
    x = np.asarray(values, dtype=np.float64)
    finite = x[np.isfinite(x)]
    if finite.size == 0:
        return int(x.size)
    first, third = np.percentile(finite, [25.0, 75.0])
    reach = 3.0 * (third - first)
    inside = np.count_nonzero((finite >= first - reach) & (finite <= third + reach))
    return int(x.size - inside)
