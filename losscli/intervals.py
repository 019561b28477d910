"""Quantiles for intervals, without SciPy, which would cost more to import than most runs take."""

import math
from collections.abc import Sequence
from functools import cache

_SERIES_FROM = 2000  # degrees of freedom beyond which the series about the normal is exact enough


def normal_quantile(level: float) -> float:
    """Z such that a standard normal lies in [-z, z] with probability `level`, 0 < level < 1."""
    tail = 1.0 - level
    z = math.sqrt(max(0.0, -2.0 * math.log(tail)))  # never below the root, so Newton descends
    for _ in range(100):
        density = math.sqrt(2.0 / math.pi) * math.exp(-0.5 * z * z)
        step = (math.erfc(z / math.sqrt(2.0)) - tail) / density
        z += step
        if abs(step) <= 1e-16 * abs(z):
            break
    return z


@cache
def t_quantile(level: float, freedom: int) -> float:
    """T such that Student's t with `freedom` degrees lies in [-t, t] with probability `level`.

    From 2,000 degrees on by the series about the normal quantile (Abramowitz and Stegun, 26.7.5),
    below by bisection of the incomplete beta function.
    """
    z = normal_quantile(level)
    if freedom >= _SERIES_FROM:
        n = float(freedom)
        terms = (
            (z**3 + z) / 4.0,
            (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0,
            (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0,
        )
        return z + sum(term / n ** (k + 1) for k, term in enumerate(terms))
    low, high = 0.0, 1.0
    while _inside(high, freedom) < level:
        low, high = high, 2.0 * high
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _inside(middle, freedom) < level:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _inside(t: float, freedom: int) -> float:
    """The probability that |T| < t."""
    return _beta(0.5, 0.5 * freedom, t * t / (freedom + t * t), freedom / (freedom + t * t))


def _beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularised incomplete beta function I_x(a, b), where rest = 1 - x."""
    if x == 0.0 or rest == 0.0:
        return 0.0 if x == 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta(b, a, rest, x)
    log_front = a * math.log(x) + b * math.log(rest) - math.log(a)
    front = math.exp(log_front + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    # Lentz's evaluation of the continued fraction (Numerical Recipes, section 6.4).
    tiny = 1e-300
    c, d = 1.0, 1.0 / ((1.0 - (a + b) * x / (a + 1.0)) or tiny)
    fraction = d
    for m in range(1, 1000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / ((1.0 + numerator * d) or tiny)
            c = (1.0 + numerator / c) or tiny
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return front * fraction


def median_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """A distribution-free interval of the median, by order statistics.

    It is infinite where there are too few values for the level: fewer than 6 at 0.95.
    """
    ordered = sorted(values)
    count = len(ordered)
    tail, best = 0.0, 0
    for k in range(1, count // 2 + 1):
        tail += math.comb(count, k - 1) / 2**count
        if 1.0 - 2.0 * tail >= level:
            best = k
    if not best:
        return -math.inf, math.inf
    return ordered[best - 1], ordered[count - best]


def ratio_interval(log_ratios: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """The median of logs of ratios, one a round, and its interval."""
    ordered = sorted(log_ratios)
    middle = len(ordered) // 2
    estimate = ordered[middle] if len(ordered) % 2 else sum(ordered[middle - 1 : middle + 1]) / 2
    return estimate, *median_interval(ordered, level)


def outliers(values: Sequence[float]) -> int:
    """How many values lie more than three interquartile ranges beyond a quartile."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    low, high = ordered[quarter], ordered[-1 - quarter]
    reach = 3.0 * (high - low)
    return sum(not low - reach <= value <= high + reach for value in ordered)


def bimodal(values: Sequence[float]) -> bool:
    """Whether a gap wider than both sides' spread cuts off at least 15 % of the values."""
    ordered = sorted(values)
    edge = max(3, math.ceil(0.15 * len(ordered)))
    if len(ordered) < 20:
        return False
    gaps = [ordered[i] - ordered[i - 1] for i in range(edge, len(ordered) - edge + 1)]
    at = max(range(len(gaps)), key=gaps.__getitem__)
    cut = edge + at
    spread = max(ordered[cut - 1] - ordered[0], ordered[-1 - edge // 2] - ordered[cut])
    return gaps[at] > 1.5 * spread
