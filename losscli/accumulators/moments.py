"""Second moments of a quotient of two sums, in floating point, merged in row order.

A floating-point sum depends on how its rows are divided. So moments are taken of fixed units of
rows, and the units are merged one after the other: however the rows were divided into blocks, the
bits are the same, as long as each unit lies in one block.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats

PIECE = 8192  # numbers that one BLAS call adds: too few for it to use threads, in another order
UNIT = 4 * PIECE  # numbers in a unit: a block of text should hold one, and be short
_SHORT = 1024  # shorter parts are added by one NumPy call for all of them
_CACHED = 131_072  # rows that are worked on at once, so that they stay in cache
_LEAST = 1e-290  # a smaller sum of squares may have lost digits to underflow
_SAFE = 1e-4  # the share of Σa² that must remain, so that at most four digits are lost


def unit_rows(width: int, *, grouped: bool = False) -> int:
    """The number of rows in a unit, for rows of `width` numbers: a power of two.

    Units of groups are longer, as each group in a unit has moments of its own.
    """
    numbers = UNIT if not grouped else 4 * UNIT
    return 1 << (max(1, numbers // max(1, width)).bit_length() - 1)


class Unit(NamedTuple):
    """The moments of one unit about a pivot near Σa / Σb; e = a - pivot·b, so nothing cancels.

    ee, eb, bb: Σe², Σe·b, Σb².
    """

    pivot: float
    ee: float
    eb: float
    bb: float

    def about(self, pivot: float) -> "Unit":
        """The same rows about another pivot."""
        step = pivot - self.pivot
        ee = self.ee - 2.0 * step * self.eb + step * step * self.bb
        return Unit(pivot, ee, self.eb - step * self.bb, self.bb)

    def merge(self, other: "Unit") -> "Unit":
        """Both, about the first pivot."""
        moved = other.about(self.pivot)
        return Unit(self.pivot, self.ee + moved.ee, self.eb + moved.eb, self.bb + moved.bb)


@dataclass(frozen=True, slots=True)
class Moments:
    """Inputs to the standard error of R = Σa / Σb, with a = w·L and b = w·den of each row.

    units: those of a block, in row order; `+` merges them into one. `Moments()` has no rows.
    """

    units: tuple[Unit, ...] = ()

    def __add__(self, other: "Moments") -> "Moments":
        if not self.units or not other.units:
            return self if self.units else other
        return Moments((reduce(Unit.merge, (*self.units, *other.units)),))

    def squares_about(self, quotient: float) -> float:
        """Σ(a - quotient·b)²; 0 without rows."""
        return reduce(Unit.merge, self.units).about(quotient).ee if self.units else 0.0

    def stderr(self, quotient: float, denominator: float, count: int) -> float | None:
        """The standard error of R = quotient with Σb = denominator over `count` rows.

        None for fewer than two rows, and where squares overflow or underflow.

        A mean's is √(Σ(x - x̄)² / (n(n - 1))). A quotient is linearised about its value
        (Cochran, Sampling Techniques, 1977, section 6.4), which is the same where every b is 1.
        """
        if count < 2 or not denominator:
            return None
        squares = max(self.squares_about(quotient), 0.0)
        if not math.isfinite(squares) or 0.0 < squares < _LEAST:
            return None
        # The root before the division: a tiny denominator squared would underflow.
        return math.sqrt(count / (count - 1)) * math.sqrt(squares) / abs(denominator)


def units_of(a: Floats, b: Floats | None, cuts: NDArray[np.intp]) -> list[Unit]:
    """The moments of each part a[cuts[k]:cuts[k + 1]], none of them empty.

    b: None where every b is 1.
    """
    units: list[Unit] = []
    ends = np.searchsorted(cuts, np.arange(_CACHED, len(a), _CACHED)).tolist()
    for start, stop in pairwise(dict.fromkeys([0, *ends, len(cuts) - 1])):
        rows = slice(cuts[start], cuts[stop])
        parts = _Parts(cuts[start : stop + 1] - cuts[start])
        units += _units_of(a[rows], None if b is None else b[rows], parts)
    return units


def full_units(a: Floats, unit: int) -> list[Unit] | None:
    """The same as `units_of` for whole units where every b is 1; None if it takes another path.

    The most frequent case by far, in a third of the time: no array operation on a few numbers.
    """
    if unit < _SHORT or len(a) % unit:
        return None
    pieces = a.reshape(-1, max(1, unit // PIECE), min(unit, PIECE))
    ones = _ONES[: pieces.shape[2]]
    units = []
    for k in range(0, len(pieces), step := max(1, _CACHED // unit)):
        part = pieces[k : k + step]
        sums = np.add.reduce(np.vecdot(part, ones), axis=1).tolist()
        squares = np.add.reduce(np.vecdot(part, part), axis=1).tolist()
        for total, square in zip(sums, squares, strict=True):
            pivot = total / unit
            ee = square - unit * pivot * pivot
            if not _SAFE * square < ee < math.inf:
                return None
            units.append(Unit(pivot, ee, 0.0, float(unit)))
    return units


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # `stderr` returns None then
def _units_of(a: Floats, b: Floats | None, parts: "_Parts") -> Iterator[Unit]:
    sums = parts.dot(a, None)
    if b is not None:
        pivots = _finite(sums / parts.dot(b, None))
        e = parts.residuals(a, pivots, b)
        return _units(pivots, parts.dot(e, e), parts.dot(e, b), parts.dot(b, b))
    counts = parts.lengths.astype(np.float64)
    squares, pivots = parts.dot(a, a), _finite(sums / counts)
    # About the rounded mean Σe is at most a few ULP of the mean per row: taken as 0.
    ee = squares - counts * pivots * pivots
    eb = np.zeros_like(ee)
    inexact = ~(ee > _SAFE * squares)  # the spread is small relative to the mean
    if inexact.any():
        e = parts.residuals(a, pivots, None)
        ee = np.where(inexact, parts.dot(e, e), ee)
        eb = np.where(inexact, parts.dot(e, None), eb)
    return _units(pivots, ee, eb, counts)


def _units(*columns: Floats) -> Iterator[Unit]:
    return map(Unit._make, zip(*(column.tolist() for column in columns), strict=True))


def _finite(pivots: Floats) -> Floats:
    """The pivots, 0 where every b of a part is 0 or a sum is infinite."""
    return np.where(np.isfinite(pivots), pivots, 0.0)


class _Parts:
    """Consecutive parts of an array, and sums over each; its length alone decides how it is added.

    cuts: where the parts begin, and the end of the last one.
    """

    def __init__(self, cuts: NDArray[np.intp]) -> None:
        self._cuts = cuts
        self.lengths = np.diff(cuts)
        self._long = np.flatnonzero(self.lengths >= _SHORT).tolist()
        length = int(self.lengths[0])
        self._piece = min(length, PIECE)
        alike = bool((self.lengths == length).all())
        self._alike = alike and length >= _SHORT and length % self._piece == 0

    def dot(self, x: Floats, y: Floats | None) -> Floats:
        """Σ x·y of each part; without y, Σ x."""
        if self._alike:
            shape = (len(self.lengths), -1, self._piece)
            other = _ONES[: self._piece] if y is None else y.reshape(shape)
            rows: Floats = np.add.reduce(np.vecdot(x.reshape(shape), other), axis=1)
            return rows
        sums = np.empty(len(self.lengths))
        if len(self._long) < len(sums):
            sums = np.add.reduceat(x if y is None else x * y, self._cuts[:-1])
        for k in self._long:
            part = slice(self._cuts[k], self._cuts[k + 1])
            sums[k] = _dot(x[part], None if y is None else y[part])
        return sums

    def residuals(self, a: Floats, pivots: Floats, b: Floats | None) -> Floats:
        """A - pivot·b of each row, with the pivot of its part; without b, a - pivot."""
        if not self._alike:
            own = np.repeat(pivots, self.lengths)
            return a - (own if b is None else own * b)
        shape = (len(pivots), -1)
        own = pivots[:, np.newaxis]
        rows: Floats = a.reshape(shape) - (own if b is None else own * b.reshape(shape))
        return rows.reshape(-1)


def _dot(x: Floats, y: Floats | None) -> float:
    """Σ x·y, or Σ x without y, in pieces too short for a BLAS to add with threads."""
    whole = x.size // PIECE * PIECE
    shape = (-1, PIECE)
    pieces = np.vecdot(x[:whole].reshape(shape), _ONES if y is None else y[:whole].reshape(shape))
    rest = _ONES[: x.size - whole] if y is None else y[whole:]
    return float(np.add.reduce(pieces)) + float(np.vecdot(x[whole:], rest))


_ONES = np.ones(PIECE)
