"""Modified Huber loss of a score and one of two labels."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of, side
from losscli.losses.declare import HARD_LABEL, SCORE, Array, Loss, Namespace


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The squared hinge up to a margin y z of -1, and its tangent, -4 y z, beyond.

    pred are scores; target is 1 for the positive class, 0 or -1 for the negative one; both have the
    same shape, (N,) or (N, D), as has the result.

    >>> modified_huber([0.5, 0.5, -3.0], [1, 0, 1]).tolist()
    [0.25, 2.25, 12.0]
    """
    short, held = _short(xp, pred, target)
    return held * (2.0 * short - held)


def _short(xp: Namespace, pred: Array, target: Array) -> tuple[Array, Array]:
    """The amount by which y z falls short of 1; the same clamped to at most 2."""
    short = xp.clip(1.0 - margin_of(xp, pred, target), 0.0, xp.inf)
    return short, xp.clip(short, 0.0, 2.0)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """-2 y max(0, 1 - y z), at most 4 in size."""
    return -2.0 * side(xp, target) * _short(xp, pred, target)[1] + 0.0


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    margin = pred if target == 1 else -pred
    return max(1 - margin, mp.mpf(0)) ** 2 if margin >= -1 else -4 * margin


modified_huber = Loss(
    name="modified_huber",
    family="classification",
    formula="max(0, 1 - y z)² if y z >= -1 else -4 y z",
    latex=r"\max(0, 1 - y z)^2 \text{ if } y z \ge -1 \text{ else } -4 y z",
    source="Zhang, Solving large scale linear prediction problems, ICML 2004",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=HARD_LABEL,
    saturates=True,  # above the margin the loss is 0, and labels are only compared
    flops=6,
    use="a smooth hinge is needed that outliers do not dominate, and whose scores give "
    "probabilities",
    avoid="scores have no natural unit: the width of its quadratic part is fixed at 2",
    equivalents={
        "sklearn": "linear_model.SGDClassifier(loss='modified_huber')  # minimises its mean",
    },
    pitfalls=("Its slope is 4 in size for large errors, four times that of the hinge.",),
)
