"""Quantiles of many numbers: of all of them, or beyond a number of rows of bins of similar ones.

The result depends on the numbers only, not on their order or division: up to `MOST` rows they are
kept as they are, beyond it by the first 28 bits of each: sign, exponent and 16 binary digits.
"""

import math
from fractions import Fraction

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats
from losscli.accumulators.prefix import prefix_sums, rounded
from losscli.kernels.codes import numbered

MOST = 1 << 22  # numbers that are kept, 32 MiB
RELATIVE_ERROR = 2.0**-17  # of a quantile of bins

_BITS = 36  # the last ones of a number, which a bin drops
_MIDDLE = 1 << (_BITS - 1)
_MAGNITUDE = np.int64((1 << 63) - 1)


class Quantiles(Struct, frozen=True, eq=False):
    """The distribution of numbers; `+` merges two.

    blocks: numbers, with a weight each or None where all weights are 1. rows: their number.
    binned: True if the numbers are the middles of bins, whose weights count their rows; numbers
    with weights of their own are all kept.
    """

    blocks: tuple[tuple[Floats, Floats | None], ...] = ()
    rows: int = 0
    binned: bool = False

    @classmethod
    def of(cls, values: Floats, weight: Floats | None = None) -> "Quantiles":
        """The distribution of some numbers, none of them nan."""
        return cls(((values, weight),), len(values)).bounded() if len(values) else cls()

    def __add__(self, other: "Quantiles") -> "Quantiles":
        binned = self.binned or other.binned
        left, right = (each.in_bins() if binned else each for each in (self, other))
        blocks = left.blocks + right.blocks
        return Quantiles(blocks, self.rows + other.rows, binned).bounded()

    def bounded(self) -> "Quantiles":
        """The same in few numbers."""
        size = sum(len(values) for values, _ in self.blocks)
        weighted = not self.binned and any(weight is not None for _, weight in self.blocks)
        return self.in_bins() if size > MOST and not weighted else self

    def in_bins(self) -> "Quantiles":
        """The same in one number a bin."""
        if not self.blocks:
            return self
        values, weight = self.columns()
        keys, places = numbered(_in_order(values) >> _BITS)
        counts = np.bincount(places, weight, len(keys)).astype(np.float64)
        middles = _in_order(((keys << _BITS) + _MIDDLE).view(np.float64)).view(np.float64)
        infinite = np.isnan(middles)  # the bins of the infinities
        middles[infinite] = np.copysign(np.inf, middles[infinite])
        return Quantiles(((middles, counts),), self.rows, binned=True)

    def quantiles(self, shares: list[Fraction]) -> list[float]:
        """The smallest number with at least that share of the weight at or below it, for each."""
        values, weight = self.columns()
        if weight is None:
            count = len(values)
            places = [min(max(math.ceil(q * count), 1), count) - 1 for q in shares]
            least = np.partition(values, places)[places] + 0.0  # zeros of both signs are equal
            return [*map(float, least)]
        order = np.argsort(values, kind="stable")
        sums = rounded(prefix_sums(weight[order]))[1:]
        found = np.searchsorted(sums, [float(q) * sums[-1] for q in shares], side="left")
        return [float(values[order[min(at, len(order) - 1)]]) for at in found.tolist()]

    def effective_rows(self) -> float:
        """The number of rows of equal weight that estimate a mean as well (Kish)."""
        _, weight = self.columns()
        if weight is None or self.binned:
            return float(self.rows)
        scaled = weight / weight.max()
        return math.fsum(scaled) ** 2 / math.fsum(scaled * scaled)

    def columns(self) -> tuple[Floats, Floats | None]:
        """All numbers, and the weight of each; None where all weights are 1."""
        values = np.concatenate([values for values, _ in self.blocks])
        weights = [weight for _, weight in self.blocks if weight is not None]
        return values, np.concatenate(weights) if weights else None


def _in_order(values: Floats) -> NDArray[np.int64]:
    """Integers in the order of the numbers; the same turns their bits into numbers again."""
    bits = np.ascontiguousarray(values).view(np.int64)
    return np.where(bits < 0, bits ^ _MAGNITUDE, bits)
