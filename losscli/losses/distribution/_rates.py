"""Predicted rates beside what was observed: slopes and ratios that keep their digits."""

from losscli.losses.loss import Array, Namespace


def excess(xp: Namespace, rate: Array, target: Array) -> Array:
    """1 - target / rate, and 1 where both are 0: a rate that nothing was observed of is all excess.

    Next to rate = target, the plain form cancels.
    """
    empty = (rate == 0.0) & (target == 0.0)
    return ((rate - target) + empty) / (rate + empty)


def log_ratio(xp: Namespace, a: Array, b: Array) -> Array:
    """log(a / b) of numbers > 0 that are not near each other; a / b alone may overflow."""
    return 2.0 * xp.log(xp.sqrt(a) / xp.sqrt(b))
