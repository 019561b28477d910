"""Sums as whole digits of 32 bits, which are exact in 64-bit integers up to 2^31 rows."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats
from losscli.accumulators.products import two_product
from losscli.kernels import codes as by_code

Codes = NDArray[Any]

_BITS = by_code.BITS
_LOWEST = 34  # places below that of 1
_BELOW = _LOWEST * _BITS - 1074  # bits of the lowest place that no number has


class DigitSums(Struct, frozen=True, eq=False):
    """Exact sums; `+` adds those of the same places.

    first: the place of the first digit. digits: (sums, places); those of place k count 2**(32·k).
    """

    first: int
    digits: NDArray[np.int64]

    @classmethod
    def by_code(cls, values: Floats, codes: Codes, count: int) -> "DigitSums":
        """The sums of the values of each code; those that are not finite count 0."""
        return cls(*by_code.digit_sums(values, codes, count))

    @classmethod
    def by_run(cls, values: Floats, starts: NDArray[np.int64]) -> "DigitSums":
        """The same of the values of each run of rows."""
        return cls(*by_code.run_sums(values, starts))

    @classmethod
    def of_integers(cls, values: NDArray[np.int64]) -> "DigitSums":
        """The sums that are these integers."""
        return cls(0, values.reshape(-1, 1))

    def __len__(self) -> int:
        return len(self.digits)

    def __add__(self, other: Self) -> "DigitSums":
        if (self.first, self.digits.shape) == (other.first, other.digits.shape):
            return DigitSums(self.first, self.digits + other.digits)
        rows = np.arange(len(self))
        return DigitSums.merged(len(self), [(self, rows), (other, rows)])

    @classmethod
    def merged(cls, count: int, parts: Sequence[tuple[Self, Codes]]) -> "DigitSums":
        """`count` sums of those of parts, which have a place among them each."""
        filled = [(part, places) for part, places in parts if part.digits.shape[1]]
        first = min((part.first for part, _ in filled), default=0)
        end = max((part.first + part.digits.shape[1] for part, _ in filled), default=0)
        found = np.zeros((count, end - first), np.int64)
        for part, places in filled:
            by_code.add_rows(part.digits, places, part.first - first, found)
        return cls(first, found)

    def with_rows(self, places: Codes, other: Self) -> "DigitSums":
        """These sums and others, which have a place each: added in place, if digits allow."""
        if not other.digits.shape[1]:
            return self
        first = min(self.first, other.first) if self.digits.shape[1] else other.first
        end = max(part.first + part.digits.shape[1] for part in (self, other))
        if (first, end - first) != (self.first, self.digits.shape[1]):
            rows = np.arange(len(self))
            return DigitSums.merged(len(self), [(self, rows), (other, places)])
        by_code.add_rows(other.digits, places, other.first - first, self.digits)
        return self

    def totals(self) -> tuple[Floats, Floats]:
        """The sums as numbers, and what their rounding left."""
        return by_code.totals(self.first, self.digits)

    def less(self, factor: float, other: Self) -> Floats:
        """The sums as numbers, each less a factor times that of the other."""
        high, low = other.totals()
        found = by_code.totals_less(self.first, self.digits, factor, high, low)
        if found is not None:
            return found
        own, left = self.totals()
        product, rest = two_product(np.full(len(high), factor), high)
        less: Floats = (own - product) + (left - rest - factor * low)
        return less

    def units(self) -> list[int]:
        """The sums in units of 2**-1074."""
        found = [0] * len(self)
        for place, column in enumerate(self.digits.T.tolist(), self.first + _LOWEST):
            shift = _BITS * place
            found = [unit + (digit << shift) for unit, digit in zip(found, column, strict=True)]
        return [unit >> _BELOW for unit in found]

    def carried(self) -> "DigitSums":
        """The same sums with digits of 32 bits, but for the last place."""
        digits = np.append(self.digits, np.zeros((len(self), 1), np.int64), axis=1)
        for k in range(digits.shape[1] - 1):
            digits[:, k + 1] += digits[:, k] >> _BITS
            digits[:, k] &= (1 << _BITS) - 1
        return DigitSums(self.first, digits)
