"""Dice loss of soft masks."""

from typing import Any

from losscli.losses.catalogue.segmentation._overlap import (
    MASK,
    SMOOTH,
    SOFT_MASK,
    check_smooth_of_keras,
    false_positives,
    filled,
    over_classes,
    per_class,
    ratio,
)
from losscli.losses.catalogue.segmentation.tversky import tversky
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Substitute
from losscli.losses.core.shapes import MASKS


def _values(xp: Namespace, pred: Array, target: Array, *, smooth: float) -> Array:
    """One minus twice the intersection over the sum of the two masks, in [0, 1].

    pred and target have the same shape, (N, D) or (N, C, D) with D pixels: probabilities, and
    targets in [0, 1]; the result is (N,), for several classes their mean. Two empty masks have loss
    0.

    >>> dice([[1.0, 0.5, 0.0], [0.0, 0.0, 0.0]], [[1, 1, 0], [0, 0, 0]]).round(6).tolist()
    [0.142857, 0.0]
    """
    return over_classes(xp, ratio(xp, *_parts(xp, pred, target, smooth)))


def _parts(xp: Namespace, pred: Array, target: Array, smooth: float) -> tuple[Array, Array]:
    """Incorrect pixels, and all pixels: 1 - ratio would cancel for a nearly perfect mask."""
    wrong = false_positives(xp, pred, target) + false_positives(xp, target, pred)
    return wrong, xp.sum(pred, axis=-1) + xp.sum(target, axis=-1) + smooth


def _derivative(xp: Namespace, pred: Array, target: Array, *, smooth: float) -> Array:
    """((2I + s) / (P + T + s) - 2t) / (P + T + s), over the classes; 0 for two empty masks."""
    whole = xp.sum(pred, axis=-1) + xp.sum(target, axis=-1) + smooth
    shared = 2.0 * xp.sum(pred * target, axis=-1) + smooth
    like = ratio(xp, shared, whole)[..., None]
    return per_class((like - 2.0 * target) / filled(xp, whole)[..., None])


def _reference(mp: Any, pred: Any, target: Any, *, smooth: Any) -> Any:
    half = mp.mpf(1) / 2
    return tversky.reference(mp, pred, target, alpha=half, beta=half, smooth=half * smooth)


def _like_keras(
    xp: Namespace,
    pred: Array,
    target: Array,
    *,
    smooth: float,
) -> Array:
    check_smooth_of_keras(smooth)
    whole = xp.sum(pred, axis=-1) + xp.sum(target, axis=-1) + 1e-7
    return over_classes(xp, 1.0 - 2.0 * xp.sum(pred * target, axis=-1) / whole)


def _like_optax(xp: Namespace, pred: Array, target: Array, *, smooth: float) -> Array:
    wrong, whole = _parts(xp, pred, target, smooth)
    return over_classes(xp, wrong / whole)


dice = Loss(
    name="dice",
    aliases=("soft_dice", "f1_loss"),
    family="segmentation",
    formula="1 - (2 Σ p t + smooth) / (Σ p + Σ t + smooth)",
    latex=r"1 - \frac{2 \sum p t + s}{\sum p + \sum t + s}",
    source="Milletari, Navab and Ahmadi, V-Net, 3DV 2016, with sums in place of sums of squares",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MASK,
    target=SOFT_MASK,
    rows_of=MASKS,
    flops=8,
    params=(SMOOTH,),
    use="objects are small compared with the background",
    avoid="masks may be empty: one incorrect pixel has the same loss as a thousand",
    equivalents={
        "keras": "losses.Dice(axis=1)(target, pred)  # 1e-7 in the denominator",
        "optax": "losses.dice_loss(pred, target, smooth=smooth / 2, apply_softmax=False)",
    },
    like={
        "keras": Convention(
            {}, _like_keras, by_rows=True, note="keras gives 1 for two empty masks, with axis set"
        ),
        "optax": Convention(
            {"smooth": 2.0},
            _like_optax,
            note="optax' smooth=1 is smooth=2 here; of two empty masks smooth=0 gives nan",
        ),
    },
    pitfalls=(
        "Its mean is over rows: the Dice of all pixels of a data set differs.",
        "Keras treats the whole batch as one mask by default: 0.667 where the rows' mean is 0.75.",
        "smooth has three definitions: in both sums, in the denominator only, or halved.",
    ),
    instead_of=(
        Substitute(
            ("fbeta", "specificity", "kappa", "cohen_kappa"),
            "it is a ratio of counts over a whole set",
            "-m f1, precision, recall and mcc are; of rows of pixels -l dice is 1 − F1",
        ),
    ),
)
