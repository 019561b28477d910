"""Precision, the share of predicted positives that are positive."""

import math
from fractions import Fraction
from typing import Any

from losscli.losses.declare import CLASS
from losscli.metrics.core import averages
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import SCALARS, with_scores


def _terms(pred: Array, target: Array, *, average: str, threshold: float | None) -> Terms:
    """The share of correct labels among the rows that are predicted to be of a class.

    pred and target are labels (N,), or pred are scores (N, C) and target class indices (N,). With
    average=binary the labels are 0 and 1, or -1 and 1, and 1 is the class.

    >>> precision([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666666666666666
    """
    return averages.terms(pred, target, average=average, threshold=threshold)


def _ratio(hit: Fraction, actual: Fraction, predicted: Fraction) -> Any:  # noqa: ARG001
    return hit / predicted if predicted else math.nan


_of_labels = averages.ShareMetric(
    name="precision",
    aliases=("positive_predictive_value",),
    family="classification",
    formula="true positives / predicted positives",
    latex=r"\frac{\mathrm{TP}}{\mathrm{TP} + \mathrm{FP}}",
    source="Sokolova and Lapalme, Information Processing and Management 45, 2009, table 2",
    pred=CLASS,
    target=CLASS,
    domains=averages.domains,
    rows_of=SCALARS,
    params=averages.PARAMS,
    terms=_terms,
    among=lambda pair: pair[1] == 1,
    value=averages.value_of(lambda shares: shares.hit, lambda shares: shares.predicted),
    reference=averages.reference_of(_ratio),
    higher_is_better=True,
    undefined="no row is predicted to be positive",
    use="a false alarm is costly",
    avoid="missed positives cost too: a model that rarely predicts the class scores well",
    equivalents={
        "sklearn": "metrics.precision_score(target, pred, average=average, sample_weight=weight)"
    },
    pitfalls=(
        "nan where no row is predicted to be positive; scikit-learn warns and returns 0.",
        "In macro and weighted averages a class that is never predicted counts as 0.",
    ),
)
precision = with_scores(_of_labels)
