"""Contrastive loss of distances."""

from typing import Any

from losscli.losses.declare import BINARY, NON_NEGATIVE, Array, Interval, Loss, Namespace, Param
from losscli.losses.math.stable import either


def _values(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """The squared distance of a similar pair; for a dissimilar one max(margin - x, 0)².

    pred are distances >= 0, not their squares, (N,) or (N, D); target has the same shape, 1 for
    similar pairs and 0 for dissimilar ones; the margin is in the unit of the distance.

    >>> contrastive([0.5, 0.5, 3.0], [1, 0, 0]).tolist()
    [0.25, 0.25, 0.0]
    """
    gap = either(xp, target == 1, pred, xp.clip(margin - pred, 0.0, xp.inf))
    return gap * gap


def _derivative(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """2x for similar pairs, -2 max(margin - x, 0) for dissimilar ones."""
    return xp.where(target == 1, 2.0 * pred, 0.0 - 2.0 * xp.clip(margin - pred, 0.0, xp.inf))


def _reference(mp: Any, pred: Any, target: Any, *, margin: Any) -> Any:
    return target * pred**2 + (1 - target) * max(margin - pred, mp.mpf(0)) ** 2


contrastive = Loss(
    name="contrastive",
    family="ranking",
    formula="t x² + (1 - t) max(margin - x, 0)²",
    latex=r"t x^2 + (1 - t) [m - x]_+^2",
    source="Hadsell, Chopra and LeCun, Dimensionality reduction by an invariant mapping, CVPR 2006",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=NON_NEGATIVE,
    target=BINARY,
    saturates=True,  # above the margin the loss is 0, and labels are only compared
    flops=4,
    params=(
        Param(
            "margin",
            1.0,
            Interval(0.0, ends="()"),
            "the distance from which on dissimilar pairs have loss 0",
        ),
    ),
    use="predictions are distances of pairs that are labelled similar or dissimilar",
    avoid="distances of dissimilar pairs have no natural scale for a margin",
    equivalents={
        "torch": "target * pred**2 + (1 - target) * F.relu(margin - pred)**2",
    },
    pitfalls=(
        "Here 1 means similar; in the paper 0 does, with a factor of 1/2.",
        "It takes distances, not squared distances: the margin would be squared too.",
    ),
)
