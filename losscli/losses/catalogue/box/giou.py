"""Generalised IoU loss of boxes."""

from typing import Any

from losscli.losses.catalogue.box._sides import EPS, Areas, Axis, areas, axes, iou_slope
from losscli.losses.catalogue.box.iou import iou
from losscli.losses.declare import BOX, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The IoU loss, plus the share of the box around both that neither covers, in [0, 2].

    pred and target are (N, 4): x1, y1, x2, y2 with x1 <= x2 and y1 <= y2; the result is (N,). eps
    is an area, added to both denominators.

    >>> giou([[0.0, 0.0, 1.0, 1.0]], [[0, 1, 1, 2]]).tolist()
    [1.0]
    """
    x, y = axes(xp, pred, target)
    found = areas(xp, x, y, eps)
    return found.loss(xp) + _empty(xp, x, y, found) / (1.0 + found.eps)


def _empty(xp: Namespace, x: Axis, y: Axis, found: Areas) -> Array:
    """The area in the box around both that neither covers, where that box has area 1.

    Of boxes that overlap it lies in two corners; a gap counts in full.
    """
    corners = x.ours_alone * y.theirs_alone + x.theirs_alone * y.ours_alone
    gaps = x.both * y.both
    return corners - xp.astype(~found.overlap, gaps.dtype) * gaps


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The gradient of iou plus (E' U - U' E) / E² of the box E around both."""
    x, y = axes(xp, pred, target)
    found = areas(xp, x, y, eps)
    overlaps = iou_slope(xp, x, y, found)
    covered = xp.where(
        found.overlap, found.alone + found.both, x.ours * y.ours + x.theirs * y.theirs
    )
    first, second = (_ends(xp, a, b, found, covered) for a, b in ((x, y), (y, x)))
    wider = (first[0], second[0], first[1], second[1])
    return xp.stack([a + b for a, b in zip(overlaps, wider, strict=True)], axis=1)


def _ends(xp: Namespace, a: Axis, b: Axis, found: Areas, covered: Array) -> tuple[Array, Array]:
    """Slopes of the uncovered share with respect to the lower and the upper end on axis `a`."""
    flat = (a.around == 0.0) | (b.around == 0.0)
    whole = 1.0 + found.eps
    outside = ((covered + found.eps) - b.ours * whole) / whole / whole / a.unit
    # Inside the target's range moving an end changes the union, not the box around both.
    inside = -xp.where(found.overlap, b.ours_alone, b.ours) / whole / a.unit
    outside, inside = (xp.where(flat, 0.0, slope) for slope in (outside, inside))
    return 0.0 - xp.where(a.low < 0.0, outside, inside), xp.where(a.high > 0.0, outside, inside)


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any) -> Any:
    value = iou.reference(mp, pred, target, eps=eps)
    boxes = (pred, target)
    sides = [max(b[k + 2] for b in boxes) - min(b[k] for b in boxes) for k in (0, 1)]
    shared = [min(b[k + 2] for b in boxes) - max(b[k] for b in boxes) for k in (0, 1)]
    both = shared[0] * shared[1] if min(shared) > 0 else mp.mpf(0)
    union = mp.fsum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes) - both
    around = sides[0] * sides[1]
    return value + (around - union) / (around + eps) if around else value


giou = Loss(
    name="giou",
    family="box",
    formula="iou + (E - U) / E, where U is the union and E the box around both",
    latex=r"1 - \frac{I}{U} + \frac{E - U}{E}",
    source="Rezatofighi and others, Generalized intersection over union, CVPR 2019",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=BOX,
    target=BOX,
    rows_of=shapes.BOXES,
    saturates=True,  # boxes that do not overlap cost 1
    flops=46,
    params=(EPS,),
    use="boxes may be disjoint, and their gradient must not vanish then",
    avoid="one box often contains the other: it equals iou then, while diou still moves the "
    "centres",
    equivalents={
        "torch": "torchvision.ops.generalized_box_iou_loss(pred, target)  # eps is 1e-7 there",
    },
    pitfalls=(
        "Its range is [0, 2]: 1 is not the worst.",
        "torchvision's eps of 1e-7 is an area: it affects boxes in units of the image.",
    ),
)
