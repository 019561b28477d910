"""Tversky loss of soft masks: separate weights for false positives and false negatives."""

from typing import Any

from losscli.losses.catalogue.segmentation._overlap import (
    MASK,
    SMOOTH,
    SOFT_MASK,
    check_smooth_of_keras,
    over_classes,
    per_class,
    ratio,
    tversky_parts,
    tversky_slopes,
    weighted_errors,
)
from losscli.losses.declare import Array, Convention, Interval, Loss, Namespace, Param, shapes


def _values(
    xp: Namespace, pred: Array, target: Array, *, alpha: float, beta: float, smooth: float
) -> Array:
    """One minus the intersection over the intersection plus the weighted errors, in [0, 1].

    pred and target have the same shape, (N, D) or (N, C, D) with D pixels: probabilities, and
    targets in [0, 1]; the result is (N,), for several classes their mean. alpha is the weight of
    false positives, beta of false negatives; with 0.5 for both it is dice, with 1 jaccard. Two
    empty masks have loss 0.

    >>> tversky([[1.0, 0.5, 0.5]], [[1, 1, 0]], alpha=1.0, beta=2.0).tolist()
    [0.5]
    """
    return over_classes(xp, ratio(xp, *tversky_parts(xp, pred, target, alpha, beta, smooth)))


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, alpha: float, beta: float, smooth: float
) -> Array:
    """(b (I + s) - t B) / (I + s + B)², where B = alpha FP + beta FN and b is its slope."""
    return per_class(tversky_slopes(xp, pred, target, alpha, beta, smooth))


def _reference(mp: Any, pred: Any, target: Any, *, alpha: Any, beta: Any, smooth: Any) -> Any:
    if isinstance(pred[0], list):
        prices = {"alpha": alpha, "beta": beta, "smooth": smooth}
        masks = zip(pred, target, strict=True)
        return mp.fsum(_reference(mp, p, t, **prices) for p, t in masks) / len(pred)
    shared = mp.fsum(p * t for p, t in zip(pred, target, strict=True))
    alarms, misses = mp.fsum(pred) - shared, mp.fsum(target) - shared
    whole = shared + alpha * alarms + beta * misses + smooth
    return 1 - (shared + smooth) / whole if whole else mp.mpf(0)


def _like_keras(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    alpha: float,
    beta: float,
    smooth: float,
) -> Array:
    check_smooth_of_keras(smooth)
    shared = xp.sum(pred * target, axis=-1)
    whole = shared + weighted_errors(xp, pred, target, beta, alpha) + 1e-7
    return over_classes(xp, 1.0 - shared / whole)


def _like_optax(
    xp: Namespace, pred: Array, target: Array, *, alpha: float, beta: float, smooth: float
) -> Array:
    wrong, whole = tversky_parts(xp, pred, target, alpha, beta, smooth)
    return over_classes(xp, wrong / whole)


tversky = Loss(
    name="tversky",
    family="segmentation",
    formula="1 - (I + smooth) / (I + alpha Σ p (1 - t) + beta Σ (1 - p) t + smooth), I = Σ p t",
    latex=r"1 - \frac{\sum p t + s}{\sum p t + \alpha \sum p (1-t) + \beta \sum (1-p) t + s}",
    source="Salehi, Erdogmus and Gholipour, Tversky loss function, MLMI 2017",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MASK,
    target=SOFT_MASK,
    rows_of=shapes.MASKS,
    flops=9,
    params=(
        Param("alpha", 0.5, Interval(0.0, ends="[)"), "the weight of false positives"),
        Param("beta", 0.5, Interval(0.0, ends="[)"), "the weight of false negatives"),
        SMOOTH,
    ),
    use="false negatives are worse than false positives, or the reverse",
    avoid="both have the same weight: use dice",
    equivalents={
        "keras": "losses.Tversky(alpha=beta, beta=alpha)(target, pred)  # exchanged up "
        "to Keras 3.15",
        "optax": "losses.dice_loss(pred, target, alpha, beta, smooth, apply_softmax=False)",
    },
    like={
        "keras": Convention(
            {},
            _like_keras,
            by_rows=True,
            note="up to Keras 3.15 alpha is the weight of false negatives; later releases agree "
            "with this",
        ),
        "optax": Convention(
            {"smooth": 1.0},
            _like_optax,
            note="optax' smooth is 1 by default; of two empty masks smooth=0 gives nan",
        ),
    },
    pitfalls=(
        "Keras up to 3.15 exchanges alpha and beta: 0.360 where this is 0.415, at 0.3 and 0.7.",
        "With alpha = 0 a mask of false positives only has loss 0.",
    ),
)
