"""Products of float64 arrays without an error: a rounded product, and what the rounding left."""

import numpy as np

from losscli.accumulators.exact import Floats

_SPLITTER = 134_217_729.0  # 2**27 + 1


@np.errstate(over="ignore", invalid="ignore")
def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The rounded product, and the rest: their sum is a·b (Dekker, 1971).

    Exact where |a| and |b| are below 2**996 and the product is 0 or from 2**-968 to 2**1022; the
    rest is 0 elsewhere.

    >>> product, rest = two_product(np.array([0.1]), np.array([0.1]))
    >>> float(rest[0])
    -8.326672684688674e-19
    """
    product = a * b
    high_a, low_a = _split(a)
    high_b, low_b = _split(b)
    rest = ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b
    rest[~np.isfinite(rest)] = 0.0
    return product, rest


def _split(a: Floats) -> tuple[Floats, Floats]:
    """Two numbers of 26 bits whose sum is a."""
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high
