"""Columns without a rounding error: differences, products and squares as sums of two arrays."""

import numpy as np

from losscli.accumulators.exact import Floats
from losscli.accumulators.products import two_product
from losscli.losses.math.stable import two_difference


@np.errstate(over="ignore", invalid="ignore")
def difference(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The difference a - b, and its rounding error."""
    return two_difference(np, a, b)


@np.errstate(over="ignore", invalid="ignore")
def squared_difference(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The square of a - b, up to 2**-100 of it."""
    high, low = two_difference(np, a, b)
    square, rest = two_product(high, high)
    return square, rest + 2.0 * (high * low)


def square(a: Floats) -> tuple[Floats, Floats]:
    """The square of a, and its rounding error."""
    return two_product(a, a)
