"""Pearson's correlation of predictions and targets."""

import math
from fractions import Fraction
from typing import Any

from losscli.accumulators.products import two_product
from losscli.losses.declare import REAL
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import square
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual, sqrt


def _terms(pred: Array, target: Array) -> Terms:
    """The linear correlation of pred and target, from -1 to 1.

    pred and target are (N,), in any units.

    >>> pearson([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])
    1.0
    """
    squares = {"pp": square(pred), "yy": square(target), "py": two_product(pred, target)}
    return Terms({"p": pred, "y": target, **squares})


def _value(means: Means) -> Dual:
    covariance = means["py"] - means["p"] * means["y"]
    spread = means["pp"] - means["p"] ** 2
    return covariance / sqrt(spread * (means["yy"] - means["y"] ** 2))


def _reference(pred: Any, target: Any, weight: Any) -> float:
    whole = Fraction(sum(weight))

    def mean(numbers: Any) -> Fraction:
        total = sum((w * x for x, w in zip(numbers, weight, strict=True)), Fraction(0))
        return total / whole

    p, t = ([x - mean(column) for x in column] for column in (pred, target))
    spread = mean([a * a for a in p]) * mean([b * b for b in t])
    if not spread:
        return math.nan
    covariance = mean([a * b for a, b in zip(p, t, strict=True)])
    square_of_it = covariance**2 / spread
    root = Fraction(
        math.isqrt((square_of_it.numerator << 400) // square_of_it.denominator), 1 << 200
    )
    return math.copysign(float(root), covariance)


pearson = Metric(
    name="pearson",
    aliases=("pearsonr", "correlation", "corr"),
    family="regression",
    formula="Cov(pred, target) / √(Var(pred) Var(target))",
    latex=r"\frac{\mathrm{Cov}(\hat y, y)}{\sqrt{\mathrm{Var}(\hat y)\,\mathrm{Var}(y)}}",
    source="Pearson, Regression, heredity and panmixia, Phil. Trans. 187, 1896",
    pred=REAL,
    target=REAL,
    rows_of=SCALARS,
    columns=("p", "y", "pp", "yy", "py"),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    undefined="all predictions or all targets are equal",
    use="only the linear relation counts, whatever the unit of the predictions",
    avoid="predictions are used as they are: it ignores their scale and bias",
    equivalents={"scipy": "stats.pearsonr(pred, target).statistic"},
    pitfalls=(
        "Predictions that are too large by a factor correlate as well as correct ones: see r2.",
        "nan where all predictions or all targets are equal.",
    ),
)
