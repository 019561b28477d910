"""Accurate slopes and ratios of predicted rates and observations."""

import math

from losscli.losses.core.loss import Array, Namespace


def excess(rate: Array, target: Array) -> Array:
    """1 - target / rate, and 1 if both are 0.

    Next to rate = target, the plain form cancels.
    """
    empty = (rate == 0.0) & (target == 0.0)
    return ((rate - target) + empty) / (rate + empty)


def log1p_ratio(xp: Namespace, a: float, b: Array) -> Array:
    """log(1 + a / b) of numbers >= 0, also where a / b leaves the range of the type."""
    ratio = a / b
    far = ratio == xp.inf
    if not bool(xp.any(far)):
        return xp.log1p(ratio)
    return xp.where(far, math.log(a) - xp.log(b), xp.log1p(xp.where(far, 1.0, ratio)))
