"""Quotients of numbers that may both be 0."""

from losscli.losses.loss import Array, Namespace

_LEAST = 5e-324


def fraction(xp: Namespace, part: Array, whole: Array) -> Array:
    """Part / whole of a whole >= 0, and 0 where the whole is 0, as the part is then."""
    return part / xp.clip(whole, _LEAST, xp.inf)


def log_quotient(xp: Namespace, quotient: Array, a: Array, b: Array) -> Array:
    """log(a / b) of numbers > 0 from their quotient, also where that left the normal range."""
    logs = xp.log(quotient)
    limits = xp.finfo(quotient.dtype)
    beyond = (quotient < limits.smallest_normal) | (quotient > limits.max)
    if xp.any(beyond):
        logs[beyond] = xp.log(a[beyond]) - xp.log(b[beyond])
    return logs
