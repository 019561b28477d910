"""The Geman-McClure loss: bounded, and smooth everywhere."""

from typing import Any

from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """Like half the squared error within `c`, and never more than c² / 2.

    pred, target and the result have the same shape, (N,) or (N, D); they and c have the same unit,
    which is squared in the result.

    >>> geman_mcclure([0.0, 2.0], [0.0, 0.0], c=2.0).round(6).tolist()
    [0.0, 1.0]
    """
    distance = xp.abs(pred - target)
    near = xp.clip(distance, 0.0, c)
    # d² / (1 + (d / c)²) is symmetric in |d| and c: the smaller over the larger cannot overflow.
    ratio = near / xp.clip(distance, c, xp.inf)
    return (0.5 * near) * (near / (1.0 + ratio * ratio))


def _derivative(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """The error over (1 + (d / c)²)²: small for large errors."""
    error = pred - target
    scaled = error / c
    pull = 1.0 / (1.0 + scaled * scaled)
    return error * pull * pull


def _reference(mp: Any, pred: Any, target: Any, *, c: Any) -> Any:
    square = (pred - target) ** 2
    return square / (1 + square / c**2) / 2


geman_mcclure = Loss(
    name="geman_mcclure",
    family="regression",
    formula="d² / (1 + (d / c)²) / 2, where d = pred - target",
    latex=r"\frac{1}{2} \cdot \frac{d^2}{1 + (d / c)^2}",
    source="Geman and McClure, Bayesian image analysis, 1985",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    saturates=True,  # for large errors the loss does not depend on the error
    flops=9,
    params=(Param("c", 1.0, Interval(0.0, ends="()"), "the error with half the largest loss"),),
    use="rows with large errors are faulty, and a smooth loss is needed",
    avoid="a start may be far off: the gradients of large errors are small",
    equivalents={
        "robust_loss_pytorch": "general.lossfun(pred - target, -2, scale=c / 2) * c**2 / 4",
    },
    pitfalls=("Four scalings are in use; here it is d² / 2 near 0 and c² / 2 for large errors.",),
)
