"""The root mean squared scaled error."""

import math
from typing import Any

from losscli.losses.declare import REAL
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import squared_difference
from losscli.metrics.core.metric import Array, Terms
from losscli.metrics.core.naive import PARAMS, ScaledMetric, naive_scale, reference_scale
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual, sqrt


def _terms(pred: Array, target: Array, **_: Any) -> Terms:
    """The root of mse over that of the seasonal naive forecast of the training series.

    pred and target are (N,), of the unit of the training series.

    >>> rmsse([3.0, 5.0], [4.0, 4.0], train=[1.0, 3.0, 5.0])
    0.5
    """
    return Terms({"error": squared_difference(pred, target)})


def _value(means: Means, **params: Any) -> Dual:
    return sqrt(means["error"] / naive_scale(**params, squared=True))


def _reference(pred: Any, target: Any, weight: Any, **params: Any) -> float:
    errors = sum(w * (p - t) ** 2 for p, t, w in zip(pred, target, weight, strict=True))
    scale = reference_scale(params, 2)
    if not scale:
        return math.nan
    squared = errors / sum(weight) / scale
    return math.isqrt((squared.numerator << 400) // squared.denominator) / (1 << 200)


rmsse = ScaledMetric(
    name="rmsse",
    family="forecast",
    formula="√(mse / mean (y_t - y_(t - season))² of the training series)",
    latex=r"\sqrt{\frac{\frac1N \sum_i (\hat y_i - y_i)^2}"
    r"{\frac{1}{T - m} \sum_{t > m} (y_t - y_{t - m})^2}}",
    source="Makridakis et al., The M5 accuracy competition, Int. J. Forecast. 38, 2022, section 3",
    pred=REAL,
    target=REAL,
    rows_of=SCALARS,
    columns=("error",),
    params=PARAMS,
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=False,
    undefined="the training series is constant from season to season",
    use="forecasts of series of different units are compared, and large errors weigh more",
    avoid="a few large errors must not decide: mase",
    equivalents={
        "numpy": "np.sqrt(np.average((pred - target) ** 2, weights=weight) / "
        "np.mean((train[season:] - train[:-season]) ** 2))"
    },
    pitfalls=(
        "The M5 competition weighs the series by sales: this is one series, or their pool.",
        "Its standard error takes the scale as known.",
    ),
)
