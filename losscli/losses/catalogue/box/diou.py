"""Distance-IoU loss of boxes."""

from typing import Any

from losscli.losses.catalogue.box._sides import EPS, Axis, areas, axes, centres, iou_slope
from losscli.losses.catalogue.box.iou import iou
from losscli.losses.declare import BOX, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The IoU loss, plus the squared distance of the centres over the squared diagonal around both.

    pred and target are (N, 4): x1, y1, x2, y2 with x1 <= x2 and y1 <= y2; the result is (N,), in
    [0, 2]. eps is an area, added to both denominators.

    >>> diou([[0.0, 0.0, 1.0, 1.0]], [[2, 2, 3, 3]]).round(6).tolist()
    [1.444444]
    """
    x, y = axes(xp, pred, target)
    return areas(xp, x, y, eps).loss(xp) + apart(xp, x, y, eps)


def apart(xp: Namespace, x: Axis, y: Axis, eps: float) -> Array:
    """The squared distance of the centres over the squared diagonal around both boxes."""
    dx, dy, diagonal, _ = centres(xp, x, y, eps)
    return (dx * dx + dy * dy) / diagonal


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The gradient of iou plus ((ρ²)' - (ρ² / c²) (c²)') / c² of centres ρ and diagonal c."""
    x, y = axes(xp, pred, target)
    overlaps = iou_slope(xp, x, y, areas(xp, x, y, eps))
    return xp.stack(
        [a + b for a, b in zip(overlaps, apart_slope(xp, x, y, eps), strict=True)], axis=1
    )


def apart_slope(xp: Namespace, x: Axis, y: Axis, eps: float) -> tuple[Array, Array, Array, Array]:
    """The gradient of `apart` with respect to x1, y1, x2, y2 of pred."""
    dx, dy, diagonal, unit = centres(xp, x, y, eps)
    share = (dx * dx + dy * dy) / diagonal
    ends = []
    for a, d in ((x, dx), (y, dy)):
        wider = 2.0 * share * (a.around / unit)
        lower = (d + xp.where(a.low < 0.0, wider, 0.0)) / diagonal / unit
        upper = (d - xp.where(a.high > 0.0, wider, 0.0)) / diagonal / unit
        ends.append((lower, upper))
    (x1, x2), (y1, y2) = ends
    return x1, y1, x2, y2


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any) -> Any:
    value = iou.reference(mp, pred, target, eps=eps)
    boxes = (pred, target)
    sides = [max(b[k + 2] for b in boxes) - min(b[k] for b in boxes) for k in (0, 1)]
    gaps = [(pred[k] + pred[k + 2] - target[k] - target[k + 2]) / 2 for k in (0, 1)]
    diagonal = sides[0] ** 2 + sides[1] ** 2
    return value + (gaps[0] ** 2 + gaps[1] ** 2) / (diagonal + eps) if diagonal else value


diou = Loss(
    name="diou",
    family="box",
    formula="iou + ρ² / c², where ρ is the distance of the centres and c the diagonal around both",
    latex=r"1 - \frac{I}{U} + \frac{\rho^2}{c^2}",
    source="Zheng and others, Distance-IoU loss, AAAI 2020",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=BOX,
    target=BOX,
    rows_of=shapes.BOXES,
    saturates=True,  # boxes that do not overlap cost 1
    flops=48,
    params=(EPS,),
    use="boxes may be disjoint, or one inside the other, and centres must meet",
    avoid="aspect ratios matter in addition to the overlap: use ciou",
    equivalents={
        "torch": "torchvision.ops.distance_box_iou_loss(pred, target)  # eps is 1e-7 there",
    },
    pitfalls=("Its range is [0, 2]: 1 is not the worst.",),
)
