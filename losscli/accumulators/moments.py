"""Second moments of a quotient of two sums, in floating point, merged in row order."""

import math
from dataclasses import dataclass

import numpy as np

from losscli.accumulators.exact import Floats

_PIECE = 8192
_LEAST = 1e-290  # a smaller sum of squares may have lost digits to underflow
_SAFE = 1e-4  # of Σa², what must be left of it so that no more than four digits are lost


@dataclass(frozen=True, slots=True)
class Moments:
    """What the standard error of R = Σa / Σb needs, where a = w·L and b = w·den of each row.

    pivot: a number near R; with e = a - pivot·b, so that nothing cancels,
    ee, eb, bb: Σe², Σe·b, Σb² over `count` rows. `Moments()` is that of no rows.
    The same rows cut at the same places give the same bits, whoever measured the parts.
    """

    pivot: float = 0.0
    ee: float = 0.0
    eb: float = 0.0
    bb: float = 0.0
    count: int = 0

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # `stderr` says what comes of it
    def of(cls, a: Floats, b: Floats | None, mean: float) -> "Moments":
        """The moments of one block about its own mean Σa / Σb; b is None where every b is 1."""
        if not math.isfinite(mean):
            mean = 0.0  # every b of the block is 0, or a sum is infinite
        count = float(a.size)
        if b is not None:
            e = a - mean * b
            return cls(mean, _dot(e, e), _dot(e, b), _dot(b, b), a.size)
        # About the rounded mean Σe is at most half an ULP of the mean a row: nothing.
        squares = _dot(a, a)
        ee = squares - count * mean * mean
        if not ee > _SAFE * squares:  # the spread is small beside the mean: too much cancels
            e = a - mean
            ee = _dot(e, e)
        return cls(mean, ee, 0.0, count, a.size)

    def about(self, pivot: float) -> "Moments":
        """The same rows about another pivot."""
        step = pivot - self.pivot
        ee = self.ee - 2.0 * step * self.eb + step * step * self.bb
        return Moments(pivot, ee, self.eb - step * self.bb, self.bb, self.count)

    def __add__(self, other: "Moments") -> "Moments":
        if not self.count:
            return other
        if not other.count:
            return self
        moved = other.about(self.pivot)
        return Moments(
            self.pivot,
            self.ee + moved.ee,
            self.eb + moved.eb,
            self.bb + moved.bb,
            self.count + moved.count,
        )

    def stderr(self, quotient: float, denominator: float) -> float | None:
        """The standard error of R = quotient with Σb = denominator.

        None for fewer than two rows, and where squares overflow or underflow.

        A mean's is √(Σ(x - x̄)² / (n(n - 1))). A quotient is linearised about its value
        (Cochran, Sampling Techniques, 1977, section 6.4), which is the same where every b is 1.
        """
        if self.count < 2 or not denominator:
            return None
        squares = max(self.about(quotient).ee, 0.0)
        if not math.isfinite(squares) or 0.0 < squares < _LEAST:
            return None
        # The root before the division: a tiny denominator squared would underflow.
        scale = math.sqrt(self.count / (self.count - 1))
        return scale * math.sqrt(squares) / abs(denominator)


def _dot(x: Floats, y: Floats) -> float:
    """Σ x·y, in pieces too short for a BLAS to add in an order of its own, by its own threads."""
    whole = x.size // _PIECE * _PIECE
    pieces = np.vecdot(x[:whole].reshape(-1, _PIECE), y[:whole].reshape(-1, _PIECE))
    return float(np.add.reduce(pieces)) + float(np.vecdot(x[whole:], y[whole:]))
