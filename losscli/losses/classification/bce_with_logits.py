"""Binary cross-entropy of logits."""

from typing import Any

from losscli.losses.domain import LOGIT, SOFT_LABEL, Interval
from losscli.losses.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.stable import binary_shares, logistic, share, sigmoid, softplus


def _bce_with_logits(
    xp: Namespace, pred: Array, target: Array, *, pos_weight: Any, label_smoothing: float
) -> Array:
    """The surprise, in nats, at the target, where the probability of a 1 is sigmoid(pred).

    pred are logits, any real number or infinity, target lies in [0, 1]; both are alike (N,) or
    (N, D), as is the result. pos_weight multiplies the share of the 1s; one a column for (N, D).

    >>> bce_with_logits([0.0, -50.0], [1, 0]).tolist()
    [0.6931471805599453, 1.9287498479639178e-22]
    """
    if not label_smoothing and isinstance(pos_weight, float) and pos_weight == 1:
        return logistic(xp, pred, target)
    one, zero = binary_shares(target, label_smoothing)
    # The weight multiplies the cost: a share so small that it has lost digits would show them.
    yes = share(xp, one, pos_weight * softplus(xp, -pred))
    return yes + share(xp, zero, softplus(xp, pred))


def _bce_with_logits_derivative(
    xp: Namespace, pred: Array, target: Array, *, pos_weight: Any, label_smoothing: float
) -> Array:
    """sigmoid(z) - t, with all digits of both tails; never above max(1, pos_weight)."""
    one, zero = binary_shares(target, label_smoothing)
    return zero * sigmoid(xp, pred) - pos_weight * one * sigmoid(xp, -pred)


def _bce_with_logits_reference(
    mp: Any, pred: Any, target: Any, *, pos_weight: Any, label_smoothing: Any
) -> Any:
    target = target * (1 - label_smoothing) + label_smoothing / 2
    probability = 1 / (1 + mp.exp(-pred))
    yes = -mp.log(probability) if target else 0
    no = -mp.log(1 / (1 + mp.exp(pred))) if target != 1 else 0
    return pos_weight * target * yes + (1 - target) * no


_CANCELS = "torch gives 0 for a right and confident negative, such as -50; the truth here"

bce_with_logits = Loss(
    name="bce_with_logits",
    aliases=("sigmoid_cross_entropy", "logistic"),
    family="classification",
    formula="w t log(1 + e^-z) + (1 - t) log(1 + e^z), where w = pos_weight",
    latex=r"w\,t \log(1 + e^{-z}) + (1 - t) \log(1 + e^{z})",
    source="Cox, The regression analysis of binary sequences, 1958",
    values=_bce_with_logits,
    derivative=_bce_with_logits_derivative,
    reference=_bce_with_logits_reference,
    pred=LOGIT,
    target=SOFT_LABEL,
    flops=14,
    params=(
        Param(
            "pos_weight",
            1.0,
            Interval(0.0, ends="()"),
            "what a 1 counts, or one a column",
            "columns",
        ),
        Param("label_smoothing", 0.0, Interval(0.0, 1.0, "[)"), "t becomes t (1 - s) + s / 2"),
    ),
    use="the model's last layer is linear: nothing is lost on confident rows",
    avoid="predictions are probabilities already: that is bce",
    equivalents={
        "torch": "F.binary_cross_entropy_with_logits(pred, target, pos_weight=pos_weight)",
        "keras": "losses.BinaryCrossentropy(from_logits=True)",
        "optax": "losses.sigmoid_binary_cross_entropy(pred, target)",
    },
    like={
        "torch": Convention(by_rows=True, by_elements=True, note=_CANCELS),
        "keras": Convention(by_rows=True, note=_CANCELS),
        "optax": Convention(),
    },
    pitfalls=(
        "Probabilities given to it look right and are wrong; losscli notes it.",
        "torch gives 0 for z = -50, t = 0, where the truth is 1.9e-22.",
    ),
)
