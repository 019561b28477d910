"""The pseudo-Huber loss: Huber's shape, smooth to any order."""

from typing import Any

from losscli.losses.catalogue.regression._robust import FAR
from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, delta: float) -> Array:
    """Like half the squared error within `delta`, linear with slope delta for large errors.

    pred, target and the result have the same shape, (N,) or (N, D); they and delta have the same
    unit, which is squared in the result.

    >>> pseudo_huber([0.75, 0.0], [0.0, 0.0], delta=1.0).tolist()
    [0.25, 0.0]
    """
    distance = xp.abs(pred - target)
    # √(1 + u²) - 1 is u · u / (1 + √(1 + u²)), without cancellation; for large u the quotient is 1.
    u = xp.clip(distance / delta, 0.0, FAR)
    return distance * (delta * (u / (1.0 + xp.sqrt(1.0 + u * u))))


def _derivative(xp: Namespace, pred: Array, target: Array, *, delta: float) -> Array:
    """The error over √(1 + (d / delta)²): the error near zero, delta for large errors."""
    error = pred - target
    held = xp.clip(error, -delta, delta)
    # min / max of |d| and delta: no ratio of the two overflows, and the root is at most √2.
    ratio = held / xp.clip(xp.abs(error), delta, xp.inf)
    return held / xp.sqrt(1.0 + ratio * ratio)


def _reference(mp: Any, pred: Any, target: Any, *, delta: Any) -> Any:
    return delta**2 * mp.expm1(mp.log1p(((pred - target) / delta) ** 2) / 2)


pseudo_huber = Loss(
    name="pseudo_huber",
    family="regression",
    formula="delta² (√(1 + (d / delta)²) - 1), where d = pred - target",
    latex=r"\delta^2 \left(\sqrt{1 + (d / \delta)^2} - 1\right)",
    source="Charbonnier et al., 1994; Hartley and Zisserman, Multiple View Geometry, A6.8",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=11,
    params=(Param("delta", 1.0, Interval(0.0, ends="()"), "the error of the transition"),),
    use="a robust loss like huber with a continuous second derivative is needed",
    avoid="the scale of the errors is unknown: delta is in the unit of the target",
    equivalents={
        "scipy": "special.pseudo_huber(delta, pred - target)",
        "torch": "delta**2 * (torch.sqrt(1 + ((pred - target) / delta)**2) - 1)",
    },
    pitfalls=("The formula as written gives 0 at an error of 1e-9, where the loss is 5e-19.",),
)
