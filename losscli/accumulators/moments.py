"""Second moments of a quotient of two sums, in floating point, merged in row order.

A floating-point sum depends on how its rows are divided. So moments are taken of fixed units of
rows, and the units are merged one after the other: however the rows were divided into blocks, the
bits are the same, as long as each unit lies in one block.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from itertools import pairwise, starmap

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats
from losscli.kernels.machine import PIECE

_BLAS = 8192  # numbers that one BLAS call adds: too few for it to use threads, in another order
UNIT = 4 * _BLAS  # numbers in a unit: a block of text should hold one, and be short
_SHORT = 1024  # more than a few shorter parts are added by one NumPy call for all of them
_FEW = 4
_LEAST = 1e-290  # a smaller sum of squares may have lost digits to underflow
_SAFE = 1e-4  # the share of Σa² that must remain, so that at most four digits are lost
_KEPT = ContextVar("_KEPT", default=False)  # of the thread that merges


def unit_rows(width: int, *, grouped: bool = False) -> int:
    """The number of rows in a unit, for rows of `width` numbers: a power of two.

    Units of groups are longer, as each group in a unit has moments of its own.
    """
    numbers = UNIT if not grouped else 4 * UNIT
    return 1 << ((numbers // (width or 1) or 1).bit_length() - 1)


class Unit(Struct, frozen=True, gc=False):
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


class Moments(Struct, frozen=True, gc=False):
    """Inputs to the standard error of R = Σa / Σb, with a = w·L and b = w·den of each row.

    units: those of a block, in row order; `+` merges them into one, but for `units_kept`.
    `Moments()` has no rows.
    """

    units: tuple[Unit, ...] = ()

    def __add__(self, other: "Moments") -> "Moments":
        if not self.units or not other.units:
            return self if self.units else other
        if _KEPT.get():
            return Moments((*self.units, *other.units))
        return Moments((reduce(Unit.merge, (*self.units, *other.units)),))

    def squares_about(self, quotient: float) -> float:
        """Σ(a - quotient·b)²; 0 without rows."""
        return reduce(Unit.merge, self.units).about(quotient).ee if self.units else 0.0

    def effective_rows(self, denominator: float) -> float:
        """The number of rows of equal b that are as good as these: (Σb)² / Σb² (Kish, 1965)."""
        squares = sum(unit.bb for unit in self.units)
        return denominator * (denominator / squares) if squares else 0.0

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


@contextmanager
def units_kept() -> Iterator[None]:
    """A context in which `+` of this thread keeps all units.

    Rows that are not the first of all need it: their units are merged after those before them.
    """
    token = _KEPT.set(True)
    try:
        yield
    finally:
        _KEPT.reset(token)


def are_units_kept() -> bool:
    """True in a context of `units_kept`."""
    return _KEPT.get()


@np.errstate(over="ignore", invalid="ignore")  # `stderr` returns None then
def units_of_ones(a: Floats, cuts: Sequence[int]) -> list[Unit]:
    """The moments of each part where every b is 1, in the order of the compiled machine.

    A unit is added in pieces of `PIECE` rows, each in NumPy's pairwise order, one after the other;
    the mean of the first piece is the pivot.
    """
    units: list[Unit] = []
    whole = 1
    for k, (start, stop) in enumerate(pairwise(cuts)):
        whole -= 1
        if whole > 0:
            continue  # of the equal parts that are done already
        size, whole = stop - start, 1
        while k + whole + 1 < len(cuts) and cuts[k + whole + 1] - cuts[k + whole] == size:
            whole += 1
        parts = a[start : start + whole * size].reshape(whole, size)
        units += _units_of_parts(parts)
    return units


def _units_of_parts(parts: NDArray[np.float64]) -> list[Unit]:
    """The moments of the rows of a matrix."""
    size = parts.shape[1]
    pivots = np.add.reduce(parts[:, :PIECE], axis=1) / min(size, PIECE)
    pivots[~np.isfinite(pivots)] = 0.0
    e = parts - pivots[:, None]
    ee, eb = np.zeros(len(parts)), np.zeros(len(parts))
    for start in range(0, size, PIECE):
        piece = e[:, start : start + PIECE]
        eb += np.add.reduce(piece, axis=1)
        ee += np.add.reduce(piece * piece, axis=1)
    return _units(pivots, ee, eb, np.full(len(parts), float(size)))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # `stderr` returns None then
def units_of(a: Floats, b: Floats | None, cuts: Sequence[int]) -> list[Unit]:
    """The moments of each part a[cuts[k]:cuts[k + 1]], none of them empty.

    b: None where every b is 1.
    """
    parts = list(starmap(slice, pairwise(cuts)))
    long = [k for k, part in enumerate(parts) if part.stop - part.start >= _SHORT]
    if len(parts) - len(long) <= _FEW:
        return [_unit(a[part], None if b is None else b[part]) for part in parts]
    units = _short_units(a, b, np.array(cuts))
    for k in long:
        units[k] = _unit(a[parts[k]], None if b is None else b[parts[k]])
    return units


def _unit(a: Floats, b: Floats | None) -> Unit:
    total = _dot(a, None)
    if b is not None:
        divisor = _dot(b, None)
        pivot = _finite(total / divisor) if divisor else 0.0
        e = a - pivot * b
        return Unit(pivot, _dot(e, e), _dot(e, b), _dot(b, b))
    pivot, square = _finite(total / len(a)), _dot(a, a)
    # About the rounded mean Σe is at most a few ULP of the mean per row: taken as 0.
    ee, eb = square - len(a) * pivot * pivot, 0.0
    if not ee > _SAFE * square:  # the spread is small relative to the mean
        e = a - pivot
        ee, eb = _dot(e, e), _dot(e, None)
    return Unit(pivot, ee, eb, float(len(a)))


def _finite(pivot: float) -> float:
    return pivot if math.isfinite(pivot) else 0.0


def _short_units(a: Floats, b: Floats | None, cuts: NDArray[np.intp]) -> list[Unit]:
    """The same for all parts at once, each added by NumPy in one go."""

    def sums(x: Floats) -> Floats:
        return np.add.reduceat(x, cuts[:-1])

    lengths = np.diff(cuts)
    counts = lengths.astype(np.float64) if b is None else sums(b)
    pivots = sums(a) / counts
    pivots[~np.isfinite(pivots)] = 0.0
    own = np.repeat(pivots, lengths)
    if b is not None:
        e = a - own * b
        return _units(pivots, sums(e * e), sums(e * b), sums(b * b))
    squares = sums(a * a)
    ee = squares - counts * pivots * pivots
    eb = np.zeros_like(ee)
    inexact = ~(ee > _SAFE * squares)
    if inexact.any():
        e = a - own
        ee, eb = np.where(inexact, sums(e * e), ee), np.where(inexact, sums(e), eb)
    return _units(pivots, ee, eb, counts)


def _units(*columns: Floats) -> list[Unit]:
    return list(map(Unit, *(column.tolist() for column in columns)))


def _dot(x: Floats, y: Floats | None) -> float:
    """Σ x·y, or Σ x without y, in pieces too short for a BLAS to add with threads."""
    if x.size < _SHORT:  # as `_short_units` adds it
        return float(np.add.reduceat(x if y is None else x * y, _FIRST)[0])
    whole = x.size // _BLAS * _BLAS
    shape = (-1, _BLAS)
    pieces = np.vecdot(x[:whole].reshape(shape), _ONES if y is None else y[:whole].reshape(shape))
    total = float(np.add.reduce(pieces))
    if whole == x.size:
        return total
    rest = _ONES[: x.size - whole] if y is None else y[whole:]
    return total + float(np.vecdot(x[whole:], rest))


_ONES = np.ones(_BLAS)
_FIRST = np.zeros(1, np.intp)
