"""Accuracy, the share of correct labels."""

from dataclasses import replace
from typing import Any

import numpy as np

from losscli.losses.core.domain import Domain
from losscli.losses.declare import CLASS, INDICES, Param, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import SCORES, THRESHOLD, LabelMetric, label_domains
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array, *, threshold: float | None) -> Terms:
    """The share of rows whose label is correct; a row of several labels is correct as a whole.

    pred and target are labels of the same shape, (N,) or (N, D), or pred are scores (N, C) and
    target class indices (N,): the first of the largest scores decides. With a threshold pred are
    scores, and one above it is the label 1; target is then 1 for the positive class, 0 or -1 for
    the negative one.

    >>> accuracy([1, 1, 0, 1], [1, 0, 0, 1])
    0.75
    >>> accuracy([[0.5, 2.0], [1.0, 1.0]], [1, 0])
    1.0
    """
    hit = pred == target if threshold is None else (pred > threshold) == (target > 0)
    return Terms({"hit": np.asarray(hit if hit.ndim == 1 else hit.all(axis=1), np.float64)})


def _of_largest(pred: Array, target: Array, *, ignore_index: int | None) -> Terms:  # noqa: ARG001
    return Terms({"hit": np.asarray(pred.argmax(axis=-1) == target, np.float64)})


def _domains(*, threshold: float | None) -> tuple[Domain, Domain]:
    return label_domains(threshold)


def _value(means: Means, **_: Any) -> Dual:
    return means["hit"]


def _reference(pred: Any, target: Any, weight: Any, **_: Any) -> float:
    hits = [w for p, t, w in zip(pred, target, weight, strict=True) if p == t]
    return float(sum(hits) / sum(weight))


_of_labels = LabelMetric(
    name="accuracy",
    aliases=("acc",),
    family="classification",
    formula="the share of rows with pred = target",
    latex=r"\frac{1}{N} \sum_i \mathbf{1}[\hat y_i = y_i]",
    source="Sokolova and Lapalme, Information Processing and Management 45, 2009, table 2",
    pred=CLASS,
    target=CLASS,
    domains=_domains,
    rows_of=shapes.LABEL_SETS,
    columns=("hit",),
    params=(THRESHOLD,),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    proportion=True,
    use="every mistake costs the same and the classes are of similar size",
    avoid="classes are rare: predicting the most frequent one scores well",
    equivalents={"sklearn": "metrics.accuracy_score(target, pred, sample_weight=weight)"},
    pitfalls=(
        "Of equal scores (N, C) the first is the prediction, as argmax has it.",
        "A row of several labels is correct only as a whole.",
    ),
)
_of_scores = replace(
    _of_labels,
    terms=_of_largest,
    pred=SCORES,
    target=INDICES,
    domains=None,
    rows_of=shapes.LABELLED,
    params=(
        Param("ignore_index", None, meaning="targets of this label do not count", kind="whole"),
    ),
)
accuracy = replace(_of_labels, variants=(_of_scores,))
