"""Numbers as whole digits of 32 bits, whose sums are exact in 64-bit integers up to 2^31 rows."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats

_BITS = 32
_MASK = np.int64((1 << _BITS) - 1)

# Sums of digits by their place: those of place k count 2**(32·k).
Digits: TypeAlias = dict[int, NDArray[np.int64]]


def digits_of(column: Floats) -> list[tuple[int, Floats]]:
    """The digits of numbers, from the largest place on; of those that are not finite 0."""
    found: list[tuple[int, Floats]] = []
    rest = np.where(np.isfinite(column), column, 0.0)
    while (largest := float(np.max(np.abs(rest), initial=0.0))) > 0:
        place = (math.frexp(largest)[1] - 1) // _BITS
        whole = np.trunc(np.ldexp(rest, -_BITS * place))
        rest -= np.ldexp(whole, _BITS * place)
        found.append((place, whole))
    return found


def added(left: Digits, right: Digits) -> Digits:
    """The sums of both, of the same columns."""
    found = dict(left)
    for place, digits in right.items():
        found[place] = found[place] + digits if place in found else digits
    return found


def totals_of(digits: Digits, count: int) -> tuple[Floats, Floats]:
    """The numbers of sums of digits, and what their rounding left."""
    high, low = np.zeros(count), np.zeros(count)
    for place in sorted(digits, reverse=True):
        halves = (digits[place] >> _BITS, place + 1), (digits[place] & _MASK, place)
        for half, at in halves:
            term = np.ldexp(half.astype(np.float64), _BITS * at)
            total = high + term
            virtual = total - high
            low += (high - (total - virtual)) + (term - virtual)
            high = total
    return high, low
