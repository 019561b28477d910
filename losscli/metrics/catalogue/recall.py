"""Recall, the share of positives that are found."""

import math
from fractions import Fraction
from typing import Any

from losscli.losses.declare import CLASS
from losscli.metrics.core import averages
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import SCALARS, with_scores


def _terms(pred: Array, target: Array, *, average: str, threshold: float | None) -> Terms:
    """The share of correct labels among the rows of a class.

    pred and target are labels (N,), or pred are scores (N, C) and target class indices (N,). With
    average=binary the labels are 0 and 1, or -1 and 1, and 1 is the class.

    >>> recall([1, 1, 0, 1], [1, 0, 0, 1])
    1.0
    """
    return averages.terms(pred, target, average=average, threshold=threshold)


def _ratio(hit: Fraction, actual: Fraction, predicted: Fraction) -> Any:  # noqa: ARG001
    return hit / actual if actual else math.nan


_of_labels = averages.ShareMetric(
    name="recall",
    aliases=(
        "sensitivity",
        "true_positive_rate",
        "tpr",
    ),
    family="classification",
    formula="true positives / positives",
    latex=r"\frac{\mathrm{TP}}{\mathrm{TP} + \mathrm{FN}}",
    source="Sokolova and Lapalme, Information Processing and Management 45, 2009, table 2",
    pred=CLASS,
    target=CLASS,
    domains=averages.domains,
    rows_of=SCALARS,
    params=averages.PARAMS,
    terms=_terms,
    among=lambda pair: pair[0] == 1,
    value=averages.value_of(lambda shares: shares.hit, lambda shares: shares.actual),
    reference=averages.reference_of(_ratio),
    higher_is_better=True,
    undefined="no row is positive",
    use="a missed positive is costly",
    avoid="false alarms are costly too: a model that always predicts the class has recall 1",
    equivalents={
        "sklearn": "metrics.recall_score(target, pred, average=average, sample_weight=weight)"
    },
    pitfalls=(
        "nan where no row is positive; scikit-learn warns and returns 0.",
        "In macro and weighted averages a class without rows counts as 0.",
    ),
)
recall = with_scores(_of_labels)
