"""CORAL loss: one logit for each threshold between ordered classes."""

from typing import Any

from losscli.losses.declare import INDICES, LOGIT, Array, Interval, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import columns, sigmoid, softplus, weighted


def _values(xp: Namespace, pred: Array, target: Array, *, weight: Any) -> Array:
    """The binary cross-entropy, in nats, of each threshold, summed over thresholds.

    pred are (N, K) logits; column k says that the class is above k, so that there are K + 1
    classes; target is (N,) class indices 0 … K; the result is (N,). weight is one number per
    threshold.

    >>> coral([[0.0, 0.0]], [1]).tolist()  # 2 log 2
    [1.3862943611198906]
    """
    cost = softplus(xp, xp.where(_passed(xp, pred, target), -pred, pred))
    return xp.sum(weighted(xp, weight, cost), axis=-1)


def _passed(xp: Namespace, pred: Array, target: Array) -> Array:
    return target[:, None] > columns(xp, pred)


def _derivative(xp: Namespace, pred: Array, target: Array, *, weight: Any) -> Array:
    """sigmoid(z_k) - 1[y > k], accurate in both tails, times the threshold's weight."""
    passed = _passed(xp, pred, target)
    miss = sigmoid(xp, xp.where(passed, -pred, pred))
    return weighted(xp, weight, xp.where(passed, -miss, miss))


def _reference(mp: Any, pred: Any, target: int, *, weight: Any) -> Any:
    weight = weight or [mp.mpf(1)] * len(pred)
    signed = [-z if target > k else z for k, z in enumerate(pred)]
    return mp.fsum(w * mp.log(1 + mp.exp(z)) for w, z in zip(weight, signed, strict=True))


coral = Loss(
    name="coral",
    aliases=("cumulative_link",),
    family="ordinal",
    formula="Σ_k w_k log(1 + e^(-s_k z_k)), where s_k = 1 if y > k else -1",
    latex=r"\sum_k w_k \log(1 + e^{-s_k z_k})",
    source="Cao, Mirjalili and Raschka, Rank consistent ordinal regression (CORAL), 2020",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=INDICES,
    rows_of=shapes.THRESHOLDS,
    flops=10,
    params=(
        Param("weight", None, Interval(0.0, ends="[)"), "the weight of each threshold", "columns"),
    ),
    use="classes are ordered, and a model has one logit for each threshold between them",
    avoid="logits are those of classes, not of thresholds: use cross_entropy",
    equivalents={
        "torch": "F.binary_cross_entropy_with_logits(pred, (target[:, None] > "
        "torch.arange(pred.shape[1]).to(target)).to(pred), reduction='none').sum(1)"
    },
    pitfalls=(
        "It is the sum over thresholds, not their mean.",
        "There is one class more than columns.",
        "CORN conditions each threshold on those below it; these logits do not.",
    ),
)
