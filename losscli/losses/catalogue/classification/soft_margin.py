"""Soft-margin loss, the logistic loss of labels of -1 and 1."""

from typing import Any

from losscli.losses.declare import LOGIT, SIGN, Array, Convention, Loss, Namespace
from losscli.losses.math.stable import sigmoid, softplus


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The negative log-likelihood, in nats, of the label, with probability sigmoid(pred) of a 1.

    pred are logits; target is -1 or 1; both have the same shape, (N,) or (N, D), as has the result.

    >>> soft_margin([0.0, -1000.0, 50.0], [1, 1, 1]).tolist()
    [0.6931471805599453, 1000.0, 1.9287498479639178e-22]
    """
    return softplus(xp, -(pred * target))


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """-y sigmoid(-y z), accurate in both tails."""
    return -target * sigmoid(xp, -target * pred)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return mp.log(1 + mp.exp(-pred if target == 1 else pred))


def _like_torch(xp: Namespace, pred: Array, target: Array) -> Array:
    return xp.log1p(xp.exp(-(pred * target)))


soft_margin = Loss(
    name="soft_margin",
    aliases=("logistic_pm1",),
    family="classification",
    formula="log(1 + e^(-y z))",
    latex=r"\log(1 + e^{-y z})",
    source="Friedman, Hastie and Tibshirani, Additive logistic regression, 2000",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=SIGN,
    flops=8,
    use="labels are -1 and 1, and the model's last layer is linear",
    avoid="labels are 0 and 1: use bce_with_logits",
    equivalents={
        "torch": "F.soft_margin_loss(pred, target)  # targets are -1 and 1; exp overflows",
        "sklearn": "linear_model.SGDClassifier(loss='log_loss')  # minimises its mean",
    },
    like={
        "torch": Convention(
            values=_like_torch, by_elements=True, by_rows=True, note="inf from y z = -709.8 on"
        )
    },
    pitfalls=(
        "torch takes a label of 0 and gives log 2 for any score; here it is an error.",
        "torch gives inf for z = -1000, y = 1, where the truth is 1000.",
    ),
)
