"""Hinge embedding loss of distances."""

from typing import Any

from losscli.losses.declare import REAL, SIGN, Array, Convention, Interval, Loss, Namespace, Param
from losscli.losses.math.stable import either


def _values(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """The distance of a similar pair; for a dissimilar one max(margin - x, 0).

    pred are distances, (N,) or (N, D); target has the same shape, 1 for similar pairs and -1 for
    dissimilar ones.

    >>> hinge_embedding([0.25, 0.25, 3.0], [1, -1, -1]).tolist()
    [0.25, 0.75, 0.0]
    """
    return either(xp, target > 0, pred, xp.clip(margin - pred, 0.0, xp.inf))


def _derivative(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """1 for similar pairs; -1 for dissimilar ones below the margin, 0 at it and above."""
    return xp.where(target > 0, 1.0, xp.where(pred < margin, -1.0, 0.0))


def _reference(mp: Any, pred: Any, target: Any, *, margin: Any) -> Any:
    return pred if target == 1 else max(margin - pred, mp.mpf(0))


hinge_embedding = Loss(
    name="hinge_embedding",
    family="ranking",
    formula="x if y = 1 else max(margin - x, 0)",
    latex=r"x \text{ if } y = 1 \text{ else } [m - x]_+",
    source="the linear form of Hadsell, Chopra and LeCun, CVPR 2006",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=SIGN,
    saturates=True,  # above the margin the loss is 0, and labels are only compared
    flops=3,
    params=(
        Param(
            "margin",
            1.0,
            Interval(ends="()"),
            "the distance from which on dissimilar pairs have loss 0",
        ),
    ),
    use="predictions are distances of pairs that are labelled similar or dissimilar",
    avoid="predictions may be negative: the loss of a similar pair is then unbounded below",
    equivalents={"torch": "F.hinge_embedding_loss(pred, target, margin)"},
    like={"torch": Convention(by_rows=True, by_elements=True)},
    pitfalls=(
        "It has no lower bound: a similar pair of negative 'distance' has a negative loss.",
        "For labels that are neither 1 nor -1 torch adds both branches: 1.0 at x = 0.3, y = 0.",
    ),
)
