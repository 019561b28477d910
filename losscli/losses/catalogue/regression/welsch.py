"""The Welsch loss: one minus a Gaussian, scaled."""

from typing import Any

from losscli.losses.catalogue.regression._robust import NEAR, damped, replace_where
from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """Like half the squared error within `c`, and c² / 2 from a few c on.

    pred, target and the result have the same shape, (N,) or (N, D); they and c have the same unit,
    which is squared in the result.

    >>> welsch([0.0, 1.0], [0.0, 0.0], c=1.0).round(6).tolist()
    [0.0, 0.31606]
    """
    error = pred - target
    u = error / c
    square = u * u
    values = (-0.5 * c * c) * xp.expm1(-square)
    return replace_where(xp, values, square < NEAR, lambda: (0.5 * error) * error)


def _derivative(xp: Namespace, pred: Array, target: Array, *, c: float) -> Array:
    """The error times exp(-(d / c)²): 0 from a few c on."""
    error = pred - target
    u = error / c
    return damped(xp, error, -u * u)


def _reference(mp: Any, pred: Any, target: Any, *, c: Any) -> Any:
    return -(c**2) / 2 * mp.expm1(-(((pred - target) / c) ** 2))


welsch = Loss(
    name="welsch",
    family="regression",
    formula="c² / 2 (1 - exp(-(d / c)²)), where d = pred - target",
    latex=r"\tfrac{c^2}{2} \left(1 - e^{-(d / c)^2}\right)",
    source="Dennis and Welsch, Techniques for nonlinear least squares and robust regression, 1978",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    saturates=True,  # for large errors the loss does not depend on the error
    flops=8,
    params=(Param("c", 1.0, Interval(0.0, ends="()"), "the width of the Gaussian"),),
    use="rows with errors of several c are faulty, and a smooth loss is needed",
    avoid="a start may be far off: the gradients of large errors are 0",
    equivalents={
        "robust_loss_pytorch": "general.lossfun(pred - target, -inf, scale=c / 2**0.5) * c**2 / 2",
        "torch": "-0.5 * c**2 * torch.expm1(-((pred - target) / c)**2)",
    },
    pitfalls=("Some definitions have exp(-(d / c)² / 2): their c is √2 smaller.",),
)
