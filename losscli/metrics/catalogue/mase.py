"""The mean absolute scaled error."""

import math
from typing import Any

import numpy as np

from losscli.losses.declare import REAL, Interval
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import difference
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.naive import PARAMS, ScaledMetric, naive_scale, reference_scale
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual

_SCALE = PARAMS[-1]._replace(
    meaning="the scale itself, instead of train, or the column of those of several series",
    by_row=Interval(0.0, ends="()"),
)


def _terms(pred: Array, target: Array, *, scale: Any = None, **_: Any) -> Terms:
    """The mean absolute error over that of the seasonal naive forecast of the training series.

    pred and target are (N,), of the unit of the training series. Below 1 the predictions are better
    than the value a season before is within the training series.

    >>> mase([3.0, 5.0], [4.0, 4.0], train=[1.0, 3.0, 5.0])
    0.5
    """
    high, low = difference(pred, target)
    sign = np.where(high < 0, -1.0, 1.0)
    if isinstance(scale, np.ndarray):
        return Terms({"error": np.abs(high) / scale})
    return Terms({"error": (high * sign, low * sign)})


def _value(means: Means, **params: Any) -> Dual:
    if isinstance(params["scale"], str):  # each row has its own
        return means["error"]
    return means["error"] / naive_scale(**params, squared=False)


def _reference(pred: Any, target: Any, weight: Any, **params: Any) -> float:
    errors = sum(w * abs(p - t) for p, t, w in zip(pred, target, weight, strict=True))
    scale = reference_scale(params, 1)
    return float(errors / sum(weight) / scale) if scale else math.nan


mase = ScaledMetric(
    name="mase",
    family="forecast",
    formula="mae / mean |y_t - y_(t - season)| of the training series",
    latex=r"\frac{\frac1N \sum_i |\hat y_i - y_i|}"
    r"{\frac{1}{T - m} \sum_{t > m} |y_t - y_{t - m}|}",
    source="Hyndman and Koehler, Another look at measures of forecast accuracy, 2006",
    pred=REAL,
    target=REAL,
    rows_of=SCALARS,
    columns=("error",),
    params=(*PARAMS[:-1], _SCALE),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=False,
    undefined="the training series is constant from season to season",
    use="forecasts of series of different units are compared",
    avoid="there is no training series: mae, wmape",
    equivalents={
        "numpy": "np.average(abs(pred - target), weights=weight) / "
        "np.mean(abs(train[season:] - train[:-season]))"
    },
    pitfalls=(
        "The scale is of the training series, not of the targets.",
        "Its standard error takes the scale as known.",
        "Of several series, with a column of scales, it is the mean over rows: a long series "
        "counts more than a short one.",
    ),
)
