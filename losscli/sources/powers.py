"""The powers of ten by which the compiled readers of text round decimal numbers."""

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def powers_of_ten() -> NDArray[np.uint64]:
    """The first 128 bits of 10**-342 … 10**308, from above where they are rounded below 1."""
    found: list[int] = []
    for power in range(-342, 309):
        five = 5 ** abs(power)
        if power < 0:
            bits = five.bit_length()
            number = (1 << (bits + 127 if power >= -27 else 2 * bits + 128)) // five + 1
        else:
            number = five << 128
        number >>= number.bit_length() - 128
        found += [number >> 64, number & (1 << 64) - 1]
    return np.array(found, np.uint64)
