"""Weighted quantile loss, the pinball loss over the size of the targets."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.accumulators.products import two_product
from losscli.losses.declare import REAL, Interval, Param, Rows
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import difference
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array, *, quantiles: Any) -> Terms:
    """Twice the pinball loss of some quantiles, averaged, over the mean absolute target.

    pred are quantiles (N, Q), a column each, target is (N,), of one unit.

    >>> weighted_quantile_loss([[1.0, 3.0]], [2.0], quantiles=(0.1, 0.9)).__round__(6)
    0.1
    """
    parts: list[Array] = []
    for at, level in enumerate(quantiles):
        high, low = difference(target, pred[:, at])
        # q d, and -d too where d < 0: the factor q - 1 itself would be rounded.
        below = high < 0
        parts += two_product(high, np.full_like(high, level))
        parts += (low * level, -high * below, -low * below)
    return Terms({"loss": tuple(parts), "size": np.abs(target)})


def _value(means: Means, *, quantiles: Any) -> Dual:
    return means["loss"] * Fraction(2, len(quantiles)) / means["size"]


def _reference(pred: Any, target: Any, weight: Any, *, quantiles: Any) -> float:
    loss = Fraction(0)
    for row, t, w in zip(pred, target, weight, strict=True):
        for q, p in zip(map(Fraction, quantiles), row, strict=True):
            loss += w * max(q * (t - p), (q - 1) * (t - p))
    size = sum(w * abs(t) for t, w in zip(target, weight, strict=True))
    return float(2 * loss / len(quantiles) / size) if size else math.nan


weighted_quantile_loss = Metric(
    name="weighted_quantile_loss",
    aliases=("wql", "weighted_pinball"),
    family="interval",
    formula="2/Q Σ_q Σ_i pinball_q(pred_iq, target_i) / Σ_i |target_i|",
    latex=r"\frac{2}{Q} \sum_q \frac{\sum_i \rho_q(y_i - \hat y_{iq})}{\sum_i |y_i|}",
    source="Park et al., Learning quantile functions without quantile crossing, AISTATS 2022",
    pred=REAL,
    target=REAL,
    rows_of=Rows("a column a quantile", ((("Q",), ()),), width=3),
    columns=("loss", "size"),
    params=(Param("quantiles", None, Interval(0.0, 1.0, "()"), "those of the columns", "levels"),),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=False,
    undefined="all targets are 0",
    use="quantile forecasts of series of different size are compared",
    avoid="targets may be 0 on the whole: pinball",
    equivalents={
        "numpy": "2 * np.average([np.average(np.maximum(q * (target - p), (q - 1) * (target - p)), "
        "weights=weight) for q, p in zip(quantiles, pred.T)]) / "
        "np.average(np.abs(target), weights=weight)"
    },
    pitfalls=("With quantiles=0.5 it is wmape, the absolute error over the size of the targets.",),
)
