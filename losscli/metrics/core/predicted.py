"""Predicted labels: given as labels, as scores by class, or as scores against a threshold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.losses.core.domain import Domain
from losscli.losses.core.shapes import Row
from losscli.losses.declare import CLASS, HARD_LABEL, INDICES, SCORE, Numbers, Param, Rows, shapes
from losscli.metrics.core.metric import Array, Metric

SCALARS = Rows("one number a sample", (((), ()),))
SCORES = Numbers("scores")
THRESHOLD = Param("threshold", None, meaning="predictions are scores, and those above it are 1")
LABELS = replace(CLASS, hint="number them from 0; for scores: threshold=0.5")
TWO_LABELS = replace(HARD_LABEL, hint="of several classes: average=macro; of scores: threshold=0.5")


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelMetric(Metric):
    """A metric of predicted labels; average=binary takes two classes, of which 1 is positive."""

    def check_shapes(
        self, pred: Sequence[int], target: Sequence[int] | None, params: Mapping[str, Any]
    ) -> None:
        """Check the shapes; binary metrics take scores of two classes."""
        Metric.check_shapes(self, pred, target, params)
        if params.get("average") == "binary" and len(pred) and pred[-1] != 2:
            raise UsageError(
                f"average=binary of {self.name} takes two classes; there are {pred[-1]}",
                hint=f"-m {self.name}:average=macro",
            )

    def shape_hint(self, pred: Row, *_: Any) -> str:
        """The hint of the error for shapes that do not match."""
        if not pred:
            return "it ranks classes: give scores (N, C), not the predicted labels"
        return "classes are on the last axis; for scores of one class (N,): threshold=0.5"


def with_scores(metric: LabelMetric) -> LabelMetric:
    """The metric of labels, and of rows of scores: the first of the largest is the prediction."""
    return replace(metric, variants=(_of_scores(metric),))


def _of_scores(metric: LabelMetric) -> LabelMetric:
    terms: Callable[..., Any] = metric.terms

    def of_largest(pred: Array, target: Array, **params: Any) -> Any:
        return terms(pred.argmax(axis=-1), target, threshold=None, **params)

    return replace(
        metric,
        terms=of_largest,
        pred=SCORES,
        target=INDICES,
        domains=None,
        rows_of=shapes.LABELLED,
        params=tuple(param for param in metric.params if param is not THRESHOLD),
    )


def label_domains(threshold: float | None, *, binary: bool = False) -> tuple[Domain, Domain]:
    """The domains of predictions and targets of one label a row."""
    if threshold is not None:
        return SCORE, HARD_LABEL
    return (TWO_LABELS, TWO_LABELS) if binary else (LABELS, LABELS)


def labels(
    pred: Array, target: Array, threshold: float | None, *, binary: bool = False
) -> tuple[Array, Array]:
    """The predicted and the true labels, as integers."""
    if threshold is not None:
        return (pred > threshold).astype(np.int64), (target > 0).astype(np.int64)
    if binary:
        return (pred > 0).astype(np.int64), (target > 0).astype(np.int64)
    return pred.astype(np.int64), target.astype(np.int64)
