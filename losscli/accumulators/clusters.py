"""Exact sums by cluster: the state of a standard error of rows that are not independent.

Sums are of digits, so that neither the order nor the division of rows changes a bit.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.digits import Digits, digits_of, totals_of
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.products import two_product

_CHUNK = 1 << 20  # so many digits of 32 bits add up exactly in float64


class Clusters(NamedTuple):
    """The clusters of rows: row i lies in that of keys[codes[i]]; keys: (c,) uint64, distinct."""

    codes: NDArray[np.intp]
    keys: NDArray[np.uint64]

    def at(self, rows: "NDArray[np.intp] | slice") -> "Clusters":
        """The clusters of some rows."""
        return Clusters(self.codes[rows], self.keys)


class ClusterTotals(NamedTuple):
    """The sums of a column over each cluster, as pairs high + low of 106 bits."""

    high: Floats
    low: Floats

    def less(self, factor: float, other: "ClusterTotals") -> Floats:
        """Each sum, minus a factor times that of another column."""
        product, rest = two_product(np.full(len(other.high), factor), other.high)
        found: Floats = (self.high - product) + (self.low - rest - factor * other.low)
        return found


class _Part(NamedTuple):
    """The digits of columns by cluster. keys: ascending."""

    keys: NDArray[np.uint64]
    columns: tuple[Digits, ...]

    def merge(self, other: "_Part") -> "_Part":
        at = np.searchsorted(self.keys, other.keys)
        new = self.keys[np.minimum(at, len(self.keys) - 1)] != other.keys
        keys = np.insert(self.keys, at[new], other.keys[new])
        ours = np.arange(len(self.keys)) + np.searchsorted(other.keys[new], self.keys)
        theirs = at + np.cumsum(new) - new
        columns = []
        for left, right in zip(self.columns, other.columns, strict=True):
            merged: Digits = {}
            for place in left.keys() | right.keys():
                digits = merged[place] = np.zeros(len(keys), np.int64)
                if place in left:
                    digits[ours] += left[place]
                if place in right:
                    digits[theirs] += right[place]
            columns.append(merged)
        return _Part(keys, tuple(columns))


class ClusterSums:
    """The sums of columns by cluster; `+` merges two."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts

    @classmethod
    def of(cls, clusters: Clusters, columns: Sequence[Floats | None]) -> "ClusterSums":
        """The sums of columns over rows, one at least; None is a column of ones.

        Numbers that are not finite count 0: they have no standard error.
        """
        counts = np.bincount(clusters.codes, minlength=len(clusters.keys))
        used = np.flatnonzero(counts)
        order = used[np.argsort(clusters.keys[used])]
        place = np.empty(len(counts), np.intp)
        place[order] = np.arange(len(order))
        codes = place[clusters.codes]
        digits = [
            {0: counts[order]} if column is None else _digits(column, codes, len(order))
            for column in columns
        ]
        return cls([_Part(clusters.keys[order], tuple(digits))])

    def __add__(self, other: "ClusterSums") -> "ClusterSums":
        parts = [*self._parts]
        for part in other._parts:
            # Parts of similar size are merged, so that a cluster is moved a few times only.
            while parts and len(parts[-1].keys) <= 2 * len(part.keys):
                part = parts.pop().merge(part)
            parts.append(part)
        return ClusterSums(parts)

    def __len__(self) -> int:
        return len(self._whole().keys)

    def totals(self, column: int) -> ClusterTotals:
        """The sums of a column, in the order of the keys."""
        whole = self._whole()
        return ClusterTotals(*totals_of(whole.columns[column], len(whole.keys)))

    def _whole(self) -> _Part:
        """All parts as one, which replaces them."""
        parts = [*self._parts]
        while len(parts) > 1:
            part = parts.pop()
            parts[-1] = parts[-1].merge(part)
        self._parts = parts
        return parts[0]


def root_of_squares(totals: Floats) -> float | None:
    """√(C/(C - 1)·Σ e²) over C totals of clusters; None for fewer than two, or beyond float64.

    The same bits in any order. With a divisor it is the cluster-robust standard error with the
    correction CR1 for small samples (Cameron and Miller, Journal of Human Resources 50, 2015).
    """
    count = len(totals)
    if count < 2:
        return None
    largest = float(np.max(np.abs(totals)))
    if not math.isfinite(largest) or not largest:
        return 0.0 if not largest else None
    exponent = math.frexp(largest)[1]
    scaled = np.ldexp(totals, -exponent)
    squares = float(ExactSum.of(scaled * scaled))
    try:
        return math.ldexp(math.sqrt(count / (count - 1) * squares), exponent)
    except OverflowError:
        return None


def _digits(column: Floats, codes: NDArray[np.intp], count: int) -> Digits:
    """The digits of the sums of a column by cluster."""
    found: Digits = {}
    for start in range(0, len(column), _CHUNK):
        part = slice(start, start + _CHUNK)
        for place, whole in digits_of(column[part]):
            sums = np.bincount(codes[part], whole, count).astype(np.int64)
            found[place] = found[place] + sums if place in found else sums
    return found
