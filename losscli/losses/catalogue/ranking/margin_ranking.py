"""Margin ranking loss of two scores."""

from typing import Any

from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import SCORE, SIGN, Interval, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """max(0, margin - y (x_1 - x_2)) of two scores.

    pred is (N, 2), two scores per row; target is (N,), 1 if the first should be higher, -1 if the
    second should; the result is (N,), in the unit of the scores.

    >>> margin_ranking([[2.0, 0.5], [2.0, 0.5]], [1, -1], margin=1.0).tolist()
    [0.0, 2.5]
    """
    return xp.clip(margin - target * (pred[:, 0] - pred[:, 1]), 0.0, xp.inf) + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """(-y, y) if the loss is above 0, else 0."""
    active = margin - target * (pred[:, 0] - pred[:, 1]) > 0
    slope = xp.where(active, target, 0.0)
    return xp.stack((0.0 - slope, slope), axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, margin: Any) -> Any:
    return max(margin - target * (pred[0] - pred[1]), mp.mpf(0))


margin_ranking = Loss(
    name="margin_ranking",
    family="ranking",
    formula="max(margin - y (x_1 - x_2), 0)",
    latex=r"[m - y (x_1 - x_2)]_+",
    source="Herbrich, Graepel and Obermayer, Support vector learning for ordinal regression, 1999",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=SIGN,
    rows_of=shapes.TWO,
    saturates=True,  # above the margin the loss is 0 whatever the input
    flops=2,
    params=(Param("margin", 0.0, Interval(ends="()"), "the required lead of the higher score"),),
    use="only the order of two scores is known, and a clear lead should have loss 0",
    avoid="every pair should have a gradient: use pairwise_logistic",
    equivalents={"torch": "F.margin_ranking_loss(*pred.unbind(1), target, margin)"},
    like={"torch": Convention(by_rows=True)},
    pitfalls=(
        "At margin 0, its default, equal scores have loss 0: a constant model is perfect.",
        "torch gives the margin for a label of 0; here it is an error.",
    ),
)
