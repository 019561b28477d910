"""The Poisson bootstrap: sums over resamples of rows, in one pass and the same for any division.

In resample r row i counts w times, a Poisson number of mean 1 that is a hash of i and r alone
(Hanley and MacGibbon, Computer Methods and Programs in Biomedicine 83, 2006). Sums are taken of
digits of 32 bits, which products with such small weights leave exact in float64.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.digits import DigitSums
from losscli.accumulators.exact import Floats
from losscli.kernels.codes import columns_of, digits_of

_LANES = 4  # weights from one hash of 64 bits
_CELLS = 1 << 17  # weights at once: 1 MiB
_FACTORS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))  # of MurmurHash3
_STEP = 0x9E3779B97F4A7C15


class Draws(NamedTuple):
    """The resamples of rows. keys: (n,) uint64; rows of one key are drawn together.

    resamples: their number.
    """

    keys: NDArray[np.uint64]
    resamples: int

    def at(self, rows: Any) -> "Draws":
        """The resamples of some rows."""
        return Draws(self.keys[rows], self.resamples)


class ReplicateSums(Struct, frozen=True, eq=False):
    """Σa and Σb of each resample; `+` merges two."""

    numerator: DigitSums
    denominator: DigitSums
    count: int

    @classmethod
    def of(cls, draws: Draws, numerator: Floats, denominator: Floats | None) -> "ReplicateSums":
        """The sums over rows, one at least; None is a column of ones. Only finite numbers count."""
        ones = [(0, np.ones(len(numerator)))]
        a = [*digits_of(numerator)]
        b = ones if denominator is None else [*digits_of(denominator)]
        sums = _drawn_sums(draws, [digits for _, digits in (*a, *b)])
        places = [place for place, _ in (*a, *b)]
        split = len(a)
        above, below = (
            DigitSums(*columns_of(dict(zip(places[at], sums[at], strict=True)), draws.resamples))
            for at in (slice(split), slice(split, None))
        )
        return cls(above, below, draws.resamples)

    def __add__(self, other: "ReplicateSums") -> "ReplicateSums":
        return ReplicateSums(
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.count,
        )

    def quotients(self) -> Floats:
        """Σa / Σb of each resample; nan where it has no row of weight."""
        a, b = (each.totals()[0] for each in (self.numerator, self.denominator))
        found: Floats = np.divide(a, b, out=np.full(len(a), np.nan), where=b != 0)
        return found

    def ordered(self) -> Floats:
        """Σa / Σb of each resample that has rows of weight, ascending."""
        found = self.quotients()
        return np.sort(found[~np.isnan(found)])


def column_sums(draws: Draws, columns: Sequence[Floats]) -> tuple[DigitSums, ...]:
    """The sums of columns over each resample of rows, one at least. Only finite numbers count."""
    digits = [[*digits_of(column)] for column in columns]
    every = [numbers for parts in digits for _, numbers in parts]
    sums = iter(_drawn_sums(draws, every)) if every else iter(())
    return tuple(
        DigitSums(*columns_of({place: next(sums) for place, _ in parts}, draws.resamples))
        for parts in digits
    )


def percentile_interval(ordered: Floats, level: float) -> tuple[float, float] | None:
    """The shares (1 - level) / 2 and (1 + level) / 2 of ordered statistics of resamples.

    None where they are not finite, or fewer than two.
    """
    if len(ordered) < 2 or not np.isfinite(ordered).all():
        return None
    low, high = np.quantile(ordered, [0.5 * (1.0 - level), 0.5 * (1.0 + level)]).tolist()
    return low, high


def _drawn_sums(draws: Draws, columns: list[Floats]) -> NDArray[np.int64]:
    """The weighted sum of each column in each resample, (columns, resamples)."""
    words = -(-draws.resamples // _LANES)
    rows = max(1, _CELLS // (words * _LANES))
    matrix = np.stack(columns)
    total = np.zeros((len(columns), draws.resamples), np.int64)
    numbers = _numbers(words)
    hashes, shifted = np.empty((rows, words), np.uint64), np.empty((rows, words), np.uint64)
    weights = np.empty((rows, words * _LANES))
    seeds = _mixed(draws.keys.copy(), np.empty_like(draws.keys))
    for start in range(0, len(seeds), rows):
        part = seeds[start : start + rows]
        size = len(part)
        np.bitwise_xor(part[:, None], numbers, out=hashes[:size])
        _mixed(hashes[:size], shifted[:size])
        lanes = hashes[:size].view("<u2")
        np.take(_weights(), lanes, out=weights[:size], mode="clip")
        found = matrix[:, start : start + size] @ weights[:size]
        total += found[:, : draws.resamples].astype(np.int64)
    return total


def _mixed(values: NDArray[np.uint64], shifted: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes of integers, in their place; shifted: space for as many."""
    for factor in _FACTORS:
        values *= factor
        np.right_shift(values, np.uint64(32), out=shifted)
        values ^= shifted
    return values


@cache
def _numbers(words: int) -> NDArray[np.uint64]:
    """A random number for each four resamples."""
    numbers = (np.arange(1, words + 1, dtype=np.uint64) * np.uint64(_STEP)).astype(np.uint64)
    return _mixed(numbers, np.empty_like(numbers))


@cache
def _weights() -> Floats:
    """The Poisson weight of each number of 16 bits: mean 1 and variance 1 up to 2e-5."""
    shares = np.cumsum([math.exp(-1.0) / math.factorial(k) for k in range(12)])
    return np.searchsorted(shares, (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.float64)
