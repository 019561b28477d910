"""The confusion matrix, a table of true and predicted labels."""

from fractions import Fraction
from typing import Any

from losscli.losses.core.domain import Domain
from losscli.losses.declare import CLASS
from losscli.metrics.core.confusion import class_shares, counts, pairs
from losscli.metrics.core.estimate import Means, Table
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
    """The rows of each true label, by predicted label; its value is the share on the diagonal.

    pred and target are labels (N,), or pred are scores (N, C) and target class indices (N,). With
    weights the table holds their sums.

    >>> confusion_matrix([1, 1, 0, 1], [1, 0, 0, 1])
    0.75
    """
    predicted, actual = labels(pred, target, threshold)
    return Terms({}, pairs(actual, predicted))


def _domains(*, threshold: float | None) -> tuple[Domain, Domain]:
    return label_domains(threshold)


def _value(means: Means, *, threshold: float | None = None) -> Dual:  # noqa: ARG001
    return total([each.hit for each in class_shares(means).values()])


def _table(means: Means, **_: Any) -> Table:
    classes = list(class_shares(means))
    rows = {
        str(actual): tuple(
            float(means.share((actual, predicted)).value * means.weight) for predicted in classes
        )
        for actual in classes
    }
    return Table("true \\ predicted", tuple(map(str, classes)), rows)


def _reference(pred: Any, target: Any, weight: Any, *, threshold: Any = None) -> float:  # noqa: ARG001
    found = counts(pred, target, weight)
    hits = sum((w for (t, p), w in found.items() if t == p), Fraction(0))
    return float(hits / sum(found.values()))


confusion_matrix = with_scores(
    LabelMetric(
        name="confusion_matrix",
        aliases=("contingency_table",),
        family="classification",
        formula="the rows of each pair of a true and a predicted label",
        latex=r"n_{tp} = \sum_i \mathbf{1}[y_i = t, \hat y_i = p]",
        source="Sokolova and Lapalme, Information Processing and Management 45, 2009, table 1",
        pred=CLASS,
        target=CLASS,
        domains=_domains,
        rows_of=SCALARS,
        params=(THRESHOLD,),
        terms=_terms,
        value=_value,
        table=_table,
        reference=_reference,
        proportion=True,
        higher_is_better=True,
        use="it matters which classes are mistaken for which",
        avoid="one number is to decide: accuracy, mcc, f1",
        equivalents={"sklearn": "metrics.confusion_matrix(target, pred, sample_weight=weight)"},
        pitfalls=("Its value is accuracy; the table stands in the result.",),
    )
)
