"""The expectile loss: squared errors, weighted by their side."""

from typing import Any

from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, tau: float) -> Array:
    """The squared error, times `tau` if pred is too low, 1 - tau if it is too high.

    pred, target and the result have the same shape, (N,) or (N, D), in any unit, which is squared.

    >>> expectile([1.0, 5.0], [3.0, 3.0], tau=0.75).tolist()
    [3.0, 1.0]
    """
    error = pred - target
    weighted = xp.maximum(-tau * error, (1.0 - tau) * error)
    return xp.abs(error * weighted)


def _derivative(xp: Namespace, pred: Array, target: Array, *, tau: float) -> Array:
    """Twice the error, weighted likewise."""
    error = pred - target
    return 2.0 * xp.sign(error) * xp.maximum(-tau * error, (1.0 - tau) * error)


def _reference(mp: Any, pred: Any, target: Any, *, tau: Any) -> Any:
    return (tau if pred < target else 1 - tau) * (pred - target) ** 2


expectile = Loss(
    name="expectile",
    aliases=("asymmetric_squared",),
    family="regression",
    formula="tau d² if pred < target else (1 - tau) d², where d = pred - target",
    latex=r"|\tau - \mathbf{1}[\hat y > y]|\,(\hat y - y)^2",
    source="Newey and Powell, Asymmetric least squares, Econometrica, 1987",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=6,
    params=(Param("tau", 0.5, Interval(0.0, 1.0, "()"), "the expectile that is predicted"),),
    use="too low and too high have different weights, and large errors must weigh more",
    avoid="a share of the targets should be below the prediction: use pinball",
    equivalents={
        "scipy": "stats.expectile(sample, alpha=tau)  # the constant that it is least for",
        "torch": "torch.where(pred < target, tau * (pred - target)**2, "
        "(1 - tau) * (pred - target)**2)",
    },
    pitfalls=("tau = 0.5 is half of mse.",),
)
