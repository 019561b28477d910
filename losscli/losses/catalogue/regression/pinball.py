"""The pinball loss, whose best constant is a quantile."""

from typing import Any

from losscli.losses.declare import REAL, Array, Convention, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, quantile: float) -> Array:
    """The absolute error, times `quantile` if pred is too low, 1 - quantile if it is too high.

    pred, target and the result have the same shape, (N,) or (N, D), and the same unit.

    >>> pinball([1.0, 5.0], [3.0, 3.0], quantile=0.75).tolist()
    [1.5, 0.5]
    """
    lack = pred - target
    # One of the two is below 0 and the other is the loss; adding 0 turns -0 into 0.
    return xp.maximum(-quantile * lack, (1.0 - quantile) * lack) + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array, *, quantile: float) -> Array:
    """-quantile if pred is too low, 1 - quantile if it is too high, 0 if they are equal."""
    sign = xp.sign(pred - target)
    return (1.0 - quantile) * xp.clip(sign, 0.0, 1.0) + quantile * xp.clip(sign, -1.0, 0.0)


def _reference(mp: Any, pred: Any, target: Any, *, quantile: Any) -> Any:
    below, above = max(target - pred, mp.mpf(0)), max(pred - target, mp.mpf(0))
    return quantile * below + (1 - quantile) * above


pinball = Loss(
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
    params=(Param("quantile", 0.5, Interval(0.0, 1.0, "()"), "the quantile that is predicted"),),
    use="predictions are quantiles, or too low and too high have different weights",
    avoid="two quantiles form an interval: use interval_score",
    equivalents={
        "sklearn": "metrics.mean_pinball_loss(target, pred, alpha=quantile)",
    },
    like={"sklearn": Convention()},
    pitfalls=(
        "quantile = 0.5 is half of mae.",
        "Swapping pred and target swaps the quantile for its complement.",
    ),
)
