"""Average precision, the area under the precision-recall curve."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.accumulators.exact import Floats
from losscli.accumulators.prefix import rounded
from losscli.losses.declare import HARD_LABEL
from losscli.metrics.core.estimate import Estimate
from losscli.metrics.core.kept import KeptMetric, KeptRows
from losscli.metrics.core.metric import Array
from losscli.metrics.core.predicted import SCALARS
from losscli.metrics.core.ranking import Ranking, last, steps, total_of
from losscli.metrics.core.scores import BINARY_SCORE
from losscli.stats.distributions import t_critical

_FEWEST = 20  # positive rows, from which the interval covers its level


def _terms(pred: Array, target: Array) -> tuple[Array, Array]:
    """The mean precision at the scores of the positive rows.

    pred are scores (N,), target labels of {0, 1} or {-1, 1}, (N,).

    >>> average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).__round__(6)
    0.833333
    """
    return pred, target > 0


def _value(score: Floats, label: Array, weight: Floats | None) -> Estimate:
    if not label.any():
        return Estimate(math.nan, None, len(label))
    ranking = Ranking.of(score, label, weight, descending=True)
    own = rounded(steps(ranking.positive))
    hits = rounded(ranking.positive)[1:]
    shown = hits + rounded(ranking.negative)[1:]
    size = last(ranking.positive)
    value = float(total_of([own * (hits / shown)]) / size)
    return Estimate(value, _stderr(ranking, own, hits, shown, value), len(label))


def _stderr(
    ranking: Ranking, own: Floats, hits: Floats, shown: Floats, value: float
) -> float | None:
    """The standard error by the influence of each row (Boyd et al., ECML 2013, section 3)."""
    count = sum(ranking.counts)
    if count < 2:
        return None
    precision = hits / shown
    # A row changes the precision at its own score and at all lower ones, which come later.
    lower = own / shown
    dilution = np.cumsum((lower * precision)[::-1])[::-1]
    gain = np.cumsum(lower[::-1])[::-1]
    positive = precision - value + gain - dilution
    squares = ranking.squares[0] * positive**2 + ranking.squares[1] * dilution**2
    variance = float(np.sum(squares)) * count / (count - 1)
    return math.sqrt(variance) / float(last(ranking.positive))


def _reference(pred: Any, target: Any, weight: Any) -> float:
    rows = list(zip(pred, target, weight, strict=True))
    size = sum((w for _, t, w in rows if t > 0), Fraction(0))
    found = Fraction(0)
    for score, label, w in rows:
        if label > 0:
            hits = sum((v for p, t, v in rows if p >= score and t > 0), Fraction(0))
            found += w * hits / sum((v for p, _, v in rows if p >= score), Fraction(0))
    return float(found / size) if size else math.nan


@dataclass(frozen=True, eq=False, kw_only=True)
class _AveragePrecision(KeptMetric):
    def interval(
        self,
        found: Estimate,
        state: Any,
        params: Any,  # noqa: ARG002
        level: float,
    ) -> tuple[float, float] | None:
        """On the scale of log(x / (1 - x)) (Boyd et al., ECML 2013), by the positive rows."""
        value, stderr, count = found.value, found.stderr, _positives(state)
        if not stderr or not 0.0 < value < 1.0 or count < 2:
            return None
        centre = math.log(value) - math.log1p(-value)
        half = t_critical(level, count - 1) * stderr / (value * (1.0 - value))
        return _logistic(centre - half), _logistic(centre + half)

    def caution(self, state: Any, params: Any) -> tuple[str, str] | None:  # noqa: ARG002
        count = _positives(state)
        if count >= _FEWEST:
            return None
        rows = "1 row is" if count == 1 else f"{count} rows are"
        return f"{rows} positive", f"{_FEWEST} positive rows or more"


def _positives(state: KeptRows) -> int:
    """The number of positive rows."""
    return sum(int(np.count_nonzero(label)) for _, label, _ in state.blocks)


def _logistic(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))


average_precision = _AveragePrecision(
    name="average_precision",
    aliases=("ap", "auprc", "pr_auc", "average_precision_score"),
    family="ranking",
    formula="Σ_k (recall_k - recall_(k-1)) precision_k over distinct scores, the largest first",
    latex=r"\sum_k (R_k - R_{k-1}) P_k",
    source="Buckley and Voorhees, Evaluating evaluation measure stability, SIGIR 2000",
    pred=BINARY_SCORE,
    target=HARD_LABEL,
    rows_of=SCALARS,
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    undefined="no row is positive",
    memory="9 bytes a row, 17 with weights",
    use="positives are rare, and the top of the list counts",
    avoid="sets of different shares of positives are compared: chance alone gives that share",
    equivalents={"sklearn": "metrics.average_precision_score(target, pred, sample_weight=weight)"},
    pitfalls=(
        "Rows are kept until the end: 9 bytes a row, 17 with weights, and as much to sort them.",
        "The curve is not interpolated, as in scikit-learn: trapezoids would give more.",
    ),
)
