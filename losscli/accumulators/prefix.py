"""Running sums of weights without a rounding error."""

import math
from typing import TypeAlias

import numpy as np

from losscli.accumulators.exact import Floats

# Arrays of the same shape whose sum is meant.
Parts: TypeAlias = list[Floats]

_MOST_PARTS = 40  # which leave out weights below 2**-1000 of the largest


def prefix_sums(weight: Floats) -> Parts:
    """The sums of the first 0, 1, ..., n weights >= 0, exactly, as sums of a few arrays."""
    parts: Parts = []
    rest = weight
    bits = 52 - len(weight).bit_length()
    while rest.any() and len(parts) < _MOST_PARTS:
        # Multiples of one power of two that are small enough for every sum of them to be exact.
        step = math.ldexp(1.0, max(math.frexp(float(np.abs(rest).max()))[1] - bits, -1074))
        rounded = np.rint(rest / step) * step
        parts.append(np.concatenate([[0.0], np.cumsum(rounded)]))
        rest = rest - rounded
    return parts or [np.zeros(len(weight) + 1)]


def rounded(parts: Parts) -> Floats:
    """The sums of parts as single numbers."""
    found = parts[-1]
    for part in parts[-2::-1]:
        found = part + found
    return found
