"""The sampling design of rows, where they are not independent, and the sums that it needs."""

import math
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from losscli.accumulators.clusters import Clusters, ClusterSums, root_of_squares
from losscli.accumulators.exact import Floats


class Design(NamedTuple):
    """The design of the rows of a block. clusters: the cluster of each row."""

    clusters: Clusters

    def at(self, rows: Any) -> "Design":
        """The design of some rows, by a slice or an array of their places among these."""
        return Design(self.clusters.at(rows))

    def sums(self, numerator: Floats, denominator: Floats | None) -> "DesignSums":
        """The sums of rows, one at least, for the quotient Σa / Σb; None: every b is 1."""
        return DesignSums(ClusterSums.of(self.clusters, [numerator, denominator]))


class DesignSums(Struct, frozen=True):
    """The sums of a quotient that a design needs; `+` merges two."""

    clusters: ClusterSums

    def __add__(self, other: "DesignSums") -> "DesignSums":
        return DesignSums(self.clusters + other.clusters)

    @property
    def count(self) -> int:
        """The number of clusters."""
        return len(self.clusters)

    def effective_clusters(self, denominator: float) -> float:
        """The number of clusters of equal Σb that are as good as these."""
        totals = self.clusters.totals(1).high
        squares = math.fsum((totals / denominator) ** 2) if denominator else 0.0
        return 1.0 / squares if squares else 0.0

    def stderr(self, quotient: float, denominator: float) -> float | None:
        """The standard error of a quotient with Σb = denominator, clustered; None for one cluster.

        The quotient is linearised about its value, and a - quotient·b summed over each cluster.
        """
        if not denominator:
            return None
        with np.errstate(all="ignore"):
            totals = self.clusters.totals(0).less(quotient, self.clusters.totals(1))
            root = root_of_squares(totals)
        return None if root is None else root / abs(denominator)
