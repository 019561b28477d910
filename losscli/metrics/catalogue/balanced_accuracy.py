"""Balanced accuracy, the mean recall of the classes."""

from fractions import Fraction
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
from losscli.stats.dual import Dual, total


def _terms(pred: Array, target: Array, *, threshold: float | None) -> Terms:
    """The mean, over the classes of the targets, of the share of correct labels.

    pred and target are labels (N,), or pred are scores (N, C) and target class indices (N,).

    >>> balanced_accuracy([1, 1, 0, 1], [1, 0, 0, 1])
    0.75
    """
    predicted, actual = labels(pred, target, threshold)
    return Terms({}, pairs(actual, predicted))


def _domains(*, threshold: float | None) -> tuple[Domain, Domain]:
    return label_domains(threshold)


def _value(means: Means, *, threshold: float | None = None) -> Dual:  # noqa: ARG001
    classes = class_shares(means).values()
    recalls = [each.hit / each.actual for each in classes if each.actual.value]
    return total(recalls) / Fraction(len(recalls))


def _reference(pred: Any, target: Any, weight: Any, *, threshold: Any = None) -> float:  # noqa: ARG001
    found = counts(pred, target, weight)
    sizes: dict[Any, Fraction] = {}
    for (actual, _), share in found.items():
        sizes[actual] = sizes.get(actual, Fraction(0)) + share
    recalls = [found.get((each, each), Fraction(0)) / size for each, size in sizes.items()]
    return float(sum(recalls) / len(recalls))


balanced_accuracy = with_scores(
    LabelMetric(
        name="balanced_accuracy",
        aliases=("mean_recall",),
        family="classification",
        formula="the mean over classes of the share of correct labels",
        latex=r"\frac{1}{C} \sum_c \frac{\mathrm{TP}_c}{\mathrm{TP}_c + \mathrm{FN}_c}",
        source="Brodersen et al., The balanced accuracy and its posterior distribution, ICPR 2010",
        pred=CLASS,
        target=CLASS,
        domains=_domains,
        rows_of=SCALARS,
        params=(THRESHOLD,),
        terms=_terms,
        value=_value,
        reference=_reference,
        higher_is_better=True,
        use="classes are of different sizes and each one counts the same",
        avoid="the sizes of the classes are those of the application: accuracy",
        equivalents={
            "sklearn": "metrics.balanced_accuracy_score(target, pred, sample_weight=weight)"
        },
        pitfalls=(
            "Only classes among the targets count, as in scikit-learn.",
            "The roc_auc of labels 0 and 1 is the same number.",
        ),
    )
)
