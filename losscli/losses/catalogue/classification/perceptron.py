"""Perceptron loss of a score and one of two labels."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of, slope_within
from losscli.losses.core.domain import SCORE
from losscli.losses.core.labels import HARD_LABEL, SIGN
from losscli.losses.core.loss import Array, Convention, Loss, Namespace


def _perceptron(xp: Namespace, pred: Array, target: Array) -> Array:
    """How far a score lies on the wrong side, in its own unit; 0 on the right one.

    pred are scores; target is 1 for one side, 0 or -1 for the other; both are alike (N,) or (N, D),
    as is the result.

    >>> perceptron([0.5, 0.5, 0.0], [1, 0, 1]).tolist()
    [0.0, 0.5, 0.0]
    """
    return xp.clip(-margin_of(xp, pred, target), 0.0, xp.inf) + 0.0


def _perceptron_derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """-y on the wrong side, 0 on the right one and between the two."""
    return slope_within(xp, pred, target, 0.0)


def _perceptron_reference(mp: Any, pred: Any, target: Any) -> Any:
    return max(-pred if target == 1 else pred, mp.mpf(0))


perceptron = Loss(
    name="perceptron",
    family="classification",
    formula="max(0, -y z)",
    latex=r"\max(0, -y z)",
    source="Rosenblatt, The perceptron, Psychological Review 65, 1958",
    values=_perceptron,
    derivative=_perceptron_derivative,
    reference=_perceptron_reference,
    pred=SCORE,
    target=HARD_LABEL,
    saturates=True,  # on the right side everything costs 0, and labels are only compared
    flops=2,
    use="only mistakes should count, by how bad they are",
    avoid="scores may all be 0: that is a perfect loss",
    equivalents={
        "optax": "losses.perceptron_loss(pred, target)  # targets are -1 and 1",
        "sklearn": "linear_model.SGDClassifier(loss='perceptron')  # minimises its mean",
    },
    like={"optax": Convention(target=SIGN)},
    pitfalls=("z = 0 for every row costs exactly nothing: a margin, as in hinge, forbids that.",),
)
