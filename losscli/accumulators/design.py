"""The sampling design of rows, and the sums that it needs: of clusters, and of resamples."""

from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from losscli.accumulators.clusters import Clusters, ClusterSums, root_of_squares
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.replicates import Draws, ReplicateSums


class Design(NamedTuple):
    """The design of the rows of a block.

    clusters: the cluster of each row; None where rows are independent. draws: the resamples of the
    bootstrap; None without one.
    """

    clusters: Clusters | None = None
    draws: Draws | None = None

    def at(self, rows: Any) -> "Design":
        """The design of some rows, by a slice or an array of their places among these."""
        return Design(
            None if self.clusters is None else self.clusters.at(rows),
            None if self.draws is None else self.draws.at(rows),
        )

    def sums(self, numerator: Floats, denominator: Floats | None) -> "DesignSums":
        """The sums of rows, one at least, for the quotient Σa / Σb; None: every b is 1."""
        clusters = replicates = None
        if self.clusters is not None:
            clusters = ClusterSums.of(self.clusters, [numerator, denominator])
        if self.draws is not None:
            replicates = ReplicateSums.of(self.draws, numerator, denominator)
        return DesignSums(clusters, replicates)


class DesignSums(Struct, frozen=True):
    """The sums of a quotient that a design needs; `+` merges two."""

    clusters: ClusterSums | None = None
    replicates: ReplicateSums | None = None

    def __add__(self, other: "DesignSums") -> "DesignSums":
        clusters, replicates = self.clusters, self.replicates
        if clusters is not None and other.clusters is not None:
            clusters = clusters + other.clusters
        if replicates is not None and other.replicates is not None:
            replicates = replicates + other.replicates
        return DesignSums(clusters, replicates)


def effective_clusters(clusters: ClusterSums, denominator: float) -> float:
    """The number of clusters of equal Σb that are as good as these."""
    totals = clusters.totals(1).high
    squares = float(ExactSum.of((totals / denominator) ** 2)) if denominator else 0.0
    return 1.0 / squares if squares else 0.0


def clustered_stderr(clusters: ClusterSums, quotient: float, denominator: float) -> float | None:
    """The standard error of a quotient with Σb = denominator; None for one cluster.

    The quotient is linearised about its value, and a - quotient·b summed over each cluster.
    """
    if not denominator:
        return None
    with np.errstate(all="ignore"):
        totals = clusters.totals(0).less(quotient, clusters.totals(1))
        root = root_of_squares(totals)
    return None if root is None else root / abs(denominator)
