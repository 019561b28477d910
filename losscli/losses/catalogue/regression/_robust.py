"""Common parts of robust losses, with errors far below or above their scale."""

from collections.abc import Callable

from losscli.losses.core.loss import Array, Namespace

# Above this 1 + u rounds to u, and its square is still far from overflow, in either
# precision; below its inverse squared, 1 + v is 1, and log1p(v) and expm1(v) are v itself.
FAR = 2.0**60
NEAR = 2.0**-60


def unit_root(xp: Namespace, u: Array) -> Array:
    """√(1 + u²) for u >= 0; if u² overflows it is 1 + u, an upper bound."""
    return xp.minimum(xp.sqrt(1.0 + u * u), 1.0 + u)


def damped(xp: Namespace, x: Array, exponent: Array) -> Array:
    """X · e^exponent, accurate even if the exponential is subnormal."""
    half = xp.exp(0.5 * exponent)
    return (x * half) * half


def replace_where(
    xp: Namespace, values: Array, mask: Array, replacement: Callable[[], Array]
) -> Array:
    """The values, with those of `replacement` where `mask` is set, computed only if it is.

    The choice is made per entry, so a row's bits do not depend on other rows.
    """
    return xp.where(mask, replacement(), values) if xp.any(mask) else values
