"""Explained variance, R² of predictions without their bias."""

import math
from fractions import Fraction
from typing import Any

from losscli.losses.declare import REAL
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import difference, square, squared_difference
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array) -> Terms:
    """1 - variance of the errors / variance of the targets.

    pred and target are (N,), of one unit.

    >>> explained_variance([3.0, 4.0, 5.0], [2.0, 3.0, 4.0])
    1.0
    """
    errors = difference(pred, target)
    squares = squared_difference(pred, target)
    return Terms({"y": target, "yy": square(target), "e": errors, "ee": squares})


def _value(means: Means) -> Dual:
    errors = means["ee"] - means["e"] ** 2
    return 1 - errors / (means["yy"] - means["y"] ** 2)


def _reference(pred: Any, target: Any, weight: Any) -> float:
    def variance(numbers: Any) -> Fraction:
        mean = sum(w * x for x, w in zip(numbers, weight, strict=True)) / Fraction(sum(weight))
        return Fraction(sum(w * (x - mean) ** 2 for x, w in zip(numbers, weight, strict=True)))

    errors = [p - t for p, t in zip(pred, target, strict=True)]
    spread = variance(target)
    return float(1 - variance(errors) / spread) if spread else math.nan


explained_variance = Metric(
    name="explained_variance",
    aliases=("explained_variance_score",),
    family="regression",
    formula="1 - Var(pred - target) / Var(target)",
    latex=r"1 - \frac{\mathrm{Var}(\hat y - y)}{\mathrm{Var}(y)}",
    source="Draper and Smith, Applied regression analysis, 1998, section 1.4",
    pred=REAL,
    target=REAL,
    rows_of=SCALARS,
    columns=("y", "yy", "e", "ee"),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    undefined="all targets are equal",
    use="a constant error is corrected later, and only the rest counts",
    avoid="a constant error matters: r2",
    equivalents={"sklearn": "metrics.explained_variance_score(target, pred, sample_weight=weight)"},
    pitfalls=(
        "It ignores the bias of the predictions: r2 is lower by bias² / Var(target).",
        "nan where all targets are equal; scikit-learn returns 1 or 0.",
    ),
)
