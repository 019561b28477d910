"""Accuracy, the share of correct labels."""

from typing import Any

import numpy as np

from losscli.losses.declare import CLASS, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array) -> Terms:
    """The share of rows whose label is correct; a row of several labels is correct as a whole.

    pred and target are labels of the same shape, (N,) or (N, D).
    """
    hit = pred == target
    return Terms({"hit": np.asarray(hit if hit.ndim == 1 else hit.all(axis=1), np.float64)})


def _value(means: Means) -> Dual:
    return means["hit"]


def _reference(pred: Any, target: Any, weight: Any) -> float:
    hits = [w for p, t, w in zip(pred, target, weight, strict=True) if p == t]
    return float(sum(hits) / sum(weight))


accuracy = Metric(
    name="accuracy",
    aliases=("acc",),
    family="classification",
    formula="the share of rows with pred = target",
    latex=r"\frac{1}{N} \sum_i \mathbf{1}[\hat y_i = y_i]",
    source="Sokolova and Lapalme, Information Processing and Management 45, 2009, table 2",
    pred=CLASS,
    target=CLASS,
    rows_of=shapes.LABEL_SETS,
    columns=("hit",),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    use="every mistake costs the same and the classes are of similar size",
    avoid="classes are rare: predicting the most frequent one scores well",
    equivalents={"sklearn": "metrics.accuracy_score(target, pred, sample_weight=weight)"},
)
