"""Perceptron loss of a score and one of two labels."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of, slope_within
from losscli.losses.declare import HARD_LABEL, SCORE, SIGN, Array, Convention, Loss, Namespace


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The size of a score of the incorrect sign, in its own unit; 0 for the correct sign.

    pred are scores; target is 1 for the positive class, 0 or -1 for the negative one; both have the
    same shape, (N,) or (N, D), as has the result.

    >>> perceptron([0.5, 0.5, 0.0], [1, 0, 1]).tolist()
    [0.0, 0.5, 0.0]
    """
    return xp.clip(-margin_of(xp, pred, target), 0.0, xp.inf) + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """-y for the incorrect sign, 0 for the correct one and at 0."""
    return slope_within(xp, pred, target, 0.0)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return max(-pred if target == 1 else pred, mp.mpf(0))


perceptron = Loss(
    name="perceptron",
    family="classification",
    formula="max(0, -y z)",
    latex=r"\max(0, -y z)",
    source="Rosenblatt, The perceptron, Psychological Review 65, 1958",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=HARD_LABEL,
    saturates=True,  # the correct sign has loss 0 whatever the input, and labels are only compared
    flops=2,
    use="only mistakes matter, by their size",
    avoid="scores may all be 0: that has loss 0",
    equivalents={
        "optax": "losses.perceptron_loss(pred, target)  # targets are -1 and 1",
        "sklearn": "linear_model.SGDClassifier(loss='perceptron')  # minimises its mean",
    },
    like={"optax": Convention(target=SIGN)},
    pitfalls=("z = 0 for every row has loss 0: a margin, as in hinge, prevents that.",),
)
