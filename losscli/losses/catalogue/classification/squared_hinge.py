"""Squared hinge loss of a score and one of two labels."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of, side
from losscli.losses.declare import HARD_LABEL, SCORE, Array, Convention, Loss, Namespace


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The square of the amount by which y z falls short of 1.

    pred are scores; target is 1 for the positive class, 0 or -1 for the negative one; both have the
    same shape, (N,) or (N, D), as has the result.

    >>> squared_hinge([0.5, 0.5, 2.0], [1, 0, 1]).tolist()
    [0.25, 2.25, 0.0]
    """
    short = _short(xp, pred, target)
    return short * short


def _short(xp: Namespace, pred: Array, target: Array) -> Array:
    return xp.clip(1.0 - margin_of(xp, pred, target), 0.0, xp.inf)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """-2 y max(0, 1 - y z): it grows without bound."""
    return -2.0 * side(xp, target) * _short(xp, pred, target) + 0.0


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return max(1 - (pred if target == 1 else -pred), mp.mpf(0)) ** 2


squared_hinge = Loss(
    name="squared_hinge",
    family="classification",
    formula="max(0, 1 - y z)²",
    latex=r"\max(0, 1 - y z)^2",
    source="Lee and Mangasarian, SSVM: a smooth support vector machine, 2001",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=HARD_LABEL,
    saturates=True,  # above the margin the loss is 0, and labels are only compared
    flops=4,
    use="a hinge without a corner is needed",
    avoid="labels may be incorrect: a row far from the boundary dominates the mean",
    equivalents={
        "keras": "losses.SquaredHinge()(target, pred)  # margin is 1",
        "sklearn": "linear_model.LinearSVC(loss='squared_hinge')  # minimises its sum",
    },
    like={
        "keras": Convention(
            by_rows=True,
            note="Keras treats a batch that contains 0, 1 and -1 differently; refused here",
        )
    },
    pitfalls=("There is no factor of one half, so that the slope at z = 0 is 2 in size.",),
)
