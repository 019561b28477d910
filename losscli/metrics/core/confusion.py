"""The confusion matrix: the cells of pairs of a true and a predicted label."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from losscli.accumulators.cells import Cells
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array
from losscli.stats.dual import Dual, total

Pair: TypeAlias = tuple[int, int]

_DENSE = 1 << 12  # labels of so small a range are counted by their place in it


def pairs(target: Array, pred: Array) -> Cells:
    """The cell of each row: its true and its predicted label, arrays of integers (n,)."""
    true, true_keys = _codes(target)
    predicted, predicted_keys = _codes(pred)
    width = len(predicted_keys)
    both = true * width + predicted
    used, codes = _codes(both)[::-1] if len(true_keys) * width <= _DENSE else _unique(both)[::-1]
    keys = [(true_keys[key // width], predicted_keys[key % width]) for key in used]
    return Cells(codes, keys)


def _codes(values: Array) -> tuple[Array, Sequence[int]]:
    """The place of each value in a list of them."""
    if not values.size:
        return values.astype(np.intp), []
    low, high = int(values.min()), int(values.max())
    if high - low >= _DENSE:
        return _unique(values)
    return (values - low).astype(np.intp), range(low, high + 1)


def _unique(values: Array) -> tuple[Array, list[int]]:
    used, codes = np.unique(values, return_inverse=True)
    return codes, used.tolist()


class ClassShares(NamedTuple):
    """The shares of a class in the weight of all rows: true, predicted, and both at once."""

    actual: Dual
    predicted: Dual
    hit: Dual


def class_shares(means: Means) -> dict[int, ClassShares]:
    """The shares of each class that is a true or a predicted label of a row."""
    rows: dict[int, list[Dual]] = {}
    columns: dict[int, list[Dual]] = {}
    cells: list[Any] = means.cells
    shares = {cell: means.share(cell) for cell in cells}
    for (actual, predicted), share in shares.items():
        rows.setdefault(actual, []).append(share)
        columns.setdefault(predicted, []).append(share)
    none = Dual(Fraction(0))
    return {
        each: ClassShares(
            total(rows.get(each, [])), total(columns.get(each, [])), shares.get((each, each), none)
        )
        for each in sorted(rows.keys() | columns.keys())
    }


Part: TypeAlias = Callable[[ClassShares], Dual]


def averaged(means: Means, average: str, part: Part, whole: Part) -> Dual:
    """A ratio of shares of each class, averaged over classes.

    binary: that of class 1. macro: the mean over classes; micro: the ratio of the sums; weighted:
    the mean by the share of each class among the targets. As in scikit-learn the ratio of a class
    is 0 where its denominator is, except for binary, where it is undefined.
    """
    classes = class_shares(means)
    if average == "binary":
        none = Dual(Fraction(0))
        positive = classes.get(1, ClassShares(none, none, none))
        return part(positive) / whole(positive)
    if average == "micro":
        found = list(classes.values())
        return total([part(each) for each in found]) / total([whole(each) for each in found])
    ratios = [(each, part(each) / whole(each)) for each in classes.values() if whole(each).value]
    if average == "weighted":
        return total([each.actual * ratio for each, ratio in ratios])
    return total([ratio for _, ratio in ratios]) / Fraction(len(classes))


def counts(pred: Any, target: Any, weight: Any) -> dict[Pair, Fraction]:
    """The weight of each pair of a true and a predicted label, for references."""
    found: dict[Pair, Fraction] = {}
    for p, t, w in zip(pred, target, weight, strict=True):
        found[t, p] = found.get((t, p), Fraction(0)) + Fraction(w)
    return found
