"""Jaccard loss of soft masks: one minus their intersection over union."""

from typing import Any

from losscli.losses.catalogue.segmentation._overlap import (
    MASK,
    SMOOTH,
    SOFT_MASK,
    false_positives,
    filled,
    over_classes,
    per_class,
    ratio,
)
from losscli.losses.catalogue.segmentation.tversky import tversky
from losscli.losses.declare import Array, Convention, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, smooth: float) -> Array:
    """One minus the intersection over the union, in [0, 1].

    pred and target have the same shape, (N, D) or (N, C, D) with D pixels: probabilities, and
    targets in [0, 1]; the result is (N,), for several classes their mean. Two empty masks have loss
    0.

    >>> jaccard([[1.0, 0.5, 0.0], [0.0, 0.0, 0.0]], [[1, 1, 0], [0, 0, 0]]).tolist()
    [0.25, 0.0]
    """
    missed = false_positives(xp, target, pred)
    union = xp.sum(pred, axis=-1) + missed + smooth
    return over_classes(xp, ratio(xp, false_positives(xp, pred, target) + missed, union))


def _derivative(xp: Namespace, pred: Array, target: Array, *, smooth: float) -> Array:
    """((1 - t) (I + s) / U - t) / U, over the classes; 0 for two empty masks."""
    union = xp.sum(pred, axis=-1) + false_positives(xp, target, pred) + smooth
    like = ratio(xp, xp.sum(pred * target, axis=-1) + smooth, union)[..., None]
    return per_class(((1.0 - target) * like - target) / filled(xp, union)[..., None])


def _reference(mp: Any, pred: Any, target: Any, *, smooth: Any) -> Any:
    return tversky.reference(mp, pred, target, alpha=1, beta=1, smooth=smooth)


def _like_sklearn(xp: Namespace, pred: Array, target: Array, **params: Any) -> Array:
    counted = xp.sum(pred, axis=-1) + xp.sum(target, axis=-1)
    empty = xp.where(counted == 0.0, xp.ones_like(counted), 0.0)
    return _values(xp, pred, target, **params) + over_classes(xp, empty)


jaccard = Loss(
    name="jaccard",
    aliases=("soft_iou",),
    family="segmentation",
    formula="1 - (Σ p t + smooth) / (Σ p + Σ t - Σ p t + smooth)",
    latex=r"1 - \frac{\sum p t + s}{\sum p + \sum t - \sum p t + s}",
    source="Rahman and Wang, Optimizing intersection-over-union in deep networks, ISVC 2016",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MASK,
    target=SOFT_MASK,
    rows_of=shapes.MASKS,
    flops=8,
    params=(SMOOTH,),
    use="masks are evaluated by intersection over union",
    avoid="masks may be empty: one incorrect pixel has the same loss as a thousand",
    equivalents={
        "sklearn": "1 - metrics.jaccard_score(target[0], pred[0])  # of a row of hard masks",
    },
    like={"sklearn": Convention({}, _like_sklearn, note="sklearn gives 1 for two empty masks")},
    pitfalls=(
        "dice = J / (2 - J) of this loss J holds for hard masks only.",
        "Its mean is over rows: the IoU of all pixels of a data set differs.",
    ),
)
