"""Smooth L1: quadratic near zero, linear for large errors."""

from typing import Any

from losscli.losses.declare import REAL, Array, Convention, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, beta: float) -> Array:
    """Quadratic for errors up to `beta`, linear beyond.

    It is smooth at zero, where mae has a corner, and linear for large errors, where the gradient of
    mse is unbounded. pred, target and the result have the same shape, (N,) or (N, D); they and beta
    have the same unit. At beta = 0 it is mae.

    >>> smooth_l1([0.5, 3.0], [0.0, 0.0], beta=1.0).tolist()
    [0.125, 2.5]
    """
    distance = xp.abs(pred - target)
    if beta == 0:
        return distance
    near = xp.clip(distance, 0.0, beta)
    # The quotient is at most 1, and exactly 1 in the linear part: no overflow or underflow.
    share = near if beta == 1.0 else near / beta
    return share * (distance - 0.5 * near)


def _derivative(xp: Namespace, pred: Array, target: Array, *, beta: float) -> Array:
    """The error over beta, clamped to [-1, 1]; at beta = 0 its sign."""
    error = pred - target
    return xp.sign(error) if beta == 0 else xp.clip(error / beta, -1.0, 1.0)


def _reference(mp: Any, pred: Any, target: Any, *, beta: Any) -> Any:
    distance = mp.fabs(pred - target)
    return distance**2 / (2 * beta) if distance < beta else distance - beta / 2


smooth_l1 = Loss(
    name="smooth_l1",
    family="regression",
    formula="d² / (2 beta) if |d| < beta else |d| - beta / 2, where d = pred - target",
    latex=r"\frac{d^2}{2\beta} \text{ if } |d| < \beta \text{ else } |d| - \tfrac{\beta}{2}",
    source="Girshick, Fast R-CNN, ICCV 2015, equation 3",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=6,
    params=(Param("beta", 1.0, Interval(0.0, ends="[)"), "where quadratic and linear part meet"),),
    use="a few large errors must not dominate the mean, and 0 must be smooth",
    avoid="the scale of the errors is unknown: beta is in the unit of the target",
    equivalents={
        "torch": "F.smooth_l1_loss(pred, target, beta=beta)",
        "keras": "losses.Huber(delta=beta)(target, pred) / beta",
        "optax": "losses.huber_loss(pred, target, delta=beta) / beta",
    },
    like={"torch": Convention(by_rows=True, by_elements=True)},
    pitfalls=("Huber is beta times this: the two agree at beta = 1 only.",),
)
