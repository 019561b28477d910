"""The distribution of the losses of rows: quantiles, a histogram, and the share of the worst rows.

All of it depends on the rows alone, not on their division: up to `quantiles.MOST` rows are kept as
they are, beyond it rows are counted in bins of a relative width of 2^-16.
"""

import math
from fractions import Fraction
from typing import NamedTuple, Self

import numpy as np
from msgspec import Struct

from losscli.accumulators.exact import Floats
from losscli.accumulators.quantiles import Quantiles

LEVELS = {"p50": Fraction(1, 2), "p90": Fraction(9, 10), "p99": Fraction(99, 100)}
WORST = (0.001, 0.01, 0.1)  # shares of the rows
_MOST_BINS = 10
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # widths of bins, times a power of 10


class Concentration(NamedTuple):
    """The share of Σ w·L, and of the sum of the gradient norms, that the worst rows carry.

    share: that of the rows. rows: their number. loss, gradient: None where not known.
    """

    share: float
    rows: int
    loss: float | None
    gradient: float | None


class Distribution(Struct, frozen=True, eq=False):
    """The losses of rows; `+` merges those of the rows that follow.

    losses: L, with w where rows have weights. norms: the norm of the gradient of each row; None
    where it is not known, and beyond the rows that are kept.
    """

    losses: Quantiles
    norms: tuple[Floats, ...] | None = None

    @classmethod
    def of(
        cls, losses: Floats, weight: Floats | None = None, norms: Floats | None = None
    ) -> "Distribution":
        """The distribution of some rows, whose losses are not nan."""
        kept = Quantiles.of(losses, weight)
        return cls(kept, None if norms is None or kept.binned else (norms,))

    def __add__(self, other: Self) -> "Distribution":
        losses = self.losses + other.losses
        if self.norms is None or other.norms is None or losses.binned:
            return Distribution(losses)
        return Distribution(losses, (*self.norms, *other.norms))

    def quantiles(self) -> dict[str, float]:
        """The quantiles of `LEVELS`; none without rows."""
        if not self.losses.rows:
            return {}
        return dict(zip(LEVELS, self.losses.quantiles([*LEVELS.values()]), strict=True))

    def histogram(self) -> tuple[list[float], list[int]]:
        """The edges of bins and the number of rows in each.

        Bins have one width up to the quantile 0.99; the last one has the larger losses. A loss at
        an edge is in the bin above; the largest is in the last.
        """
        if not self.losses.rows:
            return [], []
        values, weight = self.losses.columns()
        finite = values[np.isfinite(values)]
        if not finite.size:
            return [], []
        low, high = float(finite.min()), float(finite.max())
        usual = self.losses.quantiles([LEVELS["p99"]])[0]
        edges = _edges(low, usual if math.isfinite(usual) else high)
        if float(values.max()) > edges[-1]:
            edges.append(float(values.max()))
        places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        counts = np.bincount(
            places, weight if self.losses.binned else None, minlength=len(edges) - 1
        )
        return edges, [int(count) for count in counts]

    def concentration(self) -> list[Concentration]:
        """The shares of the worst rows, for each of `WORST` that is a row at least."""
        rows = self.losses.rows
        counts = {share: math.floor(share * rows + 1e-9) for share in WORST}
        found = [(share, count) for share, count in counts.items() if count]
        if not found:
            return []
        values, weight = self.losses.columns()
        order = np.argsort(-values, kind="stable")
        numbers = weight[order] if self.losses.binned and weight is not None else None
        terms = values if weight is None else values * weight
        norms = None if self.norms is None else np.concatenate(self.norms)
        if norms is not None and weight is not None:
            norms = norms * weight
        return [
            Concentration(
                share, count, _carried(terms, order, numbers, count),
                None if norms is None else _carried(norms, order, numbers, count),
            )
            for share, count in found
        ]  # fmt: skip


def _edges(low: float, high: float) -> list[float]:
    """At most some ten equal bins with short numbers as edges, which cover low and high."""
    if low == high:
        return [low, high]
    raw = (high - low) / (_MOST_BINS - 1)
    scale = 10.0 ** math.floor(math.log10(raw))
    width = next(step * scale for step in _STEPS if step * scale >= raw * (1 - 1e-9))
    first, last = math.floor(low / width), math.ceil(high / width)
    return [k * width for k in range(first, max(last, first + 1) + 1)]


def _carried(
    terms: Floats, order: "np.typing.NDArray[np.intp]", numbers: Floats | None, count: int
) -> float | None:
    """The part of the sum of terms that the first `count` rows in an order carry.

    numbers: of rows in each term, in this order; None for one each. None where a term is negative,
    or the sum is 0 or not finite.
    """
    total = math.fsum(terms) if np.isfinite(terms).all() else math.nan
    if not 0 < total < math.inf or terms.min() < 0:
        return None
    ordered = terms[order]
    if numbers is None:
        return math.fsum(ordered[:count]) / total
    ends = np.cumsum(numbers)
    whole = int(np.searchsorted(ends, count, side="right"))
    begun = count - (float(ends[whole - 1]) if whole else 0.0)
    part = float(ordered[whole]) * begun / float(numbers[whole]) if begun else 0.0
    return (math.fsum(ordered[:whole]) + part) / total
