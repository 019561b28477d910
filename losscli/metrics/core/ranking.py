"""Statistics of the order of scores: the rows of each distinct score, exactly summed."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.cells import exact
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.prefix import Parts, prefix_sums
from losscli.accumulators.products import two_product


@dataclass(frozen=True)
class Ranking:
    """Rows of two classes by distinct score, in ascending or descending order.

    positive, negative: the weights of each class before each distinct score, and of all rows last.
    squares: the sums of squared weights of each class, by distinct score.
    """

    positive: Parts
    negative: Parts
    squares: tuple[Floats, Floats]
    counts: tuple[int, int]

    @classmethod
    def of(
        cls, score: Floats, label: NDArray[np.bool_], weight: Floats | None, *, descending: bool
    ) -> "Ranking":
        """The ranking of rows; label: True where positive."""
        order = np.argsort(-score if descending else score, kind="stable")
        score, label = score[order], label[order]
        weight = np.ones(len(score)) if weight is None else weight[order]
        first = np.flatnonzero(np.concatenate([[True], score[1:] != score[:-1]]))
        ends = np.append(first, len(score))
        own = [np.where(label, weight, 0.0), np.where(label, 0.0, weight)]
        squares = [np.add.reduceat(each * each, first) for each in own]
        cut = [[part[ends] for part in prefix_sums(each)] for each in own]
        positives = int(np.count_nonzero(label))
        return cls(cut[0], cut[1], (squares[0], squares[1]), (positives, len(score) - positives))


def total_of(parts: Iterable[Floats]) -> Fraction:
    """The exact sum of all numbers of some arrays."""
    return sum((Fraction(exact(ExactSum.of(part))) for part in parts), Fraction(0))


def steps(parts: Parts) -> Parts:
    """The weights of each distinct score."""
    return [np.diff(part) for part in parts]


def last(parts: Parts) -> Fraction:
    """The weight of all rows."""
    return sum((Fraction(float(part[-1])) for part in parts), Fraction(0))


def product_sum(left: Parts, right: Parts) -> Fraction:
    """Σ left · right, exactly."""
    return total_of(
        np.ascontiguousarray(term) for a, b in product(left, right) for term in two_product(a, b)
    )
