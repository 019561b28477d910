"""Pairwise logistic loss of two scores, known as RankNet."""

from typing import Any

from losscli.losses.declare import SCORE, SOFT_LABEL, Array, Loss, Namespace, shapes
from losscli.losses.math.stable import share, two_difference


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The cross-entropy, in nats, of the order, with probability sigmoid(x_1 - x_2) for the first.

    pred is (N, 2), two scores per row; target is (N,), the probability in [0, 1] that the first
    ranks higher; the result is (N,).

    >>> pairwise_logistic([[0.0, 0.0], [50.0, 0.0]], [0.5, 1.0]).tolist()
    [0.6931471805599453, 1.9287498479639178e-22]
    """
    lead, tail = _lead(xp, pred)
    # Of t·max(-x, 0) and (1 - t)·max(x, 0) one is 0: a single product is sufficient.
    against = xp.abs(target - xp.astype(lead > 0, target.dtype))
    return share(xp, against, xp.abs(lead)) + xp.log1p(tail)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """sigmoid(x_1 - x_2) - t for the first score, its opposite for the second."""
    lead, tail = _lead(xp, pred)
    above, below = xp.where(lead >= 0, 1.0, tail), xp.where(lead >= 0, tail, 1.0)
    slope = ((1.0 - target) * above - target * below) / (1.0 + tail)
    return xp.stack((slope, -slope), axis=1)


def _lead(xp: Namespace, pred: Array) -> tuple[Array, Array]:
    """x_1 - x_2 and exp(-|x_1 - x_2|), the latter of the difference before it was rounded."""
    lead, error = two_difference(xp, pred[:, 0], pred[:, 1])
    return lead, xp.exp(-xp.abs(lead)) * (1.0 - xp.sign(lead) * error)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    lead = pred[0] - pred[1]
    return target * mp.log(1 + mp.exp(-lead)) + (1 - target) * mp.log(1 + mp.exp(lead))


pairwise_logistic = Loss(
    name="pairwise_logistic",
    aliases=("ranknet",),
    family="ranking",
    formula="t log(1 + exp(x_2 - x_1)) + (1 - t) log(1 + exp(x_1 - x_2))",
    latex=r"t \log(1 + e^{x_2 - x_1}) + (1 - t) \log(1 + e^{x_1 - x_2})",
    source="Burges and others, Learning to rank using gradient descent, ICML 2005",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=SOFT_LABEL,
    rows_of=shapes.TWO,
    saturates=True,  # an infinite lead may have loss 0
    flops=8,
    use="the order of pairs is known, possibly with a probability, and scores are logits of it",
    avoid="a whole list is ranked at once: use listnet",
    equivalents={
        "torch": "F.binary_cross_entropy_with_logits(pred[:, 0] - pred[:, 1], target)",
    },
    pitfalls=(
        "Subtract first: sigmoid(x_1) - sigmoid(x_2) has no correct digit from 40 on.",
        "Labels are probabilities in [0, 1], not the -1 and 1 of margin_ranking.",
    ),
)
