"""Exact sums by cluster: the state of a standard error of rows that are not independent.

Sums are of digits, so that neither the order nor the division of rows changes a bit.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.digits import DigitSums
from losscli.accumulators.exact import ExactSum, Floats
from losscli.kernels import codes as by_code

_MANY = 1 << 14  # clusters that are worth a table
_SPARSE = 4  # places of a table for each cluster of its largest part, at most
_MOST_WAITING = 1 << 24  # rows, of 10 bytes each
_RANGES = 8  # of buckets that are added up one by one
_ORDINARY = 1000  # powers of two up to it are normal numbers
_WIDE = 16  # for each cluster of a part that is added: a table that grew each time would be slow


class Clusters:
    """The clusters of rows: row i lies in that of keys[codes[i]]; keys: (c,) uint64, distinct."""

    def __init__(self, codes: NDArray[np.intp], keys: NDArray[np.uint64]) -> None:
        self._integers: NDArray[np.int64] | None = None
        self._numbered = codes, keys

    @classmethod
    def of_integers(cls, values: NDArray[np.int64]) -> "Clusters":
        """The clusters of rows by integers, which are numbered only if that is needed."""
        found = cls.__new__(cls)
        found._integers = values
        return found

    @property
    def codes(self) -> NDArray[np.intp]:
        """The number of the cluster of each row."""
        return self._numbered[0]

    @property
    def keys(self) -> NDArray[np.uint64]:
        """The key of each cluster."""
        return self._numbered[1]

    @cached_property
    def _numbered(self) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
        assert self._integers is not None
        keys, codes = by_code.numbered(self._integers)
        return codes, keys.view(np.uint64)

    @cached_property
    def runs(self) -> "Runs | None":
        """The clusters as runs of rows with ascending keys; None where they are not."""
        values = self._integers
        starts = None if values is None else by_code.run_starts(values)
        if values is None or starts is None:
            return None
        return Runs(starts, values[starts[:-1]].view(np.uint64))

    def bucketed(self, columns: Sequence[Floats | None]) -> "by_code.Bucketed | None":
        """Rows of numbers and ones by the buckets of their clusters; None where that is useless."""
        keys = self._integers
        if keys is None or len(columns) != 2 or columns[1] is not None:
            return None
        return None if columns[0] is None else by_code.bucketed(keys, columns[0])

    def at(self, rows: "NDArray[np.intp] | slice") -> "Clusters":
        """The clusters of some rows."""
        if self._integers is not None:
            return Clusters.of_integers(self._integers[rows])
        return Clusters(self.codes[rows], self.keys)

    @cached_property
    def counted(self) -> "tuple[Clusters, NDArray[np.intp]]":
        """The same clusters that have rows, with ascending keys, and the number of rows of each."""
        counts = np.bincount(self.codes, minlength=len(self.keys))
        if counts.all() and (self.keys[1:] > self.keys[:-1]).all():
            return self, counts
        used = np.flatnonzero(counts)
        order = used[np.argsort(self.keys[used])]
        place = np.empty(len(counts), np.intp)
        place[order] = np.arange(len(order))
        return Clusters(place[self.codes], self.keys[order]), counts[order]


class Runs(NamedTuple):
    """Neighbouring rows of one cluster: from starts[k] to starts[k + 1] that of keys[k]."""

    starts: NDArray[np.int64]
    keys: NDArray[np.uint64]


class ClusterTotals(NamedTuple):
    """The sums of a column over each cluster, as pairs high + low of 106 bits."""

    high: Floats
    low: Floats


class _Part(NamedTuple):
    """The sums of columns by cluster. keys: ascending."""

    keys: NDArray[np.uint64]
    columns: tuple[DigitSums, ...]

    def deviations(self, factor: float) -> Floats:
        """The sums of the first column, less a factor times those of the second."""
        sums, other = self.columns
        with np.errstate(all="ignore"):  # of the thread
            return sums.less(factor, other)

    def overlaps(self, later: "_Part") -> bool:
        """True if the keys of a later part do not follow these; the first may be the last one."""
        return bool(later.keys[0] < self.keys[-1])

    def rows(self, start: int, stop: int | None) -> "_Part":
        """Some of the clusters, by their places."""
        return _Part(
            self.keys[start:stop],
            tuple(DigitSums(each.first, each.digits[start:stop]) for each in self.columns),
        )

    def merge(self, other: "_Part") -> "_Part":
        """The clusters of both."""
        keys, ours, theirs = by_code.merged_keys(self.keys, other.keys)
        pairs = zip(self.columns, other.columns, strict=True)
        columns = (
            DigitSums.merged(len(keys), [(left, ours), (right, theirs)]) for left, right in pairs
        )
        return _Part(keys, tuple(columns))


class _Table:
    """The sums of columns by cluster, which `add` changes in place: cluster k at place k - low.

    known: True for the clusters that have rows.
    """

    __slots__ = ("columns", "known", "low")

    def __init__(self, low: int, size: int, columns: int) -> None:
        self.low, self.known = low, np.zeros(size, np.bool_)
        self.columns = [DigitSums(0, np.zeros((size, 0), np.int64)) for _ in range(columns)]

    @classmethod
    def for_parts(cls, parts: Sequence[_Part], added: Sequence[_Part]) -> "_Table | None":
        """A table for the keys of all parts; None where it would be mostly empty, or very wide."""
        parts = [*parts, *added]
        low = min(int(part.keys[0]) for part in parts)
        high = max(int(part.keys[-1]) for part in parts)
        size = high - low + 1
        most = _SPARSE * max(len(part.keys) for part in parts)
        if size > min(most, *(_WIDE * len(part.keys) for part in added)):
            return None
        return cls(low, size, len(parts[0].columns))

    def takes(self, part: _Part) -> bool:
        """True if all keys of a part have a place."""
        return self.low <= int(part.keys[0]) and int(part.keys[-1]) < self.low + len(self.known)

    def add(self, part: _Part) -> None:
        """Add the sums of a part."""
        places = (part.keys - np.uint64(self.low)).view(np.int64)
        self.known[places] = True
        for at, column in enumerate(part.columns):
            self.columns[at] = self.columns[at].with_rows(places, column)

    def part(self) -> _Part:
        """The sums so far."""
        used = np.flatnonzero(self.known)
        columns = (DigitSums(each.first, each.digits[used]) for each in self.columns)
        return _Part(used.view(np.uint64) + np.uint64(self.low), tuple(columns))


class _Found:
    """The deviations that were found of a state last, which are not a part of it."""

    __slots__ = ("deviations_of",)
    deviations_of: tuple[float, list[Floats]]  # a factor, and the deviations with it


class ClusterSums(_Found):
    """The sums of columns by cluster; `+` merges two, `+=` in place where keys lie close.

    Rows in buckets wait until many are added up at once.
    """

    __slots__ = ("_parts", "_table", "_waiting")

    def __init__(self, parts: Sequence[_Part], waiting: Sequence[by_code.Bucketed] = ()) -> None:
        self._parts = parts
        self._table: _Table | None = None
        self._waiting = list(waiting)

    @classmethod
    def of(cls, clusters: Clusters, columns: Sequence[Floats | None]) -> "ClusterSums":
        """The sums of columns over rows, one at least; None is a column of ones.

        Numbers that are not finite count 0: they have no standard error.
        """
        runs = clusters.runs
        if runs is not None:
            counts, keys = np.diff(runs.starts), runs.keys
            sums_of = partial(DigitSums.by_run, starts=runs.starts)
        else:
            waiting = clusters.bucketed(columns)
            if waiting is not None:
                return cls((), [waiting])
            numbered, counts = clusters.counted
            keys = numbered.keys
            sums_of = partial(DigitSums.by_code, codes=numbered.codes, count=len(keys))
        found = (
            DigitSums.of_integers(counts) if column is None else sums_of(column)
            for column in columns
        )
        return cls([_Part(keys, tuple(found))])

    def settle(self, each: Callable[..., Iterable[Any]] = map) -> None:
        """Add up the rows that wait; each: calls a function for each of several arguments."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        ranges = by_code.bucket_ranges(waiting, _RANGES)
        sums_of = partial(by_code.bucket_sums, waiting)
        sums = each(sums_of, ranges) if ranges else [by_code.sums_of_few(waiting)]
        found = [
            _Part(own.keys, (DigitSums(own.first, own.digits), DigitSums.of_integers(own.rows)))
            for own in sums
            if len(own.keys)
        ]
        self._parts, self._table = _with(self._all(), found), None

    def __iadd__(self, other: "ClusterSums") -> "ClusterSums":  # noqa: PYI034 - a new one
        found = self._with_parts_of(other)
        found._waiting = self._waiting
        found._waiting += other._waiting
        return found._limited()

    def _with_parts_of(self, other: "ClusterSums") -> "ClusterSums":
        """The sums of both, in place if possible, without rows that wait."""
        added = other._all()
        found = ClusterSums(self._parts)
        found._table = self._table
        if not added:
            return found
        if self._table is None and not _is_worth_a_table(self._parts, added):
            return ClusterSums(_with(self._all(), added))
        found = ClusterSums(())
        found._table = self._table or _Table.for_parts(self._parts, added)
        if found._table is None or not all(map(found._table.takes, added)):
            return ClusterSums(_with(self._all(), added))
        for part in added if self._table else [*self._parts, *added]:
            found._table.add(part)
        return found

    def _all(self) -> Sequence[_Part]:
        """Parts that hold all sums but those of rows that wait."""
        return self._parts if self._table is None else [self._table.part()]

    def __add__(self, other: "ClusterSums") -> "ClusterSums":
        parts = _with(self._all(), other._all())
        return ClusterSums(parts, [*self._waiting, *other._waiting])._limited()

    def _limited(self) -> "ClusterSums":
        """The same sums, without more rows that wait than memory should hold."""
        if sum(part.rows for part in self._waiting) > _MOST_WAITING:
            self.settle()
        return self

    def __len__(self) -> int:
        return sum(len(part.keys) for part in self._apart())

    @property
    def keys(self) -> NDArray[np.uint64]:
        """The keys of the clusters, ascending."""
        return np.concatenate([part.keys for part in self._apart()])

    def deviations(self, factor: float, each: Callable[..., Iterable[Any]] = map) -> list[Floats]:
        """The sums of the first column, less a factor times those of the second, in parts.

        each: as of `settle`.
        """
        known = getattr(self, "deviations_of", None)
        if known is None or known[0] != factor:
            found = list(each(lambda part: part.deviations(factor), self._apart()))
            known = self.deviations_of = factor, found
        return known[1]

    def weights(self) -> list[Floats]:
        """The sums of the second column, rounded, in parts."""
        return [part.columns[1].totals()[0] for part in self._apart()]

    def totals(self, column: int) -> ClusterTotals:
        """The sums of a column, in the order of the keys."""
        found = [part.columns[column].totals() for part in self._apart()]
        high, low = found[0] if len(found) == 1 else map(np.concatenate, zip(*found, strict=True))
        return ClusterTotals(high, low)

    def _apart(self) -> Sequence[_Part]:
        """Parts of ascending keys that replace all parts, each cluster in one of them."""
        self.settle()
        parts: list[_Part] = []
        for part in self._all():
            while parts and parts[-1].overlaps(part):
                part = parts.pop().merge(part)
            if parts and parts[-1].keys[-1] == part.keys[0]:  # a cluster that two blocks share
                last = parts.pop()
                shared = last.rows(-1, None).merge(part.rows(0, 1))
                parts += [each for each in (last.rows(0, -1), shared) if len(each.keys)]
                part = part.rows(1, None)
            if len(part.keys):
                parts.append(part)
        self._parts, self._table = parts, None
        return parts


