"""The area under the ROC curve."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.accumulators.exact import Floats
from losscli.accumulators.prefix import rounded
from losscli.losses.declare import HARD_LABEL
from losscli.metrics.core.estimate import Estimate
from losscli.metrics.core.kept import KeptMetric
from losscli.metrics.core.metric import Array
from losscli.metrics.core.predicted import SCALARS
from losscli.metrics.core.ranking import Ranking, last, product_sum, steps
from losscli.metrics.core.scores import BINARY_SCORE


def _terms(pred: Array, target: Array) -> tuple[Array, Array]:
    """The probability that a positive row has a larger score than a negative one.

    pred are scores (N,), target labels of {0, 1} or {-1, 1}, (N,). Equal scores count one half.

    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    return pred, target > 0


def _value(score: Floats, label: Array, weight: Floats | None) -> Estimate:
    positives = int(np.count_nonzero(label))
    if positives in (0, len(label)):
        return Estimate(math.nan, None, len(label))
    found = _unweighted(score, label) if weight is None else _weighted(score, label, weight)
    return Estimate(*found, len(label))


def _unweighted(score: Floats, label: Array) -> tuple[float, float | None]:
    """The area and its standard error, from counts of the rows below each row."""
    high, low = np.sort(score[label]), np.sort(score[~label])
    if len(high) <= len(low):
        above, below = _twice_below(high, low)
    else:
        below, above = _twice_below(low, high)
    value = int(above.sum()) / (2 * len(high) * len(low))
    if min(len(high), len(low)) < 2:
        return value, None
    variance = _spread(above, 2 * len(low)) + _spread(below, 2 * len(high))
    return value, math.sqrt(variance)


def _twice_below(few: Floats, many: Floats) -> tuple[Array, Array]:
    """Twice the numbers of the other array below each number, equal ones counted once.

    few, many: ascending; only `few` is searched for, and the counts for `many` follow.
    """
    less = np.searchsorted(many, few, side="left")
    most = np.searchsorted(many, few, side="right")
    counted = [np.cumsum(np.bincount(each, minlength=len(many) + 1)) for each in (less, most)]
    return less + most, (counted[0] + counted[1])[:-1]


def _spread(counts: Array, whole: int) -> float:
    """The variance of the mean of counts / whole (DeLong et al., 1988)."""
    shares = counts / whole
    centred = shares - shares.mean()
    return float(np.sum(centred * centred)) / ((len(counts) - 1) * len(counts))


def _weighted(score: Floats, label: Array, weight: Floats) -> tuple[float, float | None]:
    ranking = Ranking.of(score, label, weight, descending=False)
    own, other = steps(ranking.positive), ranking.negative
    pairs = last(ranking.positive) * last(ranking.negative) * 2
    bounds = [part[at] for part in other for at in (slice(None, -1), slice(1, None))]
    value = float(product_sum(own, bounds) / pairs)
    if min(ranking.counts) < 2:
        return value, None
    variance = 0.0
    sides = (ranking.positive, ranking.negative)
    for own_side, other_side, squares, count in zip(
        sides, sides[::-1], ranking.squares, ranking.counts, strict=True
    ):
        below = rounded(other_side)
        shares = (below[1:] + below[:-1]) / (2.0 * below[-1])
        area = value if own_side is ranking.positive else 1.0 - value
        size = float(last(own_side))
        variance += count / (count - 1) * float(np.sum(squares * (shares - area) ** 2)) / size**2
    return value, math.sqrt(variance)


def _reference(pred: Any, target: Any, weight: Any) -> float:
    rows = list(zip(pred, target, weight, strict=True))
    high = [(p, w) for p, t, w in rows if t > 0]
    low = [(p, w) for p, t, w in rows if t <= 0]
    pairs = sum(w for _, w in high) * sum(w for _, w in low)
    if not pairs:
        return math.nan
    won = sum(a * b * (Fraction(p > q) + Fraction(p == q) / 2) for p, a in high for q, b in low)
    return float(won / pairs)


roc_auc = KeptMetric(
    name="roc_auc",
    aliases=("auc", "auroc", "roc_auc_score", "c_statistic"),
    family="ranking",
    formula="P(score of a positive > score of a negative) + P(equal) / 2",
    latex=r"\frac{1}{mn} \sum_{i: y_i = 1} \sum_{j: y_j = 0} \mathbf{1}[s_i > s_j]",
    source="DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988, for the standard error",
    pred=BINARY_SCORE,
    target=HARD_LABEL,
    rows_of=SCALARS,
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    undefined="no row is positive, or none is negative",
    memory="9 bytes a row, 17 with weights",
    use="scores rank rows, and the threshold is chosen later",
    avoid="positives are rare and only the top of the list counts: average_precision",
    equivalents={"sklearn": "metrics.roc_auc_score(target, pred, sample_weight=weight)"},
    pitfalls=(
        "Rows are kept until the end: 9 bytes a row, 17 with weights, and as much to sort them.",
        "It depends on the order of the scores only: they may be badly calibrated.",
    ),
)
