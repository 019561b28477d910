"""The sums of a cell that a sampling design needs: of clusters, and of resamples."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Self, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.clusters import ClusterSums, root_of_squares
from losscli.accumulators.design import Design
from losscli.accumulators.digits import DigitSums
from losscli.accumulators.exact import Floats
from losscli.accumulators.products import two_product, two_sum
from losscli.accumulators.replicates import column_sums
from losscli.stats.nearest import nearest

# Numbers by cluster: the keys of the clusters, and a number for each.
ByCluster: TypeAlias = tuple[NDArray[np.uint64], Floats]


class CellDesign(Struct, frozen=True, eq=False):
    """The sums of the parts of each a_j of a cell by cluster, and of each resample.

    owners: the j of each part. clusters: None where rows are independent. replicates: one a part;
    None without resamples.
    """

    owners: tuple[int, ...]
    clusters: ClusterSums | None = None
    replicates: tuple[DigitSums, ...] | None = None

    @classmethod
    def of(cls, design: Design, terms: Sequence[Sequence[Floats]]) -> "CellDesign":
        """The sums of rows, one at least. terms: arrays whose sum is a_j, for each j."""
        owners = tuple(j for j, parts in enumerate(terms) for _ in parts)
        columns = [part for parts in terms for part in parts]
        clusters = replicates = None
        if design.clusters is not None:
            clusters = ClusterSums.of(design.clusters, columns)
        if design.draws is not None:
            replicates = column_sums(design.draws, columns)
        return cls(owners, clusters, replicates)

    def __add__(self, other: Self) -> "CellDesign":
        clusters, replicates = self.clusters, self.replicates
        if clusters is not None and other.clusters is not None:
            clusters = clusters + other.clusters
        if replicates is not None and other.replicates is not None:
            pairs = zip(replicates, other.replicates, strict=True)
            replicates = tuple(ours + theirs for ours, theirs in pairs)
        return CellDesign(self.owners, clusters, replicates)

    def deviations(self, factors: Sequence[Fraction]) -> ByCluster:
        """Σ_j f_j·a_j over the rows of each cluster, to some 100 bits before the last rounding."""
        assert self.clusters is not None
        high = np.zeros(len(self.clusters))
        low = np.zeros(len(self.clusters))
        for place, owner in enumerate(self.owners):
            factor = nearest(factors[owner])
            rest = nearest(factors[owner] - Fraction(factor)) if math.isfinite(factor) else 0.0
            totals = self.clusters.totals(place)
            product, error = two_product(np.full(len(high), factor), totals.high)
            high, lost = two_sum(high, product)
            low += lost + error + factor * totals.low + rest * totals.high
        return self.clusters.keys, high + low

    def resampled(self, columns: int) -> Floats:
        """Σ a_j of each resample, (columns, resamples)."""
        assert self.replicates is not None
        found = np.zeros((columns, len(self.replicates[0])))
        for owner, sums in zip(self.owners, self.replicates, strict=True):
            found[owner] += sums.totals()[0]
        return found


def clustered_root(parts: Sequence[ByCluster]) -> float | None:
    """√(C/(C - 1)·Σ e²) of numbers e by cluster, added over the cells; None where not finite."""
    totals = _added(parts)
    return None if totals is None else root_of_squares([totals])


def cluster_counts(parts: Sequence[ByCluster]) -> tuple[int, float]:
    """The number of clusters, and of equal ones that are as good; parts: their weights by cell."""
    totals = _added(parts)
    if totals is None or not totals.any():
        return 0 if totals is None else len(totals), 0.0
    shares = totals / totals.sum()
    return len(totals), 1.0 / float(np.sort(shares * shares).sum())


def _added(parts: Sequence[ByCluster]) -> Floats | None:
    """The numbers of each cluster, added over the cells, by ascending keys."""
    values = np.concatenate([values for _, values in parts])
    if len(parts) == 1:
        return values
    if not np.isfinite(values).all():
        return None
    found, codes = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
    return DigitSums.by_code(values, codes, len(found)).totals()[0]
