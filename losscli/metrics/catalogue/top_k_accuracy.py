"""Top-k accuracy, the share of rows whose class is among the k largest scores."""

from typing import Any

import numpy as np

from losscli.losses.declare import INDICES, Interval, Param, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import SCORES, LabelMetric
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array, *, k: int, ignore_index: int | None) -> Terms:  # noqa: ARG001
    """The share of rows whose class has one of the k largest scores.

    pred are scores (N, C), target class indices (N,). Of equal scores the first counts as larger.

    >>> top_k_accuracy([[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]], [2, 0], k=2)
    0.5
    """
    own = np.take_along_axis(pred, target[:, None], axis=1)
    first = np.arange(pred.shape[1]) < target[:, None]
    before = np.count_nonzero((pred > own) | ((pred == own) & first), axis=1)
    return Terms({"hit": (before < k).astype(np.float64)})


def _value(means: Means, **_: Any) -> Dual:
    return means["hit"]


def _reference(pred: Any, target: Any, weight: Any, *, k: int, **_: Any) -> float:
    hits = 0.0
    for scores, label, w in zip(pred, target, weight, strict=True):
        ranked = sorted(range(len(scores)), key=lambda at: (-scores[at], at))
        hits += w * (label in ranked[:k])
    return float(hits / sum(weight))


top_k_accuracy = LabelMetric(
    name="top_k_accuracy",
    aliases=("top_k",),
    family="classification",
    formula="the share of rows with the target among the k largest scores",
    latex=r"\frac{1}{N} \sum_i \mathbf{1}[\mathrm{rank}(s_{i, y_i}) \le k]",
    source="Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015",
    pred=SCORES,
    target=INDICES,
    rows_of=shapes.LABELLED,
    columns=("hit",),
    params=(
        Param("k", 5, Interval(1.0, ends="[)"), "the scores that count", "whole"),
        Param("ignore_index", None, meaning="targets of this label do not count", kind="whole"),
    ),
    terms=_terms,
    value=_value,
    reference=_reference,
    proportion=True,
    higher_is_better=True,
    use="classes are many or alike, and any of a few guesses will do",
    avoid="there are few classes: with k of C classes chance alone gives k/C",
    equivalents={
        "sklearn": "metrics.top_k_accuracy_score(target, pred, k=k, sample_weight=weight, "
        "labels=range(pred.shape[1]))"
    },
    pitfalls=(
        "Of equal scores the first class counts as larger; in scikit-learn the last one does.",
        "It is 1 where k is at least the number of classes.",
    ),
)
