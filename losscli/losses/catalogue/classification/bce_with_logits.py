"""Binary cross-entropy of logits."""

from typing import Any

from losscli.losses.core.domain import LOGIT, SOFT_LABEL, Interval
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.math.stable import binary_shares, by_shares, odds, softpluses


def _values(
    xp: Namespace, pred: Array, target: Array, *, pos_weight: Any, label_smoothing: float
) -> Array:
    """The cross-entropy, in nats, of the target and the probability sigmoid(pred) of a 1.

    pred are logits, any real number or infinity, and target is in [0, 1]; both have the same shape,
    (N,) or (N, D), as has the result. pos_weight is the weight of 1s, one number or one per column.

    >>> bce_with_logits([0.0, -50.0], [1, 0]).tolist()
    [0.6931471805599453, 1.9287498479639178e-22]
    """
    # One softplus per class: the common form (1-t) z + log(1 + e^-z) cancels on correct rows.
    # The weight multiplies the loss, not the target, which may be subnormal and inaccurate.
    no, yes = softpluses(xp, pred)
    return by_shares(xp, binary_shares(target, label_smoothing), (pos_weight * yes, no))


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, pos_weight: Any, label_smoothing: float
) -> Array:
    """sigmoid(z) - t, accurate in both tails; never above max(1, pos_weight)."""
    one, zero = binary_shares(target, label_smoothing)
    above, below = odds(xp, pred)
    return (zero * above - pos_weight * one * below) / (above + below)


def _reference(mp: Any, pred: Any, target: Any, *, pos_weight: Any, label_smoothing: Any) -> Any:
    target = target * (1 - label_smoothing) + label_smoothing / 2
    probability = 1 / (1 + mp.exp(-pred))
    yes = -mp.log(probability) if target else 0
    no = -mp.log(1 / (1 + mp.exp(pred))) if target != 1 else 0
    return pos_weight * target * yes + (1 - target) * no


def _like_torch(
    xp: Namespace, pred: Array, target: Array, *, pos_weight: Any, label_smoothing: float
) -> Array:
    """The same, except for infinite logits, in torch's form: (1 - t) z + max(-z, 0)."""
    found = _values(xp, pred, target, pos_weight=pos_weight, label_smoothing=label_smoothing)
    _, zero = binary_shares(target, label_smoothing)
    return xp.where(xp.isfinite(pred), found, zero * pred + xp.clip(-pred, 0.0, xp.inf))


def _like_optax(
    xp: Namespace, pred: Array, target: Array, *, pos_weight: Any, label_smoothing: float
) -> Array:
    """The same, except nan for an infinite logit with the correct sign, from 0 · inf."""
    one, zero = binary_shares(target, label_smoothing)
    no, yes = softpluses(xp, pred)
    return one * (pos_weight * yes) + zero * no


_INFINITIES = "an infinite logit gives nan on its label's side"
_CANCELS = (
    "torch gives 0 for a right and confident negative, such as -50; the truth here; its nan for a"
    " logit of -inf, and of inf under a 1, is kept"
)

bce_with_logits = Loss(
    name="bce_with_logits",
    aliases=("sigmoid_cross_entropy", "logistic"),
    family="classification",
    formula="w t log(1 + e^-z) + (1 - t) log(1 + e^z), where w = pos_weight",
    latex=r"w\,t \log(1 + e^{-z}) + (1 - t) \log(1 + e^{z})",
    source="Cox, The regression analysis of binary sequences, 1958",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=SOFT_LABEL,
    flops=14,
    params=(
        Param(
            "pos_weight",
            1.0,
            Interval(0.0, ends="()"),
            "the weight of 1s, or one per column",
            "columns",
        ),
        Param("label_smoothing", 0.0, Interval(0.0, 1.0, "[)"), "t becomes t (1 - s) + s / 2"),
    ),
    use="the model's last layer is linear: it is accurate for confident rows",
    avoid="predictions are probabilities: use bce",
    equivalents={
        "torch": "F.binary_cross_entropy_with_logits(pred, target, "
        "pos_weight=torch.as_tensor(pos_weight))",
        "keras": "losses.BinaryCrossentropy(from_logits=True)(target, pred)",
        "optax": "losses.sigmoid_binary_cross_entropy(pred, target)",
    },
    like={
        "torch": Convention(values=_like_torch, by_rows=True, by_elements=True, note=_CANCELS),
        "keras": Convention(values=_like_torch, by_rows=True, note=_CANCELS),
        "optax": Convention(values=_like_optax, note=_INFINITIES),
    },
    pitfalls=(
        "Probabilities instead of logits give a plausible but incorrect number; losscli notes it.",
        "torch gives 0 for z = -50, t = 0, where the truth is 1.9e-22.",
    ),
)
