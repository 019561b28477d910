"""The F1 score, the harmonic mean of precision and recall."""

import math
from fractions import Fraction
from typing import Any

from losscli.losses.declare import CLASS
from losscli.metrics.core import averages
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import SCALARS, LabelMetric, with_scores


def _terms(pred: Array, target: Array, *, average: str, threshold: float | None) -> Terms:
    """The harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    pred and target are labels (N,), or pred are scores (N, C) and target class indices (N,). With
    average=binary the labels are 0 and 1, or -1 and 1, and 1 is the class.

    >>> f1([1, 1, 0, 1], [1, 0, 0, 1])
    0.8
    """
    return averages.terms(pred, target, average=average, threshold=threshold)


def _ratio(hit: Fraction, actual: Fraction, predicted: Fraction) -> Any:
    return 2 * hit / (actual + predicted) if actual + predicted else math.nan


_of_labels = LabelMetric(
    name="f1",
    aliases=("f1_score",),
    family="classification",
    formula="2 precision recall / (precision + recall)",
    latex=r"\frac{2\,\mathrm{TP}}{2\,\mathrm{TP} + \mathrm{FP} + \mathrm{FN}}",
    source="van Rijsbergen, Information Retrieval, 1979, chapter 7",
    pred=CLASS,
    target=CLASS,
    domains=averages.domains,
    rows_of=SCALARS,
    params=averages.PARAMS,
    terms=_terms,
    value=averages.value_of(
        lambda shares: 2 * shares.hit, lambda shares: shares.actual + shares.predicted
    ),
    reference=averages.reference_of(_ratio),
    higher_is_better=True,
    undefined="no row is positive or predicted to be",
    use="a class is rare, and false alarms and misses cost alike",
    avoid="true negatives count, or scores are to be judged at every threshold: mcc, roc_auc",
    equivalents={
        "sklearn": "metrics.f1_score(target, pred, average=average, sample_weight=weight)"
    },
    pitfalls=(
        "nan where no row is positive or predicted to be; scikit-learn warns and returns 0.",
        "The macro average is the mean of the F1 of all classes, not the F1 of mean precision.",
        "For labels of one class a row, average=micro is accuracy.",
    ),
)
f1 = with_scores(_of_labels)
