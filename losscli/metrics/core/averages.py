"""Precision, recall and F1: one ratio of shares of a class, in several averages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from losscli.accumulators.cells import CellSums
from losscli.losses.core.domain import Domain
from losscli.losses.declare import Param
from losscli.metrics.core.confusion import Part, averaged, counts, pairs
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.predicted import THRESHOLD, LabelMetric, label_domains, labels
from losscli.stats.dual import Dual

WORDS = ("binary", "macro", "micro", "weighted")
PARAMS = (
    Param(
        "average",
        "binary",
        meaning="binary: of class 1; macro: the mean over classes; weighted: by their size",
        kind="word",
        words=WORDS,
    ),
    THRESHOLD,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class ShareMetric(LabelMetric):
    """A share of the rows of some cells of the confusion matrix.

    among: True for the pairs of a true and a predicted label of those cells.
    """

    among: Callable[[Any], bool]

    def trials(self, state: Any, params: Mapping[str, Any]) -> CellSums | None:
        """The rows of the cells for class 1, all of them for the micro average."""
        if params["average"] == "micro":
            return CellSums(state.cells)
        if params["average"] != "binary":
            return None
        return CellSums({pair: cell for pair, cell in state.cells.items() if self.among(pair)})


def terms(pred: Array, target: Array, *, average: str, threshold: float | None) -> Terms:
    """The confusion matrix of some rows."""
    predicted, actual = labels(pred, target, threshold, binary=average == "binary")
    return Terms({}, pairs(actual, predicted))


def domains(*, average: str, threshold: float | None) -> tuple[Domain, Domain]:
    """Two labels for average=binary."""
    return label_domains(threshold, binary=average == "binary")


def value_of(part: Part, whole: Part) -> Callable[..., Dual]:
    """The function of means that averages a ratio."""

    def value(means: Means, *, average: str, threshold: float | None = None) -> Dual:  # noqa: ARG001
        return averaged(means, average, part, whole)

    return value


def reference_of(ratio: Callable[[Fraction, Fraction, Fraction], Any]) -> Callable[..., float]:
    """The plain formula; ratio: of the weights of true positives, targets and predictions.

    nan where it is undefined.
    """

    def reference(
        pred: Any,
        target: Any,
        weight: Any,
        *,
        average: str,
        threshold: Any = None,  # noqa: ARG001
    ) -> float:
        found = counts(pred, target, weight)
        classes = sorted({label for pair in found for label in pair})
        zero = Fraction(0)

        def shares(label: int) -> tuple[Fraction, Fraction, Fraction]:
            actual = sum((w for (t, _), w in found.items() if t == label), zero)
            predicted = sum((w for (_, p), w in found.items() if p == label), zero)
            return found.get((label, label), zero), actual, predicted

        if average == "binary":
            return float(ratio(*shares(1)))
        if average == "micro":
            sums = (sum(each, zero) for each in zip(*map(shares, classes), strict=True))
            return float(ratio(*sums))
        ratios = [ratio(*shares(label)) for label in classes]
        known = [r if isinstance(r, Fraction) else zero for r in ratios]
        if average == "macro":
            return float(sum(known) / len(classes))
        actual = [shares(label)[1] for label in classes]
        return float(sum(r * a for r, a in zip(known, actual, strict=True)) / sum(actual))

    return reference
