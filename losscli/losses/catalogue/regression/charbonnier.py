"""The Charbonnier loss: the absolute error with a rounded corner."""

from typing import Any

from losscli.losses.declare import REAL, Array, Interval, Loss, Namespace, Param


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """√(d² + eps²): the absolute error, but smooth at 0, where it is `eps`.

    pred, target, eps and the result have the same unit; the arrays have the same shape, (N,) or (N,
    D).

    >>> charbonnier([3.0, 0.0], [0.0, 0.0], eps=4.0).tolist()
    [5.0, 4.0]
    """
    return _hypotenuse(xp, xp.abs(pred - target), eps)


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The error over √(d² + eps²), within [-1, 1]."""
    error = pred - target
    return error / _hypotenuse(xp, xp.abs(error), eps)


def _hypotenuse(xp: Namespace, distance: Array, eps: float) -> Array:
    """√(d² + eps²) by the ratio of the two, whose square cannot overflow.

    hypot in C libraries is ten times slower.
    """
    longer = xp.clip(distance, eps, xp.inf)
    ratio = xp.clip(distance, 0.0, eps) / longer
    return longer * xp.sqrt(1.0 + ratio * ratio)


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any) -> Any:
    return mp.sqrt((pred - target) ** 2 + eps**2)


charbonnier = Loss(
    name="charbonnier",
    family="regression",
    formula="√(d² + eps²), where d = pred - target",
    latex=r"\sqrt{(\hat y - y)^2 + \epsilon^2}",
    source="Charbonnier et al., 1994; Lai et al., Deep Laplacian pyramid networks, CVPR 2017",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    flops=9,
    params=(Param("eps", 1e-3, Interval(0.0, ends="()"), "the width of the corner"),),
    use="an absolute error without a corner is needed, as for images",
    avoid="a perfect prediction should have loss 0: use pseudo_huber",
    equivalents={
        "torch": "torch.hypot(pred - target, torch.full_like(pred, eps))",
    },
    pitfalls=(
        "A perfect prediction has loss eps, not 0.",
        "Some codes add eps where this adds eps²: compare at an error of 0.",
    ),
)
