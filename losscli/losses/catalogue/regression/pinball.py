"""The pinball loss, whose best constant is a quantile."""

from dataclasses import replace
from typing import Any

from losscli.errors import UsageError
from losscli.losses.declare import (
    REAL,
    Array,
    Convention,
    Interval,
    Loss,
    Namespace,
    Param,
    Rows,
)

_QUANTILES = Rows("a column a quantile", ((("Q",), ()),), width=9)


def _values(xp: Namespace, pred: Array, target: Array, *, quantile: float, quantiles: Any) -> Array:
    """The absolute error, times `quantile` if pred is too low, 1 - quantile if it is too high.

    pred, target and the result have the same shape, (N,) or (N, D), and the same unit. With
    `quantiles`, pred is (N, Q), a column a quantile, target (N,), and the result (N,) is the mean
    over the quantiles.

    >>> pinball([1.0, 5.0], [3.0, 3.0], quantile=0.75).tolist()
    [1.5, 0.5]
    >>> pinball([[1.0, 5.0]], [3.0], quantiles=(0.25, 0.75)).tolist()
    [0.5]
    """
    _check_unused(quantiles)
    return _cost(xp, pred - target, quantile)


def _cost(xp: Namespace, lack: Array, quantile: Any) -> Array:
    # One of the two is below 0 and the other is the loss; adding 0 turns -0 into 0.
    return xp.maximum(-quantile * lack, (1.0 - quantile) * lack) + 0.0


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, quantile: float, quantiles: Any
) -> Array:
    """-quantile if pred is too low, 1 - quantile if it is too high, 0 if they are equal."""
    _check_unused(quantiles)
    return _slope(xp, pred - target, quantile)


def _slope(xp: Namespace, lack: Array, quantile: Any) -> Array:
    sign = xp.sign(lack)
    return (1.0 - quantile) * xp.clip(sign, 0.0, 1.0) + quantile * xp.clip(sign, -1.0, 0.0)


def _check_unused(quantiles: Any) -> None:
    if quantiles is not None:
        raise UsageError(
            "quantiles of pinball take predictions (N, Q), a column each, and targets (N,)",
            hint="for one quantile of each column: -l pinball:quantile=0.9",
        )


def _reference(mp: Any, pred: Any, target: Any, *, quantile: Any, quantiles: Any) -> Any:
    below, above = max(target - pred, mp.mpf(0)), max(pred - target, mp.mpf(0))
    return quantile * below + (1 - quantile) * above


def _mean(xp: Namespace, pred: Array, target: Array, *, quantiles: Any) -> Array:
    levels, lack = xp.zeros_like(pred[:1]), pred - target[:, None]
    levels[0, :] = xp.asarray(quantiles, dtype=pred.dtype)
    return xp.mean(_cost(xp, lack, levels), axis=-1)


def _mean_slope(xp: Namespace, pred: Array, target: Array, *, quantiles: Any) -> Array:
    levels, lack = xp.zeros_like(pred[:1]), pred - target[:, None]
    levels[0, :] = xp.asarray(quantiles, dtype=pred.dtype)
    return _slope(xp, lack, levels) / pred.shape[1]


def _mean_reference(mp: Any, pred: Any, target: Any, *, quantiles: Any) -> Any:
    pairs = zip(pred, quantiles, strict=True)
    costs = [_reference(mp, p, target, quantile=mp.mpf(q), quantiles=None) for p, q in pairs]
    return mp.fsum(costs) / len(costs)


_LEVELS = Param("quantiles", None, Interval(0.0, 1.0, "()"), "those of the columns", "levels")

_of_one = Loss(
    name="pinball",
    aliases=("quantile", "quantile_loss", "mean_pinball"),
    family="regression",
    formula="q max(t - p, 0) + (1 - q) max(p - t, 0), where p = pred, t = target, q = quantile",
    latex=r"q\,[y - \hat y]_+ + (1 - q)\,[\hat y - y]_+",
    source="Koenker and Bassett, Regression quantiles, Econometrica, 1978",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=4,
    params=(
        Param("quantile", 0.5, Interval(0.0, 1.0, "()"), "the quantile that is predicted"),
        _LEVELS,
    ),
    use="predictions are quantiles, or too low and too high have different weights",
    avoid="two quantiles form an interval: use interval_score",
    equivalents={
        "sklearn": "metrics.mean_pinball_loss(target, pred, alpha=quantile)",
    },
    like={"sklearn": Convention()},
    pitfalls=(
        "quantile = 0.5 is half of mae.",
        "Twice the mean over quantiles approaches crps; quantiles=0.1/0.5/0.9 takes a column each.",
        "Swapping pred and target swaps the quantile for its complement.",
    ),
)

_of_quantiles = replace(
    _of_one,
    values=_mean,
    derivative=_mean_slope,
    reference=_mean_reference,
    rows_of=_QUANTILES,
    params=(_LEVELS,),
    variants=(),
)
pinball = replace(_of_one, variants=(_of_quantiles,))
