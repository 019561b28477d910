"""Multiclass margin loss: the sum over all classes within the margin of the label."""

from typing import Any

from losscli.losses.catalogue.classification._weights import CLASS_WEIGHT
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import INDICES, SCORE, Interval, shapes


def _values(
    xp: Namespace, pred: Array, target: Array, *, p: int, margin: float, weight: Any
) -> Array:
    """The sum of max(0, margin - z_y + z_c)^p over other classes, divided by C.

    pred are (N, C) scores of any unit, which margin shares; target is (N,) class indices; the
    result is (N,). p = 2 squares each violation. weight is one number per class; the mean divides
    by N even then.

    >>> multi_margin([[1.0, 2.0, 0.5]], [0]).tolist()  # (2 + 0.5) / 3
    [0.8333333333333334]
    """
    reach = _reach(xp, pred, target, margin)
    found = xp.sum(reach if p == 1 else reach * reach, axis=-1)
    return (found if weight is None else weight[target] * found) / pred.shape[1]


def _reach(xp: Namespace, pred: Array, target: Array, margin: float) -> Array:
    """max(0, margin - z_y + z_c), and 0 for the label itself."""
    label = xp.arange(pred.shape[0]), target
    reach = xp.clip((pred - pred[label][:, None]) + margin, 0.0, xp.inf)
    reach[label] = 0.0
    return reach


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, p: int, margin: float, weight: Any
) -> Array:
    """The slope of each class within the margin; the label's is minus their sum."""
    reach = _reach(xp, pred, target, margin)
    slopes = (xp.sign(reach) if p == 1 else 2.0 * reach) / pred.shape[1]
    if weight is not None:
        slopes = weight[target][:, None] * slopes
    slopes[xp.arange(pred.shape[0]), target] = 0.0 - xp.sum(slopes, axis=-1)
    return slopes


def _reference(mp: Any, pred: Any, target: int, *, p: int, margin: Any, weight: Any) -> Any:
    counted = mp.mpf(1) if weight is None else weight[target]
    reach = [margin - pred[target] + z for c, z in enumerate(pred) if c != target]
    return counted * mp.fsum(max(x, mp.mpf(0)) ** p for x in reach) / len(pred)


multi_margin = Loss(
    name="multi_margin",
    aliases=("weston_watkins",),
    family="classification",
    formula="(w_y / C) Σ_{c≠y} max(0, margin - z_y + z_c)^p",
    latex=r"\frac{w_y}{C} \sum_{c \ne y} \max(0, m - z_y + z_c)^p",
    source="Weston and Watkins, Support vector machines for multi-class, ESANN 1999",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=INDICES,
    rows_of=shapes.LABELLED,
    saturates=True,  # a score of -inf is outside every margin
    flops=4,
    params=(
        Param("p", 1, Interval(1, 2), "the power of each violation, 1 or 2", "whole"),
        Param("margin", 1.0, Interval(ends="()"), "the required lead of the label's score"),
        CLASS_WEIGHT,
    ),
    use="predictions are scores, not probabilities, and all close classes matter",
    avoid="only the closest class matters: use multiclass_hinge",
    equivalents={"torch": "F.multi_margin_loss(pred, target, p=p, margin=margin, weight=weight)"},
    like={"torch": Convention(by_rows=True)},
    pitfalls=(
        "It divides by C, not by C - 1: scores (1, 2, 0.5) and label 0 give 0.8333, not 1.25.",
        "The mean divides by N even with class weights, unlike cross_entropy.",
    ),
)
