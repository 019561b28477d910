"""Exact fractions as float64, which ends at 1.8e308."""

import math
from fractions import Fraction


def nearest(value: Fraction | float) -> float:
    """The nearest float64; an infinity for a fraction beyond all of them.

    >>> nearest(-(Fraction(10) ** 400))
    -inf
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def root_of(variance: Fraction) -> float | None:
    """The square root of a variance, of 0 for one that rounding left below 0.

    None for a variance beyond float64, as `Moments.stderr` returns.
    """
    found = math.sqrt(max(nearest(variance), 0.0))
    return found if math.isfinite(found) else None
