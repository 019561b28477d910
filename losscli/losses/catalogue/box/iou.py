"""IoU loss of boxes."""

from typing import Any

from losscli.losses.catalogue.box._sides import EPS, areas, axes, iou_slope
from losscli.losses.declare import BOX, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """One minus the intersection of two boxes over their union, in [0, 1].

    pred and target are (N, 4): x1, y1, x2, y2 with x1 <= x2 and y1 <= y2; the result is (N,).
    Boxes that do not overlap cost 1, however far apart. eps is an area, added to the union.

    >>> iou([[0.0, 0.0, 2.0, 1.0], [0.0, 0.0, 1.0, 1.0]], [[0, 0, 1, 1], [2, 2, 3, 3]]).tolist()
    [0.5, 1.0]
    """
    x, y = axes(xp, pred, target)
    return areas(xp, x, y, eps).loss(xp)


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """The slopes of x1, y1, x2, y2; 0 for boxes that do not overlap."""
    x, y = axes(xp, pred, target)
    return xp.stack(iou_slope(xp, x, y, areas(xp, x, y, eps)), axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any) -> Any:
    sides = [
        max(min(pred[k + 2], target[k + 2]) - max(pred[k], target[k]), mp.mpf(0)) for k in (0, 1)
    ]
    both = sides[0] * sides[1]
    total = mp.fsum((box[2] - box[0]) * (box[3] - box[1]) for box in (pred, target))
    return 1 - both / (total - both + eps) if both else mp.mpf(1)


iou = Loss(
    name="iou",
    aliases=("iou_loss",),
    family="box",
    formula="1 - area(p ∩ t) / area(p ∪ t)",
    latex=r"1 - \frac{|p \cap t|}{|p \cup t|}",
    source="Yu and others, UnitBox, ACM Multimedia 2016, which takes its logarithm",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=BOX,
    target=BOX,
    rows_of=shapes.BOXES,
    saturates=True,  # boxes that do not overlap cost 1
    flops=40,
    params=(EPS,),
    use="boxes are judged by their overlap",
    avoid="boxes may be disjoint: its gradient is 0 there, unlike those of giou and diou",
    equivalents={"torch": "1 - torchvision.ops.box_iou(pred, target).diagonal()"},
    pitfalls=(
        "Disjoint boxes have loss 1 and gradient 0: training does not move them.",
        "Boxes as x, y, width, height differ; boxes of whole pixels add 1 to their sides.",
    ),
)
