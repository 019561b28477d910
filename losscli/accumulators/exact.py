"""The exact sum: the same bits for any block size, thread count or order of rows.

Adding a large power of two cuts every value on one grid. The sums then share one binade, in which
consecutive doubles are consecutive 64-bit integers, so adding up *bit patterns* adds up the parts
on the grid, exactly and modulo 2**64. What is cut off is exact too and goes round once more; what
is left after that (values some 90 bits below the largest) is summed by exponent.

The extraction is that of Rump, Ogita and Oishi (Accurate floating-point summation, 2008); the
exponent bins follow Neal (Fast exact summation using small and large superaccumulators, 2015).
"""

import math
import threading
from functools import cache, lru_cache
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.kernels.machine import fold_values

Floats: TypeAlias = NDArray[np.float64]

# A block: 2**17 grid parts of 45 bits add up within a signed 64-bit integer.
_CHUNK = 131_072
_PART_BITS = 63 - _CHUNK.bit_length()
_LOWEST = -1074  # the exponent of the smallest subnormal
_UNIT = 1 << 20  # of moments that the compiled machine finds too
_FEW = 128  # so few values are faster one by one
_HUGE = 2.0**960  # above, grid and bins could overflow: such values are scaled down first
_HEAD = np.int64(-1) << np.int64(27)  # keeps the sign, the exponent and 25 fraction bits

_scratch = threading.local()


class ExactSum(Struct, frozen=True, gc=False):
    """A sum of float64 values, never rounded; `+` merges two, `ExactSum()` is the empty sum.

    units: the finite part in units of 2**-1074, the smallest float64, hence an integer.
    finer: what products of tiny numbers add to it, in units of 2**-2148.
    count: all values added; nan, pos_inf, neg_inf: how many of them were not finite.
    """

    units: int = 0
    count: int = 0
    nan: int = 0
    pos_inf: int = 0
    neg_inf: int = 0
    finer: int = 0

    @classmethod
    def of(cls, values: Floats, low: float | None = None, high: float | None = None) -> "ExactSum":
        """The sum of a contiguous block, which is left as it was.

        low, high: its extremes (nan where it holds one), for a caller who knows them already.
        """
        if not values.size:
            return cls()
        low = float(values.min()) if low is None else low
        high = float(values.max()) if high is None else high
        if not (math.isfinite(low) and math.isfinite(high)):
            finite = np.isfinite(values)
            odd = values[~finite]
            kept = cls.of(values[finite])
            nan, pos = int(np.isnan(odd).sum()), int((odd == np.inf).sum())
            return cls(kept.units, values.size, nan, pos, odd.size - nan - pos)
        folded = fold_values(values, _UNIT, 0) if values.size > _FEW else None
        if folded is not None:
            return cls(folded.total, values.size)
        chunks = range(0, values.size, _CHUNK)
        return cls(sum(_units_of(values[i : i + _CHUNK], low, high) for i in chunks), values.size)

    @classmethod
    @lru_cache
    def ones(cls, count: int) -> "ExactSum":
        """The sum of `count` ones, without adding them."""
        return cls(count << -_LOWEST, count)

    def __add__(self, other: "ExactSum") -> "ExactSum":
        return ExactSum(
            self.units + other.units,
            self.count + other.count,
            self.nan + other.nan,
            self.pos_inf + other.pos_inf,
            self.neg_inf + other.neg_inf,
            self.finer + other.finer,
        )

    def less(self, other: "ExactSum") -> "ExactSum":
        """The sum of these numbers minus that of others, as if each of those were negated."""
        return ExactSum(
            self.units - other.units,
            self.count,
            self.nan + other.nan,
            self.pos_inf + other.neg_inf,
            self.neg_inf + other.pos_inf,
            self.finer - other.finer,
        )

    @property
    def finite(self) -> bool:
        """True if every value added was finite."""
        return not (self.nan or self.pos_inf or self.neg_inf)

    def __float__(self) -> float:
        """The sum, rounded once and correctly; nan for inf with -inf."""
        if self.nan or self.pos_inf or self.neg_inf:
            return self.over(_ONE)
        try:
            if self.finer:
                return self.finest / (1 << -2 * _LOWEST)
            return self.units / _ONE.units  # Python divides integers with one rounding
        except OverflowError:
            return math.inf if self.finest > 0 else -math.inf

    @property
    def finest(self) -> int:
        """The finite part in units of 2**-2148."""
        return (self.units << -_LOWEST) + self.finer

    def over(self, other: "ExactSum") -> float:
        """The quotient of two sums, rounded once and correctly; nan where `other` is 0."""
        if self.nan or other.nan or (self.pos_inf and self.neg_inf):
            return math.nan
        if other.pos_inf or other.neg_inf or not (other.units or other.finer):
            return math.nan
        if self.pos_inf or self.neg_inf:
            return math.inf if (self.pos_inf > 0) == (other.finest > 0) else -math.inf
        try:
            if self.finer or other.finer:
                return self.finest / other.finest
            return self.units / other.units
        except OverflowError:
            return math.inf if (self.finest > 0) == (other.finest > 0) else -math.inf


