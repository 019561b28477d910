"""Focal Tversky loss: a root of the Tversky loss, which weighs nearly correct masks more."""

from typing import Any

from losscli.losses.catalogue.segmentation._overlap import (
    MASK,
    SMOOTH,
    SOFT_MASK,
    over_classes,
    per_class,
    ratio,
    tversky_parts,
    tversky_slopes,
)
from losscli.losses.catalogue.segmentation.tversky import tversky
from losscli.losses.declare import Array, Interval, Loss, Namespace, Param, shapes


def _values(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    gamma: float,
    alpha: float,
    beta: float,
    smooth: float,
) -> Array:
    """The Tversky loss of each mask to the power 1 / gamma, in [0, 1].

    pred and target have the same shape, (N, D) or (N, C, D) with D pixels: probabilities, and
    targets in [0, 1]; the result is (N,), for several classes the mean of their powers. alpha is
    the weight of false positives, beta of false negatives; at gamma = 1 it is tversky. Two empty
    masks have loss 0.

    >>> focal_tversky([[1.0, 0.5, 0.5]], [[1, 1, 0]], gamma=2.0, alpha=0.25, beta=0.75).tolist()
    [0.5]
    """
    return over_classes(xp, _lack(xp, pred, target, alpha, beta, smooth) ** (1.0 / gamma))


def _lack(
    xp: Namespace, pred: Array, target: Array, alpha: float, beta: float, smooth: float
) -> Array:
    """The Tversky loss of each mask."""
    return ratio(xp, *tversky_parts(xp, pred, target, alpha, beta, smooth))


def _derivative(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    gamma: float,
    alpha: float,
    beta: float,
    smooth: float,
) -> Array:
    """x^(1/γ - 1) / γ times the slopes of the Tversky loss x; for γ > 1, 0 at x = 0."""
    lack = _lack(xp, pred, target, alpha, beta, smooth)
    at_zero = 1.0 if gamma == 1.0 else 0.0
    positive = xp.where(lack == 0.0, 1.0, lack)
    rise = xp.where(lack == 0.0, at_zero, positive ** (1.0 / gamma) / (gamma * positive))
    return per_class(rise[..., None] * tversky_slopes(xp, pred, target, alpha, beta, smooth))


def _reference(mp: Any, pred: Any, target: Any, *, gamma: Any, **params: Any) -> Any:
    if isinstance(pred[0], list):
        masks = zip(pred, target, strict=True)
        return mp.fsum(_reference(mp, p, t, gamma=gamma, **params) for p, t in masks) / len(pred)
    return tversky.reference(mp, pred, target, **params) ** (1 / gamma)


focal_tversky = Loss(
    name="focal_tversky",
    family="segmentation",
    formula="tversky^(1 / gamma)",
    latex=r"\left(1 - \frac{\sum p t + s}"
    r"{\sum p t + \alpha \sum p (1-t) + \beta \sum (1-p) t + s}\right)^{1/\gamma}",
    source="Abraham and Khan, A novel focal Tversky loss function with improved attention U-Net, "
    "ISBI 2019",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MASK,
    target=SOFT_MASK,
    rows_of=shapes.MASKS,
    flops=9,
    params=(
        Param("gamma", 4 / 3, Interval(1.0, ends="[)"), "the root that is taken"),
        Param("alpha", 0.3, Interval(0.0, ends="[)"), "the weight of false positives"),
        Param("beta", 0.7, Interval(0.0, ends="[)"), "the weight of false negatives"),
        SMOOTH,
    ),
    use="objects are small, and training should not stop at masks that are nearly correct",
    avoid="losses of nearly correct masks are compared: their slopes grow without bound; use "
    "tversky",
    equivalents={
        "losscli": "tversky(pred, target, alpha=alpha, beta=beta, smooth=smooth) ** (1 / gamma)"
        "  # of (N, D)",
    },
    pitfalls=(
        "Other implementations take gamma itself as the exponent: 0.75 there is 4/3 here.",
        "In the paper alpha = 0.7 is the weight of false negatives: beta here.",
        "At an exact mask the slope is infinite for gamma > 1; it is declared 0 there.",
    ),
)
