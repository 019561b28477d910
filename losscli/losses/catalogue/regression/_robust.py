"""Pieces of the robust losses, whose errors may be tiny or enormous beside their scale."""

from collections.abc import Callable

from losscli.losses.core.loss import Array, Namespace

# Beyond this 1 + u and u are one float, and the square of it is still far from overflow, in either
# precision; below its inverse squared, 1 + v is 1 and log1p, expm1 and their like are v itself.
FAR = 2.0**60
NEAR = 2.0**-60


def unit_root(xp: Namespace, u: Array) -> Array:
    """√(1 + u²) of u >= 0; where u² overflows it is 1 + u, which bounds the root from above."""
    return xp.minimum(xp.sqrt(1.0 + u * u), 1.0 + u)


def damped(xp: Namespace, x: Array, exponent: Array) -> Array:
    """X · e^exponent, also where the exponential alone would be too small to keep its digits."""
    half = xp.exp(0.5 * exponent)
    return (x * half) * half


def mended(xp: Namespace, values: Array, odd: Array, mend: Callable[[], Array]) -> Array:
    """The values, but what `mend` gives where entries are odd: computed only if any are.

    The choice is made entry by entry, so a row's bits do not depend on its company.
    """
    return xp.where(odd, mend(), values) if xp.any(odd) else values
