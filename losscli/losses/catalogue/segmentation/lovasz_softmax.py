"""Lovász-softmax loss: a surrogate of the Jaccard loss of each class, from probabilities."""

from typing import Any

from losscli.losses.catalogue.segmentation._lovasz import extension, reference, weights
from losscli.losses.catalogue.segmentation._overlap import MASK, filled
from losscli.losses.declare import BINARY, Array, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, classes: str) -> Array:
    """The errors |t - p| of all pixels, sorted, times the growth of the Jaccard loss by each.

    pred and target are (N, C, D), the probabilities of C classes at D pixels and masks of 0 or 1,
    or (N, D) for one class; the result is (N,), in [0, 1]. With classes=present it is the mean over
    the classes that have a pixel in the row, 0 if none has; with all over all of them. For hard
    predictions it is the Jaccard loss.

    >>> lovasz_softmax([[0.75, 0.5, 0.0, 0.25]], [[1, 1, 0, 0]]).tolist()  # 0.5 / 2 + 0.25 / 2
    [0.375]
    """
    found = extension(xp, _errors(pred, target), target)
    if found.ndim == 1:
        return found
    return xp.sum(found * _shares(xp, target, classes), axis=-1)


def _errors(pred: Array, target: Array) -> Array:
    return target * (1.0 - pred) + (1.0 - target) * pred


def _shares(xp: Namespace, target: Array, classes: str) -> Array:
    """The weight of each class in the mean of the row."""
    counted = xp.astype(xp.any(target > 0.0, axis=-1), target.dtype)
    if classes == "all":
        counted = xp.ones_like(counted)
    return counted / filled(xp, xp.sum(counted, axis=-1))[:, None]


def _derivative(xp: Namespace, pred: Array, target: Array, *, classes: str) -> Array:
    """1 - 2t times the growth of the Jaccard loss by the pixel, times the weight of the class."""
    slopes = (1.0 - 2.0 * target) * weights(xp, _errors(pred, target), target)
    if pred.ndim == 2:
        return slopes
    return slopes * _shares(xp, target, classes)[..., None]


def _reference(mp: Any, pred: Any, target: Any, *, classes: str) -> Any:
    if isinstance(pred[0], list):
        masks = [m for m in zip(pred, target, strict=True) if classes == "all" or any(m[1])]
        whole = mp.fsum(_reference(mp, p, t, classes=classes) for p, t in masks)
        return whole / max(len(masks), 1)
    return reference(mp, [1 - p if t else p for p, t in zip(pred, target, strict=True)], target)


lovasz_softmax = Loss(
    name="lovasz_softmax",
    aliases=("lovasz_sigmoid",),
    family="segmentation",
    formula="mean over classes of Σ_k |t - p|_(k) (J_k - J_(k-1)), the errors in descending order, "
    "J_k the Jaccard loss if the first k pixels are incorrect",
    latex=r"\frac{1}{|C|} \sum_c \sum_k |t_c - p_c|_{(k)} \, (J_k - J_{k-1})",
    source="Berman, Triki and Blaschko, The Lovász-softmax loss, CVPR 2018",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=MASK,
    target=BINARY,
    rows_of=shapes.MASKS,
    saturates=True,  # a class that is not present hides its probabilities
    flops=20,
    params=(
        Param(
            "classes",
            "present",
            meaning="the classes of the mean: those with a pixel in the row, or all",
            kind="word",
            words=("present", "all"),
        ),
    ),
    use="segmentations are evaluated by the mean intersection over union of their classes",
    avoid="pixels of a batch are one set: its rows are images, and a mean of images differs",
    equivalents={
        "segmentation_models_pytorch": "losses.LovaszLoss('multiclass', per_image=True, "
        "from_logits=False)(pred, label)",
    },
    pitfalls=(
        "It takes probabilities: apply the softmax over classes, or the sigmoid, first.",
        "Targets are one mask per class, not one label per pixel.",
        "The authors' code treats a batch as one image by default; here each row is one.",
        "With classes=present, predicted pixels of a class that the image lacks are ignored.",
    ),
)