def _with(parts: Sequence[_Part], added: Sequence[_Part]) -> list[_Part]:
    """Parts of all sums.

    Those of similar size are merged, so that a cluster is moved a few times only.
    """
    found = [*parts]
    for part in added:
        while found and found[-1].overlaps(part) and len(found[-1].keys) <= 2 * len(part.keys):
            part = found.pop().merge(part)
        found.append(part)
    return found


def _is_worth_a_table(parts: Sequence[_Part], added: Sequence[_Part]) -> bool:
    """True if many clusters have rows in several parts."""
    if not parts:
        return False
    first, last = added[0], parts[-1]
    return last.overlaps(first) and min(len(last.keys), len(first.keys)) >= _MANY


def root_of_squares(parts: Sequence[Floats]) -> float | None:
    """√(C/(C - 1)·Σ e²) over C totals of clusters; None for fewer than two, or beyond float64.

    The same bits in any order. With a divisor it is the cluster-robust standard error with the
    correction CR1 for small samples (Cameron and Miller, Journal of Human Resources 50, 2015).
    """
    parts = [part for part in parts if len(part)]
    count = sum(map(len, parts))
    if count < 2:
        return None
    ends = [float(end) for part in parts for end in (part.min(), part.max())]
    if not all(map(math.isfinite, ends)):
        return None
    largest = max(map(abs, ends))
    if not largest:
        return 0.0
    exponent = math.frexp(largest)[1]
    squares = float(sum((_scaled_squares(part, -exponent) for part in parts), ExactSum()))
    try:
        return math.ldexp(math.sqrt(count / (count - 1) * squares), exponent)
    except OverflowError:
        return None


def _scaled_squares(numbers: Floats, exponent: int) -> ExactSum:
    """Σ (x·2^exponent)²."""
    ordinary = abs(exponent) < _ORDINARY
    scaled = numbers * 2.0**exponent if ordinary else np.ldexp(numbers, exponent)
    scaled *= scaled
    return ExactSum.of(scaled)
