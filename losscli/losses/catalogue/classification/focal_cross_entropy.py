"""Focal loss of the softmax of logits."""

import math
from typing import Any

from losscli.losses.catalogue.classification._softmax import label_miss, over_others, shifted_miss
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import INDICES, LOGIT, Interval, shapes
from losscli.losses.math.stable import share

_KERAS_EPS = 1e-7


def _values(xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: Any) -> Array:
    """Cross-entropy, in nats, times (1 - s_y)^gamma, which is small for correct rows.

    pred are (N, C) logits, s their softmax; target is (N,) class indices; the result is (N,). alpha
    is one number for all classes or one per class. At gamma = 0 it is cross_entropy.

    >>> focal_cross_entropy([[0.0, 0.0]], [1], gamma=2.0).tolist()  # log(2) / 4
    [0.17328679513998632]
    """
    nll, miss = label_miss(xp, pred, target)
    return _weighted(xp, alpha, target, miss**gamma * nll)


def _derivative(xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: Any) -> Array:
    """α (1 - s_y)^γ (γ s_y ℓ_y + 1 - s_y), spread over the other classes by their softmax.

    The label's own slope is minus their sum: the slopes of a row sum to 0.
    """
    nll, miss, others, rest = shifted_miss(xp, pred, target)
    easing = gamma * share(xp, xp.exp(-nll), nll)
    whole = _weighted(xp, alpha, target, miss**gamma * (easing + miss))
    return over_others(xp, whole, target, others, rest)


def _weighted(xp: Namespace, alpha: Any, target: Array, found: Array) -> Array:
    if alpha is None:
        return found
    return share(
        xp, xp.full_like(found, alpha) if isinstance(alpha, float) else alpha[target], found
    )


def _reference(mp: Any, pred: Any, target: int, *, gamma: Any, alpha: Any) -> Any:
    chance = mp.exp(pred[target]) / mp.fsum(mp.exp(z) for z in pred)
    if alpha is None:
        alpha = mp.mpf(1)
    elif isinstance(alpha, list):
        alpha = alpha[target]
    return -alpha * (1 - chance) ** gamma * mp.log(chance)


def _like_keras(xp: Namespace, pred: Array, target: Array, *, gamma: float, alpha: Any) -> Array:
    """With s_y clamped to [1e-7, 1 - 1e-7], so that no loss is 0."""
    nll, miss = label_miss(xp, pred, target)
    nll = xp.clip(nll, -math.log1p(-_KERAS_EPS), -math.log(_KERAS_EPS))
    miss = xp.clip(miss, _KERAS_EPS, 1.0 - _KERAS_EPS)
    return _weighted(xp, alpha, target, miss**gamma * nll)


focal_cross_entropy = Loss(
    name="focal_cross_entropy",
    aliases=("softmax_focal", "categorical_focal"),
    family="classification",
    formula="-alpha_y (1 - s_y)^gamma log s_y, where s = softmax(z)",
    latex=r"-\alpha_y (1 - s_y)^\gamma \log s_y",
    source="Lin et al., Focal loss for dense object detection, ICCV 2017",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOGIT,
    target=INDICES,
    rows_of=shapes.LABELLED,
    saturates=lambda _, *, alpha, **__: alpha is not None,  # a class of weight 0 hides its logit
    flops=8,
    params=(
        Param("gamma", 2.0, Interval(0.0, ends="[)"), "how strongly an easy row is down-weighted"),
        Param("alpha", None, Interval(0.0, ends="[)"), "the weight of each class", "columns"),
    ),
    use="most rows are easy, and their many small losses outweigh the hard ones",
    avoid="probabilities must be calibrated: its minimum is not the true distribution",
    equivalents={
        "keras": "losses.CategoricalFocalCrossentropy(alpha, gamma, "
        "from_logits=True)(target, pred)  # it clips",
    },
    like={
        "keras": Convention(
            {"alpha": 0.25},
            _like_keras,
            by_rows=True,
            note="alpha is 0.25 by default, for all classes; s_y is clamped to 1e-7 from 0 and 1",
        )
    },
    pitfalls=(
        "In Keras alpha = 0.25 multiplies every class, so it only makes the loss a quarter.",
        "Its error grows with gamma, by about 3 ULP per unit: 8 at 2, 17 at 5.",
        "The mean is over rows even with alpha: it does not divide by the sum of alphas.",
    ),
)