_ONE = ExactSum.ones(1)


def _units_of(values: Floats, low: float, high: float) -> int:
    """The exact sum of at most `_CHUNK` finite values in [low, high], in units of 2**-1074."""
    largest = max(high, -low)
    if largest >= _HUGE:
        return _by_exponent(values)
    on_grid, rest = _buffers(values.size)
    # Every |value| <= 2**(grid + _PART_BITS), so a part is at most 45 bits long.
    grid = max(math.frexp(largest)[1] - _PART_BITS, _LOWEST)
    total, anchor = _sum_on_grid(values, grid, on_grid)
    if grid == _LOWEST:
        return total
    np.subtract(on_grid, anchor, out=on_grid)
    np.subtract(values, on_grid, out=rest)  # exact: at most half a grid step is left
    if not rest[0] and not rest.any():
        return total  # whole numbers, say
    finer = max(grid - 1 - _PART_BITS, _LOWEST)
    more, anchor = _sum_on_grid(rest, finer, on_grid)
    total += more
    # A value of at least 2**(finer + 52) is a multiple of the finer grid: nothing of it is left.
    whole = math.ldexp(1.0, finer + 52)
    if finer == _LOWEST or low >= whole:
        return total
    below = values < whole if low >= 0 else np.abs(values) < whole
    small = np.flatnonzero(below & (values != 0.0))  # of a hinge half the values may be 0
    left = rest[small] - (on_grid[small] - anchor)
    return total + _by_exponent(left[left != 0])


def _sum_on_grid(values: Floats, grid: int, shifted: Floats) -> tuple[int, float]:
    """The sum of the values rounded to multiples of 2**grid; `shifted` holds value + anchor."""
    anchor = math.ldexp(1.5, grid + 52)  # its last place is the grid
    np.add(values, anchor, out=shifted)
    bits = int(np.add.reduce(shifted.view(np.int64)))
    steps = bits - values.size * _bits_of(anchor)
    steps = (steps + (1 << 63)) % (1 << 64) - (1 << 63)  # the true sum fits: undo the wrap
    return steps << (grid - _LOWEST), anchor


@cache
def _bits_of(anchor: float) -> int:
    return int(np.float64(anchor).view(np.int64))


def _by_exponent(values: Floats) -> int:
    """The exact sum of finite values of any range, in units of 2**-1074: one bin an exponent."""
    if values.size < _FEW:
        return sum(map(_units, values.tolist()))
    huge = np.abs(values) >= _HUGE
    if huge.any():
        scaled_down = _by_exponent(values[huge] * 2.0**-128)
        return (scaled_down << 128) + _by_exponent(values[~huge])
    total = 0
    for start in range(0, values.size, _CHUNK):
        part = np.ascontiguousarray(values[start : start + _CHUNK])
        bits = part.view(np.int64)
        exponent = (bits >> 52) & 0x7FF
        head = (bits & _HEAD).view(np.float64)
        # Within a bin, heads and tails are short multiples of one power of two: no add rounds.
        for weights in (head, part - head):
            bins = np.bincount(exponent, weights)
            total += sum(_units(value) for value in bins[bins != 0].tolist())
    return total


def _units(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator << (1 - _LOWEST - denominator.bit_length())


def _buffers(size: int) -> tuple[Floats, Floats]:
    """Two buffers of this thread, reused: fresh ones would be faulted in at every block."""
    if not hasattr(_scratch, "buffers"):
        _scratch.buffers = np.empty(_CHUNK), np.empty(_CHUNK)
    first, second = _scratch.buffers
    return first[:size], second[:size]
