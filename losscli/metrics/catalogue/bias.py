"""Bias, the mean error with its sign."""

from typing import Any

from losscli.losses.declare import REAL
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import difference
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array) -> Terms:
    """The mean of pred - target: above 0 where predictions are too high.

    pred and target are (N,), of the unit of the result.

    >>> bias([2.0, 5.0], [1.0, 3.0])
    1.5
    """
    return Terms({"e": difference(pred, target)})


def _value(means: Means) -> Dual:
    return means["e"]


def _reference(pred: Any, target: Any, weight: Any) -> float:
    errors = sum(w * (p - t) for p, t, w in zip(pred, target, weight, strict=True))
    return float(errors / sum(weight))


bias = Metric(
    name="bias",
    aliases=("mean_error", "mbe", "mean_bias_error"),
    family="regression",
    formula="the mean of pred - target",
    latex=r"\frac{1}{N} \sum_i (\hat y_i - y_i)",
    source="Hyndman and Koehler, Another look at measures of forecast accuracy, 2006, section 2",
    pred=REAL,
    target=REAL,
    rows_of=SCALARS,
    columns=("e",),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=None,
    use="predictions may be too high or too low on the whole",
    avoid="errors of both signs cancel: add mae or mse",
    equivalents={"numpy": "np.average(pred - target, weights=weight)"},
    pitfalls=("0 is best: neither a higher nor a lower value is better.",),
)
