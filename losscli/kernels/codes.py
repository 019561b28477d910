"""Rows that have a code each, such as the number of their group, in the compiled module.

Without the module NumPy gives the same bits.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.kernels import machine

Codes: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

BITS = 32  # of a digit
_HALF = 1 << (BITS - 1)
_MOST_BITS = 50  # of a part of a value; of many rows fewer, so that parts add up in 63 bits
_KEY_BITS = 14  # of a key within its bucket
_MOST_KEYS = 1 << 23  # places of a table of keys
_FEW = 16  # of such places for a row: more are mostly empty
_WHOLE = 1 << 53  # integers up to it are numbers
_CHUNK = 1 << 20  # so many digits of 32 bits add up exactly in float64


def numbered(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], Codes]:
    """The distinct ones of integers, ascending, and the place of each value in them."""
    if not machine.available() or not values.size:
        found, codes = np.unique(values, return_inverse=True)
        return found, codes.astype(np.int64, copy=False)
    codes = np.empty(values.size, np.int64)
    keys = machine.scanner().number(np.ascontiguousarray(values), codes)
    return np.frombuffer(keys, np.int64), codes


def merged_keys(
    ours: NDArray[np.uint64], theirs: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], Codes, Codes]:
    """Ascending keys that either array has, and the places of those of each in them."""
    places = np.empty(len(ours), np.int64), np.empty(len(theirs), np.int64)
    if machine.available():
        keys = machine.scanner().merge_keys(ours, theirs, *places)
        return np.frombuffer(keys, np.uint64), *places
    found = np.union1d(ours, theirs)
    return found, np.searchsorted(found, ours), np.searchsorted(found, theirs)


def digit_sums(values: Floats, codes: Codes, count: int) -> tuple[int, NDArray[np.int64]]:
    """The first place, and the digits (count, places) of the sum of the values of each code.

    Digits of 32 bits: those of place k count 2**(32·k). Values that are not finite count 0.
    """
    if machine.available():
        values, codes = np.ascontiguousarray(values), np.ascontiguousarray(codes, np.int64)
        first, places = machine.scanner().digit_places(values)
        sums = np.zeros((count, places), np.int64)  # by NumPy, which asks for large pages
        if places:
            machine.scanner().add_digits(values, codes, first, sums, count)
        return first, sums
    found: dict[int, NDArray[np.int64]] = {}
    for start in range(0, len(values), _CHUNK):
        part = slice(start, start + _CHUNK)
        for place, whole in digits_of(values[part]):
            sums = np.bincount(codes[part], whole, count).astype(np.int64)
            found[place] = found[place] + sums if place in found else sums
    return columns_of(found, count)


def run_starts(keys: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The first row of each run of equal keys, and last the number of rows.

    None if keys do not ascend from 0 or above, and without a machine.
    """
    if not machine.available() or not keys.size:
        return None
    found = machine.scanner().run_starts(np.ascontiguousarray(keys))
    return None if found is None else np.frombuffer(found, np.int64)


def run_sums(values: Floats, starts: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    """As `digit_sums` of the runs that `run_starts` has found, by a machine."""
    count = len(starts) - 1
    found = machine.scanner().run_sums(np.ascontiguousarray(values), starts)
    if found is None:
        return digit_sums(values, np.repeat(np.arange(count), np.diff(starts)), count)
    return found[0], np.frombuffer(found[1], np.int64).reshape(count, -1)


class Bucketed(NamedTuple):
    """Rows in buckets of keys that are near to each other, not added up yet.

    low: the first bucket. starts: the first row of each, and the number of rows. memory: the
    values, then the ends of their keys. first, end: the places of their digits. exponent: that of
    the largest value, as its bits have it.
    """

    low: int
    starts: NDArray[np.int64]
    memory: Floats
    first: int
    end: int
    exponent: int

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.starts[-1])

    def keys(self) -> NDArray[np.int64]:
        """The key of each row."""
        ends = self.memory[self.rows :].view(np.uint16)[: self.rows]
        buckets = np.arange(self.low, self.low + len(self.starts) - 1)
        return (np.repeat(buckets, np.diff(self.starts)) << _KEY_BITS) + ends


