"""Quotients of numbers that may both be 0."""

from losscli.losses.core.loss import Array, Namespace

_LEAST = 5e-324


def fraction(xp: Namespace, part: Array, whole: Array) -> Array:
    """Part / whole for whole >= 0, and 0 if the whole is 0, as the part is then."""
    return part / xp.clip(whole, _LEAST, xp.inf)
