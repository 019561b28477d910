"""The distribution of the losses of rows: quantiles, a histogram, and the share of the worst rows.

All of it depends on the rows alone, not on their division: up to `quantiles.MOST` rows are kept as
they are, beyond it rows are counted in bins of a relative width of 2^-16.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.quantiles import Quantiles

LEVELS = {"p50": Fraction(1, 2), "p90": Fraction(9, 10), "p99": Fraction(99, 100)}
WORST = (0.001, 0.01, 0.1)  # shares of the rows
_MOST_BINS = 10
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # widths of bins, times a power of 10


class Concentration(NamedTuple):
    """The share of Σ w·L, and of the sum of the gradient norms, that the worst rows carry.

    share: that of the rows. rows: their number. loss, gradient: None where not known. smooth_l1:
    the share under smooth_l1 with beta = 1, of losses that are squares of errors; None of others.
    """

    share: float
    rows: int
    loss: float | None = None
    gradient: float | None = None
    smooth_l1: float | None = None


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
        counts = None if weight is None or not self.losses.binned else weight
        above = [_rows_from(edge, values, counts) for edge in edges[1:-1]]
        ends = [_rows_from(-math.inf, values, counts), *above, 0]
        return edges, [before - after for before, after in pairwise(ends)]

    def concentration(self, *, squares: bool = False) -> list[Concentration]:
        """The shares of the worst rows, for each of `WORST` that is a row at least.

        squares: True for losses that are squares of one error each.
        """
        rows = self.losses.rows
        counts = {share: math.floor(share * rows + 1e-9) for share in WORST}
        found = [(share, count) for share, count in counts.items() if count]
        if not found:
            return []
        values, weight = self.losses.columns()
        columns = {"loss": values}
        if self.norms is not None:
            columns["gradient"] = np.concatenate(self.norms)
        if squares:
            columns["smooth_l1"] = _smooth_l1(values)
        terms = [column if weight is None else column * weight for column in columns.values()]
        numbers = weight if self.losses.binned else None
        totals = [_total(column) for column in terms]
        pairs = zip(terms, totals, strict=True)
        kept = [np.empty(0) if total is None else column for column, total in pairs]
        parts = _of_the_worst(values, kept, numbers, [count for _, count in found])
        return [
            Concentration(share, count, **dict(zip(columns, _shares(sums, totals), strict=True)))
            for (share, count), sums in zip(found, parts, strict=True)
        ]


def _smooth_l1(squares: Floats) -> Floats:
    """The loss smooth_l1 with beta = 1 of errors with these squares."""
    error = np.sqrt(squares)
    found: Floats = np.where(error < 1.0, 0.5 * squares, error - 0.5)
    return found


def _edges(low: float, high: float) -> list[float]:
    """At most some ten equal bins with short numbers as edges, which cover low and high."""
    if low == high:
        return [low, high]
    raw = (high - low) / (_MOST_BINS - 1)
    scale = 10.0 ** math.floor(math.log10(raw))
    width = next(step * scale for step in _STEPS if step * scale >= raw * (1 - 1e-9))
    first, last = math.floor(low / width), math.ceil(high / width)
    return [k * width for k in range(first, max(last, first + 1) + 1)]


def _rows_from(edge: float, values: Floats, counts: Floats | None) -> int:
    """The rows of at least `edge`; counts: of rows of each value, None for one."""
    if counts is None:
        return int(np.count_nonzero(values >= edge))
    return int(counts[values >= edge].sum())


def _total(terms: Floats) -> float | None:
    """The sum; None where a term is negative, or the sum is 0 or not finite."""
    total = float(ExactSum.of(terms))
    return total if 0 < total < math.inf and terms.min() >= 0 else None


def _shares(sums: Sequence[float], totals: Sequence[float | None]) -> tuple[float | None, ...]:
    """The parts of totals; None of one that is not known."""
    pairs = zip(sums, totals, strict=True)
    return tuple(part / total if total else None for part, total in pairs)


def _of_the_worst(
    values: Floats, columns: Sequence[Floats], numbers: Floats | None, counts: Sequence[int]
) -> Iterator[list[float]]:
    """Yield the sums of columns over the rows of the largest values, for each number of them.

    Of equal values the first rows are taken. An empty column has the sum 0. numbers: of rows in
    each term; None for one each.
    """
    if numbers is not None:
        order = np.argsort(-values, kind="stable")
        ends = np.cumsum(numbers[order])
        for count in counts:
            yield [_begun_sum(column, order, ends, count) for column in columns]
        return
    least = np.partition(values, [len(values) - count for count in counts])
    for count in counts:
        bound = least[len(values) - count]
        above = values > bound
        equal = np.flatnonzero(values == bound)[: count - int(np.count_nonzero(above))]
        above[equal] = True
        yield [float(ExactSum.of(column[above[: len(column)]])) for column in columns]


def _begun_sum(column: Floats, order: NDArray[np.intp], ends: Floats, count: int) -> float:
    """The sum over the first `count` rows in an order, the last term in part.

    ends: the number of rows in the terms up to each.
    """
    if not len(column):
        return 0.0
    whole = int(np.searchsorted(ends, count, side="right"))
    before = float(ends[whole - 1]) if whole else 0.0
    total = math.fsum(column[order[:whole]])
    if count > before:
        part = float(column[order[whole]]) * (count - before) / (float(ends[whole]) - before)
        total += part
    return total
