"""R², the coefficient of determination."""

import math
from fractions import Fraction
from typing import Any

from losscli.losses.declare import REAL
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import square, squared_difference
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array) -> Terms:
    """1 - mse / variance of the targets: 1 is perfect, 0 as good as their mean.

    pred and target are (N,), of one unit. Weights enter both means.

    >>> r2([2.0, 3.0, 4.0], [2.0, 3.0, 5.0]).__round__(6)
    0.785714
    """
    return Terms({"y": target, "yy": square(target), "ee": squared_difference(pred, target)})


def _value(means: Means) -> Dual:
    return 1 - means["ee"] / (means["yy"] - means["y"] ** 2)


def _reference(pred: Any, target: Any, weight: Any) -> float:
    whole = sum(weight)
    mean = sum(w * t for t, w in zip(target, weight, strict=True)) / whole
    error = sum(w * (p - t) ** 2 for p, t, w in zip(pred, target, weight, strict=True))
    spread = sum(w * (t - mean) ** 2 for t, w in zip(target, weight, strict=True))
    return float(1 - Fraction(error) / spread) if spread else math.nan


r2 = Metric(
    name="r2",
    aliases=("r2_score", "r_squared", "coefficient_of_determination"),
    family="regression",
    formula="1 - Σ (pred - target)² / Σ (target - mean)²",
    latex=r"1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}",
    source="Draper and Smith, Applied regression analysis, 1998, section 1.4",
    pred=REAL,
    target=REAL,
    rows_of=SCALARS,
    columns=("y", "yy", "ee"),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    undefined="all targets are equal",
    use="errors are set against the spread of the targets, without a unit",
    avoid="sets of different spread are compared: the same mse gives another R²",
    equivalents={"sklearn": "metrics.r2_score(target, pred, sample_weight=weight)"},
    pitfalls=(
        "It is below 0 where the mean of the targets is a better prediction.",
        "nan where all targets are equal; scikit-learn returns 1 or 0.",
        "Of a group it is measured against the spread of that group.",
    ),
)
