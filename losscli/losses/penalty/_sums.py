"""Sums of absolute values and of squares that lose nothing, whatever the range of the numbers."""

import math
from collections.abc import Iterator

import numpy as np

from losscli.losses.penalty._penalty import Floats

_CHUNK = 1 << 16
_HEAD = np.int64(-1) << np.int64(27)  # keeps the sign, the exponent and 25 fraction bits


def exact_sum(values: Floats) -> float:
    """The sum of finite numbers >= 0, rounded once."""
    chunks, exponent = _scaled(values)
    return _unscaled(math.fsum(number for part in chunks for number in part.tolist()), exponent)


def exact_sum_of_squares(values: Floats) -> float:
    """The sum of the squares of finite numbers, within 1 ULP."""
    chunks, exponent = _scaled(values)
    return _unscaled(
        math.fsum(number for part in chunks for number in _squares(part)), 2 * exponent
    )


def _squares(part: Floats) -> Iterator[float]:
    """The rounded squares, and the sum of what their rounding lost."""
    squares = part * part
    yield from squares.tolist()
    head = (part.view(np.int64) & _HEAD).view(np.float64)
    tail = part - head
    yield float(((head * head - squares + 2.0 * head * tail) + tail * tail).sum())


def _scaled(values: Floats) -> tuple[Iterator[Floats], int]:
    """Chunks with the largest near 1, where no square overflows, and the exponent they lost."""
    largest = float(np.abs(values).max()) if values.size else 0.0
    exponent = math.frexp(largest)[1]
    parts = (values[i : i + _CHUNK] for i in range(0, values.size, _CHUNK))
    return (np.ldexp(part, -exponent) for part in parts), exponent


def _unscaled(total: float, exponent: int) -> float:
    try:
        return math.ldexp(total, exponent)
    except OverflowError:
        return math.inf
