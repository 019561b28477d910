"""Complete-IoU loss of boxes."""

import math
from typing import Any

from losscli.losses.catalogue.box._sides import EPS, areas, axes, iou_slope
from losscli.losses.catalogue.box.diou import apart, apart_slope, diou
from losscli.losses.catalogue.box.iou import iou
from losscli.losses.declare import BOX, Array, Loss, Namespace, shapes

_TURN = 4.0 / math.pi**2


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The DIoU loss, plus a penalty a·v for different aspect ratios.

    v is (4 / π²) (atan(w_t / h_t) - atan(w_p / h_p))², and a = v / (iou + v) with the IoU loss.
    pred and target are (N, 4): x1, y1, x2, y2 with x1 <= x2 and y1 <= y2; the result is (N,). eps
    is an area, added to both denominators, and to that of a.

    >>> ciou([[0.0, 0.0, 2.0, 1.0]], [[0, 0, 1, 2]]).round(6).tolist()
    [0.762918]
    """
    x, y = axes(xp, pred, target)
    overlap = areas(xp, x, y, eps).loss(xp)
    turn, _, _ = _turn(xp, pred, target)
    v = _TURN * turn * turn
    return (overlap + apart(xp, x, y, eps)) + _price(xp, v, overlap, eps) * v


def _turn(xp: Namespace, pred: Array, target: Array) -> tuple[Array, Array, Array]:
    """atan(w_t / h_t) - atan(w_p / h_p), and its slopes with respect to w_p and h_p.

    Computed as the angle between the two diagonals, without cancellation.
    """
    (w, h), size = _shape(xp, pred)
    (w_t, h_t), _ = _shape(xp, target)
    square = w * w + h * h
    square = xp.where(square == 0.0, 1.0, square)
    return (
        xp.atan2(w_t * h - w * h_t, h_t * h + w_t * w),
        -h / square / size,
        w / square / size,
    )


def _shape(xp: Namespace, box: Array) -> tuple[tuple[Array, Array], Array]:
    """Width and height in units of the longer, and that unit; (0, 0) for a point."""
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    size = xp.maximum(width, height)
    size = xp.where(size == 0.0, 1.0, size)
    return (width / size, height / size), size


def _price(xp: Namespace, v: Array, overlap: Array, eps: float) -> Array:
    whole = overlap + v + eps
    return v / xp.where(whole == 0.0, 1.0, whole)


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The gradient of diou plus a v', with constant a, as in the paper and in torchvision."""
    x, y = axes(xp, pred, target)
    found = areas(xp, x, y, eps)
    turn, by_width, by_height = _turn(xp, pred, target)
    overlap = found.loss(xp)
    factor = _price(xp, _TURN * turn * turn, overlap, eps) * (2.0 * _TURN * turn)
    wide, high = factor * by_width, factor * by_height
    parts = zip(
        iou_slope(xp, x, y, found),
        apart_slope(xp, x, y, eps),
        (-wide, -high, wide, high),
        strict=True,
    )
    return xp.stack([(a + b) + c for a, b, c in parts], axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any) -> Any:
    value = diou.reference(mp, pred, target, eps=eps)
    sides = [(b[2] - b[0], b[3] - b[1]) for b in (target, pred)]
    if not all(any(pair) for pair in sides):
        return value
    turn = mp.atan2(*sides[0]) - mp.atan2(*sides[1])
    v = 4 / mp.pi**2 * turn**2
    return value + v**2 / (iou.reference(mp, pred, target, eps=eps) + v + eps) if v else value


ciou = Loss(
    name="ciou",
    family="box",
    formula="diou + a v, v = (4 / π²) (atan(w_t / h_t) - atan(w_p / h_p))², a = v / (iou + v)",
    latex=r"1 - \frac{I}{U} + \frac{\rho^2}{c^2} + a v",
    source="Zheng and others, Distance-IoU loss, AAAI 2020",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=BOX,
    target=BOX,
    rows_of=shapes.BOXES,
    saturates=True,  # boxes that do not overlap cost 1
    flops=70,
    params=(EPS,),
    use="boxes must match in overlap, centre and aspect ratio",
    avoid="aspect ratios do not matter: diou is simpler and has a true gradient",
    equivalents={
        "torch": "torchvision.ops.complete_box_iou_loss(pred, target)  # eps is 1e-7 there",
    },
    pitfalls=(
        "Its gradient treats a as constant by design: finite differences of the value disagree.",
        "Two boxes of the same aspect ratio have no such penalty, whatever their sizes.",
    ),
)
