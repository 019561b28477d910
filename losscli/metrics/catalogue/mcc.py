"""Matthews' correlation of predicted and true labels."""

import math
from typing import Any

from losscli.losses.core.domain import Domain
from losscli.losses.declare import CLASS
from losscli.metrics.core.confusion import class_shares, counts, pairs
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import (
    SCALARS,
    THRESHOLD,
    LabelMetric,
    label_domains,
    labels,
    with_scores,
)
from losscli.stats.dual import Dual, sqrt, total


def _terms(pred: Array, target: Array, *, threshold: float | None) -> Terms:
    """The correlation of predicted and true labels, from -1 to 1; 0 is no better than chance.

    pred and target are labels (N,), or pred are scores (N, C) and target class indices (N,).

    >>> mcc([1, 1, 0, 0], [1, 0, 1, 0])
    0.0
    """
    predicted, actual = labels(pred, target, threshold)
    return Terms({}, pairs(actual, predicted))


def _domains(*, threshold: float | None) -> tuple[Domain, Domain]:
    return label_domains(threshold)


def _value(means: Means, *, threshold: float | None = None) -> Dual:  # noqa: ARG001
    classes = list(class_shares(means).values())
    covariance = total([each.hit - each.actual * each.predicted for each in classes])
    actual = 1 - total([each.actual**2 for each in classes])
    predicted = 1 - total([each.predicted**2 for each in classes])
    return covariance / sqrt(actual * predicted)


def _reference(pred: Any, target: Any, weight: Any, *, threshold: Any = None) -> float:  # noqa: ARG001
    found = counts(pred, target, weight)
    whole = sum(found.values())
    classes = {label for pair in found for label in pair}
    true = [sum(w for (t, _), w in found.items() if t == k) / whole for k in classes]
    guess = [sum(w for (_, p), w in found.items() if p == k) / whole for k in classes]
    hit = sum(w for (t, p), w in found.items() if t == p) / whole
    spread = (1 - sum(t * t for t in true)) * (1 - sum(p * p for p in guess))
    if not spread:
        return math.nan
    covariance = hit - sum(t * p for t, p in zip(true, guess, strict=True))
    return math.copysign(math.sqrt(covariance**2 / spread), covariance)


mcc = with_scores(
    LabelMetric(
        name="mcc",
        aliases=("matthews_corrcoef", "phi_coefficient"),
        family="classification",
        formula="(TP TN - FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)), of C classes its R_K",
        latex=r"\frac{\sum_k (h_k - t_k p_k)}{\sqrt{(1 - \sum_k t_k^2)(1 - \sum_k p_k^2)}}",
        source="Gorodkin, Comparing two K-category assignments, Comput. Biol. Chem. 28, 2004",
        pred=CLASS,
        target=CLASS,
        domains=_domains,
        rows_of=SCALARS,
        params=(THRESHOLD,),
        terms=_terms,
        value=_value,
        reference=_reference,
        higher_is_better=True,
        undefined="all rows have, or are predicted to have, one label",
        use="classes are of different sizes, and one number is to sum up the confusion matrix",
        avoid="mistakes have known costs: weigh them instead",
        equivalents={"sklearn": "metrics.matthews_corrcoef(target, pred, sample_weight=weight)"},
        pitfalls=(
            "nan where all targets or all predictions are one label; scikit-learn returns 0.",
        ),
    )
)