def bucketed(keys: NDArray[np.int64], values: Floats) -> Bucketed | None:
    """Rows by the buckets of their keys; None where keys are few for the rows, or far apart.

    None, too, where a key is below 0, a value not finite or beyond 2**960, and without a machine.
    """
    if not machine.available() or not keys.size:
        return None
    memory = np.empty(keys.size + (keys.size + 3) // 4)
    columns = np.ascontiguousarray(keys), np.ascontiguousarray(values)
    found = machine.scanner().to_buckets(*columns, _MOST_KEYS, memory)
    if found is None:
        return None
    low, starts, first, end, exponent = found
    return Bucketed(low, np.frombuffer(starts, np.int64), memory, first, end, exponent)


class KeySums(NamedTuple):
    """The sums of keys. keys: ascending. rows: of each. first, digits: as of `digit_sums`."""

    keys: NDArray[np.uint64]
    rows: NDArray[np.int64]
    first: int
    digits: NDArray[np.int64]


def bucket_ranges(parts: Sequence[Bucketed], count: int) -> list[tuple[int, int]]:
    """All buckets in at most so many ranges, each from its first bucket up to another.

    No range where rows are few for a table of their keys.
    """
    low = min(part.low for part in parts)
    high = max(part.low + len(part.starts) - 1 for part in parts)
    if (high - low) << _KEY_BITS > _FEW * sum(part.rows for part in parts):
        return []
    step = -(-(high - low) // count)
    return [(start, min(start + step, high)) for start in range(low, high, step)]


def bucket_sums(parts: Sequence[Bucketed], buckets: tuple[int, int]) -> KeySums:
    """The sums of the keys in a range of buckets that have rows in some part."""
    low, high = buckets
    first, end = min(part.first for part in parts), max(part.end for part in parts)
    rows = sum(part.rows for part in parts)
    room = min(rows, (high - low) << _KEY_BITS)
    keys, counts = np.empty(room, np.uint64), np.empty(room, np.int64)
    digits = np.empty((room, max(1, end - first)), np.int64)
    exponent, bits = max(part.exponent for part in parts), 62 - rows.bit_length()
    found = machine.scanner().bucket_sums(
        tuple((part.low, part.starts, part.memory) for part in parts),
        low, high, first, exponent, min(_MOST_BITS, bits), keys, counts, digits,
    )  # fmt: skip
    return KeySums(keys[:found], counts[:found], first, digits[:found])


def sums_of_few(parts: Sequence[Bucketed]) -> KeySums:
    """The same of all rows, which are few for their keys."""
    keys, codes = numbered(np.concatenate([part.keys() for part in parts]))
    values = np.concatenate([part.memory[: part.rows] for part in parts])
    counts = np.bincount(codes, minlength=len(keys))
    return KeySums(keys.view(np.uint64), counts, *digit_sums(values, codes, len(keys)))


def add_rows(rows: NDArray[np.int64], places: Codes, offset: int, sums: NDArray[np.int64]) -> None:
    """Add each row to that of sums at its place, all places distinct, from a column on."""
    if machine.available():
        machine.scanner().add_rows(rows, places, offset, sums, sums.shape[1])
    else:
        sums[places, offset : offset + rows.shape[1]] += rows


def columns_of(digits: dict[int, NDArray[np.int64]], count: int) -> tuple[int, NDArray[np.int64]]:
    """Digits by their place as the first place and the columns of a matrix."""
    first, end = (min(digits), max(digits) + 1) if digits else (0, 0)
    found = np.zeros((count, end - first), np.int64)
    for place, column in digits.items():
        found[:, place - first] = column
    return first, found


def digits_of(column: Floats) -> Iterator[tuple[int, Floats]]:
    """Yield the digits of numbers, from the largest place on; of those that are not finite 0."""
    rest = np.where(np.isfinite(column), column, 0.0)
    while (largest := float(np.max(np.abs(rest), initial=0.0))) > 0:
        place = (int(np.frexp(largest)[1]) - 1) // BITS
        whole = np.trunc(np.ldexp(rest, -BITS * place))
        rest -= np.ldexp(whole, BITS * place)
        yield place, whole


def totals(first: int, digits: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The numbers that rows of digits are, rounded, and what the rounding left."""
    high, low = np.zeros(len(digits)), np.zeros(len(digits))
    if not first and digits.shape[1] == 1 and _are_numbers(digits):
        return digits[:, 0].astype(np.float64), low
    if machine.available():
        machine.scanner().totals(first, np.ascontiguousarray(digits), high, low)
        return high, low
    # Carried to [-2^31, 2^31), a digit lies below what is added up already: a rounding leaves
    # term - (total - high).
    carried = []
    carry = np.zeros(len(digits), np.int64)
    for column in digits.T:
        carry += column + _HALF
        carried.append((carry & 0xFFFFFFFF) - _HALF)
        carry >>= BITS
    for k, column in reversed([*enumerate([*carried, carry], first)]):
        term = np.ldexp(column.astype(np.float64), BITS * k)
        total = high + term
        low += term - (total - high)
        high = total
    rounded = high + low  # once, as if there had been no digits
    finite = np.isfinite(rounded)
    low = np.where(finite, low - (rounded - high), low)
    return np.where(finite, rounded, high), low


def _are_numbers(digits: NDArray[np.int64]) -> bool:
    """True if float64 has all of these integers."""
    return bool(digits.max(initial=0) <= _WHOLE and digits.min(initial=0) >= -_WHOLE)


def totals_less(
    first: int, digits: NDArray[np.int64], factor: float, high: Floats, low: Floats
) -> Floats | None:
    """The numbers that rows of digits are, less factor·(high + low); None without a machine."""
    if not machine.available():
        return None
    found = np.empty(len(digits))
    digits = np.ascontiguousarray(digits)
    machine.scanner().totals_less(first, digits, factor, high, low, found)
    return found


def extremes(values: Floats, codes: Codes, count: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The least and the largest value of each code, and the first row of the latter.

    nan is neither; of a code without numbers they are inf, -inf and -1.
    """
    low, high, rows = np.empty(count), np.empty(count), np.empty(count, np.int64)
    if machine.available():
        values = np.ascontiguousarray(values)
        machine.scanner().extremes_by_code(values, codes, low, high, rows)
        return low, high, rows
    low.fill(np.inf)
    high.fill(-np.inf)
    rows.fill(-1)
    numbers = np.flatnonzero(~np.isnan(values))
    values, codes = values[numbers], codes[numbers]
    np.minimum.at(low, codes, values)
    np.maximum.at(high, codes, values)
    largest = np.flatnonzero(values == high[codes])[::-1]
    rows[codes[largest]] = numbers[largest]
    return low, high, rows


class FoldedCodes(NamedTuple):
    """The state of the rows of each code.

    first, digits: as of `digit_sums`. counts: their number. moments: as of `moments`. low, high,
    rows: as of `extremes`.
    """

    first: int
    digits: NDArray[np.int64]
    counts: NDArray[np.int64]
    moments: NDArray[np.float64]
    low: Floats
    high: Floats
    rows: NDArray[np.int64]


def fold(values: Floats, codes: Codes, count: int, unit: int, phase: int) -> FoldedCodes | None:
    """The state of the rows of each code, in one call of the compiled machine.

    None without a machine, and where a value is not finite or beyond 2**960. Moments are taken of
    `unit` rows at a time, the first of which is `phase` rows before these.
    """
    if not machine.available() or not count:
        return None
    parts = -(-(phase + len(values)) // unit)
    counts, rows = np.zeros(count, np.int64), np.empty(count, np.int64)
    found, low, high = np.empty((parts, count, 4)), np.empty(count), np.empty(count)
    digits = machine.scanner().fold_by_code(
        np.ascontiguousarray(values), codes, unit, phase, counts, low, high, rows, found
    )
    if digits is None:
        return None
    sums = np.frombuffer(digits[1], np.int64).reshape(count, -1)
    return FoldedCodes(digits[0], sums, counts, found, low, high, rows)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def moments(
    a: Floats, b: Floats | None, codes: Codes, count: int, cuts: list[int]
) -> NDArray[np.float64]:
    """The moments of the rows of each code in each part of the rows, (parts, count, 4).

    cuts: the ends of the parts, the first one included. b: None where all are 1. Four numbers: a
    pivot Σa / Σb, and Σe², Σe·b and Σb² of e = a - pivot·b; sums are in row order.
    """
    found = np.zeros((len(cuts) - 1, count, 4))
    run = machine.scanner().moments_by_code if machine.available() else _moments
    for part, (start, stop) in zip(found, pairwise(cuts), strict=True):
        rows = slice(start, stop)
        run(a[rows], None if b is None else b[rows], codes[rows], part)
    return found


def _moments(a: Floats, b: Floats | None, codes: Codes, out: Any) -> None:
    count = len(out)
    ones = np.ones(len(a)) if b is None else b
    pivots = np.bincount(codes, a, count) / np.bincount(codes, ones, count)
    pivots[~np.isfinite(pivots)] = 0.0
    e = a - pivots[codes] * ones
    sums = (e * e, e * ones, ones * ones)
    out[:] = np.stack([pivots, *(np.bincount(codes, each, count) for each in sums)], axis=1)


def merged_moments(units: Sequence[Floats]) -> Floats:
    """The moments of each code in several parts of the rows, about the pivot of the first one.

    units: (count, 4) each, as of `moments`; Σe², Σe·b and Σb² are 0 where a code has no rows.
    """
    found = units[0].copy()
    merge = machine.scanner().merge_moments if machine.available() else _merge_moments
    for unit in units[1:]:
        merge(found, unit)
    return found


@np.errstate(over="ignore", invalid="ignore")
def _merge_moments(ours: Any, theirs: Any) -> None:
    step = ours[:, 0] - theirs[:, 0]
    empty = ~ours[:, 1:].any(axis=1)
    used = theirs[:, 1:].any(axis=1) & ~empty
    squares, products, weights = theirs[:, 1], theirs[:, 2], theirs[:, 3]
    more = squares - 2.0 * step * products + step * step * weights, products - step * weights
    for column, each in enumerate([*more, weights], 1):
        ours[used, column] += each[used]
    ours[empty] = theirs[empty]
