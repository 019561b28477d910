"""Lovász hinge: a convex surrogate of the Jaccard loss of a mask, from scores."""

from typing import Any

from losscli.losses.catalogue.segmentation._lovasz import extension, reference, weights
from losscli.losses.catalogue.segmentation._overlap import over_classes, per_class
from losscli.losses.declare import BINARY, SCORE, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The hinge losses of all pixels, sorted, times the growth of the Jaccard loss by each.

    pred are scores of pixels, positive for the object; target is 0 or 1; both are (N, D) or
    (N, C, D) with D pixels. The result is (N,), for several masks their mean. For scores of -1 and
    1 it is twice the Jaccard loss. In a mask without an object the largest hinge loss counts.

    >>> lovasz_hinge([[2.0, 0.5, -1.0, 0.0]], [[1, 1, 0, 0]]).tolist()  # 1 / 3 + 0.5 / 3
    [0.5]
    """
    return over_classes(xp, extension(xp, _hinges(xp, pred, target), target))


def _hinges(xp: Namespace, pred: Array, target: Array) -> Array:
    return xp.clip(1.0 - pred * (2.0 * target - 1.0), 0.0, xp.inf)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """-y times the growth of the Jaccard loss by the pixel, 0 at the margin and beyond."""
    hinges = _hinges(xp, pred, target)
    inside = xp.astype(hinges > 0.0, pred.dtype)
    return per_class((1.0 - 2.0 * target) * inside * weights(xp, hinges, target)) + 0.0


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    if isinstance(pred[0], list):
        masks = zip(pred, target, strict=True)
        return mp.fsum(_reference(mp, p, t) for p, t in masks) / len(pred)
    pixels = zip(pred, target, strict=True)
    return reference(mp, [max(1 - (z if t else -z), mp.mpf(0)) for z, t in pixels], target)


lovasz_hinge = Loss(
    name="lovasz_hinge",
    family="segmentation",
    formula="Σ_k max(0, 1 - y z)_(k) (J_k - J_(k-1)), hinge losses in descending order, J_k the "
    "Jaccard loss if the first k pixels are incorrect",
    latex=r"\sum_k [1 - y z]_{+, (k)} \, (J_k - J_{k-1})",
    source="Yu and Blaschko, Learning submodular losses with the Lovász hinge, ICML 2015; Berman, "
    "Triki and Blaschko, The Lovász-softmax loss, CVPR 2018",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=BINARY,
    rows_of=shapes.MASKS,
    saturates=True,  # beyond the margin the loss is 0
    flops=20,
    use="masks of one object are evaluated by intersection over union",
    avoid="probabilities are needed, or masks may be empty: use bce_with_logits",
    equivalents={
        "segmentation_models_pytorch": "losses.LovaszLoss('binary', per_image=True)(pred, target)",
    },
    pitfalls=(
        "Its mean is over rows: the authors' code treats a batch as one image by default.",
        "In a mask without an object only the pixel of the largest error has a slope.",
        "Where errors are equal, the slopes depend on the order of the pixels.",
    ),
)
