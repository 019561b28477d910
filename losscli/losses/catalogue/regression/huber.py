"""The Huber loss: half the squared error near zero, linear for large errors."""

from typing import Any

from losscli.losses.declare import REAL, Array, Convention, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, delta: float) -> Array:
    """Quadratic for errors up to `delta`, linear with slope delta beyond.

    pred, target and the result have the same shape, (N,) or (N, D); they and delta have the same
    unit, which is squared in the result.

    >>> huber([0.5, 3.0], [0.0, 0.0], delta=2.0).tolist()
    [0.125, 4.0]
    """
    distance = xp.abs(pred - target)
    near = xp.clip(distance, 0.0, delta)
    return near * (distance - 0.5 * near)


def _derivative(xp: Namespace, pred: Array, target: Array, *, delta: float) -> Array:
    """The error, clamped to [-delta, delta]."""
    return xp.clip(pred - target, -delta, delta)


def _reference(mp: Any, pred: Any, target: Any, *, delta: Any) -> Any:
    distance = mp.fabs(pred - target)
    return distance**2 / 2 if distance <= delta else delta * (distance - delta / 2)


huber = Loss(
    name="huber",
    aliases=("huber_loss",),
    family="regression",
    formula="d² / 2 if |d| <= delta else delta (|d| - delta / 2), where d = pred - target",
    latex=r"\tfrac{d^2}{2} \text{ if } |d| \le \delta \text{ else }"
    r" \delta (|d| - \tfrac{\delta}{2})",
    source="Huber, Robust estimation of a location parameter, 1964",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=6,
    params=(Param("delta", 1.0, Interval(0.0, ends="()"), "where quadratic and linear part meet"),),
    use="most errors are Gaussian, and outliers must not dominate",
    avoid="the scale of the errors is unknown: delta is in the unit of the target",
    equivalents={
        "torch": "F.huber_loss(pred, target, delta=delta)",
        "keras": "losses.Huber(delta=delta)(target, pred)",
        "optax": "losses.huber_loss(pred, target, delta=delta)",
        "sklearn": "_loss.loss.HuberLoss(delta=delta).loss(target, pred)",
        "scipy": "special.huber(delta, pred - target)",
    },
    like={
        "torch": Convention(by_rows=True, by_elements=True),
        "keras": Convention(
            by_rows=True, note="Keras squares all errors: above 1.3e154 it gives inf"
        ),
        "optax": Convention(),
    },
    pitfalls=(
        "smooth_l1 is this over delta: the two agree at delta = 1 only.",
        "The default of scikit-learn's HuberLoss is delta = 0.5.",
    ),
)
