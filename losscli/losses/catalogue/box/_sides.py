"""Two boxes in units of the box around both: sides, overlaps, overhangs, without cancellation."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from losscli.losses.declare import Array, Interval, Namespace, Param

EPS = Param("eps", 0.0, Interval(0.0, ends="[)"), "added to the areas that are divided by")

_VAST = 1e300


class Axis(NamedTuple):
    """One axis of two boxes, in units of the interval around both.

    ours, theirs: the sides. both: their overlap, negative for a gap between them. ours_alone,
    theirs_alone: the length of the interval around both minus the other's side. low, high: pred's
    ends minus target's, and around: the interval, in the unit of the boxes. unit: the divisor; 1
    for an interval of length 0.
    """

    ours: Array
    theirs: Array
    both: Array
    ours_alone: Array
    theirs_alone: Array
    low: Array
    high: Array
    around: Array
    unit: Array


def axes(xp: Namespace, pred: Array, target: Array) -> tuple[Axis, Axis]:
    """The two axes of boxes (N, 4): x1, y1, x2, y2."""
    # Each column is read many times: a contiguous copy is faster.
    ours, theirs = ([boxes[:, k] + 0.0 for k in range(4)] for boxes in (pred, target))
    return _axis(xp, ours[::2], theirs[::2]), _axis(xp, ours[1::2], theirs[1::2])


def _axis(xp: Namespace, pred: Sequence[Array], target: Sequence[Array]) -> Axis:
    (p1, p2), (t1, t2) = pred, target
    low, high = p1 - t1, p2 - t2
    start, end = xp.minimum(p1, t1), xp.maximum(p2, t2)
    around = end - start
    unit = xp.where(around == 0.0, 1.0, around)
    return Axis(
        (p2 - p1) / unit,
        (t2 - t1) / unit,
        (xp.minimum(p2, t2) - xp.maximum(p1, t1)) / unit,
        ((end - t2) + (t1 - start)) / unit,
        ((end - p2) + (p1 - start)) / unit,
        low,
        high,
        around,
        unit,
    )


class Areas(NamedTuple):
    """Areas of two boxes: covered by one only, covered by both, and eps in their unit."""

    alone: Array
    both: Array
    overlap: Array
    eps: Array | float

    def loss(self, xp: Namespace) -> Array:
        """1 - intersection / union; 1 without an overlap."""
        # Products instead of a choice: which boxes overlap is unpredictable for the processor.
        counts = xp.astype(self.overlap, self.alone.dtype)
        alone = counts * (self.alone + self.eps) + (1.0 - counts)
        return alone / (alone + counts * self.both)


def areas(xp: Namespace, x: Axis, y: Axis, eps: float) -> Areas:
    """The areas of an overlap and of the rest; undefined without an overlap."""
    overlap = (x.both > 0.0) & (y.both > 0.0)
    alone = (
        x.ours_alone * y.ours
        + x.both * y.ours_alone
        + (x.theirs_alone * y.theirs + x.both * y.theirs_alone)
    )
    both = x.both * y.both
    return Areas(alone, both, overlap, _in_units(xp, eps, x.unit, y.unit))


def iou_slope(xp: Namespace, x: Axis, y: Axis, found: Areas) -> tuple[Array, Array, Array, Array]:
    """The gradient of 1 - intersection / union with respect to x1, y1, x2, y2 of pred."""
    whole = xp.where(found.overlap, found.alone + found.both + found.eps, 1.0)
    sides = [_ends(xp, a, b, found, whole) for a, b in ((x, y), (y, x))]
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def _ends(xp: Namespace, a: Axis, b: Axis, found: Areas, whole: Array) -> tuple[Array, Array]:
    """The slopes of the lower and the upper end on axis `a`.

    Moving an end inside the target changes the intersection, outside it the union.
    """
    inside = -b.both * ((a.theirs * b.theirs + a.ours_alone * b.ours) + found.eps)
    beyond = found.both * b.ours
    inside = xp.where(found.overlap, inside / whole / whole / a.unit, 0.0)
    beyond = xp.where(found.overlap, beyond / whole / whole / a.unit, 0.0)
    return (
        0.0 - xp.where(a.low > 0.0, inside, beyond),
        xp.where(a.high < 0.0, inside, beyond),
    )


def centres(xp: Namespace, x: Axis, y: Axis, eps: float) -> tuple[Array, Array, Array, Any]:
    """Differences of centres on both axes, and the squared diagonal around both with eps.

    In units of the longer side around both; that unit is the last. The diagonal is 1 where it is 0.
    """
    unit = xp.maximum(x.around, y.around)
    unit = xp.where(unit == 0.0, 1.0, unit)
    dx, dy = (0.5 * (a.low / unit + a.high / unit) for a in (x, y))
    diagonal = (x.around / unit) ** 2 + (y.around / unit) ** 2 + _in_units(xp, eps, unit, unit)
    return dx, dy, xp.where(diagonal == 0.0, 1.0, diagonal), unit


def _in_units(xp: Namespace, eps: float, width: Array, height: Array) -> Array | float:
    """The area eps in units of another area; finite, so that no quotient is nan."""
    return xp.clip(eps / width / height, 0.0, _VAST) if eps else 0.0
