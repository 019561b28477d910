"""Multilabel soft-margin loss: binary cross-entropy of each label's logit."""

from typing import Any

from losscli.losses.catalogue.classification._margin import margin_of
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import BINARY, LOGIT, Interval
from losscli.losses.math.stable import sigmoid, softplus, weighted


def _values(xp: Namespace, pred: Array, target: Array, *, weight: Any) -> Array:
    """The cross-entropy, in nats, of each label and its probability sigmoid(pred).

    pred are logits and target 0 or 1, both (N, C) with one column per label, as is the result; the
    loss of a row is the mean over its labels. weight is one number per label; the mean divides by C
    even then.

    >>> multilabel_soft_margin([[0.0, -50.0]], [[1, 0]]).tolist()  # half of log 2
    [0.34657359027997264]
    """
    return weighted(xp, weight, softplus(xp, -margin_of(xp, pred, target)))


def _derivative(xp: Namespace, pred: Array, target: Array, *, weight: Any) -> Array:
    """sigmoid(z) - t, accurate in both tails, times the label's weight."""
    miss = sigmoid(xp, -margin_of(xp, pred, target))
    return weighted(xp, weight, xp.where(target > 0, -miss, miss))


def _reference(mp: Any, pred: Any, target: Any, *, weight: Any) -> Any:
    counted = mp.mpf(1) if weight is None else weight
    return counted * mp.log(1 + mp.exp(-pred if target == 1 else pred))


multilabel_soft_margin = Loss(
    name="multilabel_soft_margin",
    family="classification",
    formula="w_c (t_c log(1 + e^-z_c) + (1 - t_c) log(1 + e^z_c))",
    latex=r"w_c \left( t_c \log(1 + e^{-z_c}) + (1 - t_c) \log(1 + e^{z_c}) \right)",
    source="PyTorch, F.multilabel_soft_margin_loss; Zhang and Zhou, A review on multi-label"
    " learning algorithms, 2014, binary relevance",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=BINARY,
    flops=10,
    params=(
        Param("weight", None, Interval(0.0, ends="[)"), "the weight of each label", "columns"),
    ),
    use="several labels may be present at once, and each has its own logit",
    avoid="exactly one class is correct: use cross_entropy",
    equivalents={"torch": "F.multilabel_soft_margin_loss(pred, target, weight=weight)"},
    like={"torch": Convention(by_rows=True)},
    pitfalls=(
        "Weights do not enter the denominator: doubling them all doubles the loss.",
        "Without weights it is bce_with_logits.",
    ),
)
