"""Triplet margin loss: an anchor, a positive and a negative."""

import math
from typing import Any

from losscli.errors import UsageError
from losscli.losses.catalogue.ranking._vectors import norm_of, norm_slope
from losscli.losses.core.domain import POINTS
from losscli.losses.declare import Array, Convention, Interval, Loss, Namespace, Param, shapes


def _values(
    xp: Namespace, pred: Array, target: None, *, margin: float, p: float, eps: float, swap: bool
) -> Array:
    """The distance of the positive minus that of the negative, plus the margin, at least 0.

    pred is (N, 3, D): anchor, positive and negative stacked; there are no targets; the result is
    (N,), in the unit of the p-norm's distances, and never below 0. eps is added to every coordinate
    of a difference, as torch does. With swap the negative's distance is the smaller of those from
    the anchor and from the positive.

    >>> triplet_margin([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]]).tolist()
    [5.0]
    """
    lengths = norm_of(xp, xp.reshape(_from_anchor(pred, eps), (-1, pred.shape[-1])), p)
    near, far = lengths[::2], lengths[1::2]
    if swap:
        far = xp.minimum(far, norm_of(xp, _across(pred, eps), p))
    return xp.clip((near - far) + margin, 0.0, xp.inf) + 0.0


def _from_anchor(pred: Array, eps: float) -> Array:
    """The differences of anchor and positive, and anchor and negative, plus eps, (N, 2, D)."""
    found = pred[:, :1] - pred[:, 1:]
    return found + eps if eps else found


def _across(pred: Array, eps: float) -> Array:
    """The differences of positive and negative, plus eps, (N, D)."""
    found = pred[:, 1] - pred[:, 2]
    return found + eps if eps else found


def _derivative(
    xp: Namespace, pred: Array, target: None, *, margin: float, p: float, eps: float, swap: bool
) -> Array:
    """The slopes of both distances where the loss is above 0; a zero difference contributes 0."""
    found, crossed = _from_anchor(pred, eps), _across(pred, eps)
    ours, theirs = found[:, 0], found[:, 1]
    values = _values(xp, pred, target, margin=margin, p=p, eps=eps, swap=swap)
    active = (values > 0)[:, None]
    near = xp.where(active, norm_slope(xp, ours, p), 0.0)
    far = xp.where(active, norm_slope(xp, theirs, p), 0.0)
    if not swap:
        return xp.stack((near - far, 0.0 - near, far), axis=1)
    swapped = (norm_of(xp, crossed, p) < norm_of(xp, theirs, p))[:, None]
    across = xp.where(swapped & active, norm_slope(xp, crossed, p), 0.0)
    far = xp.where(swapped, 0.0, far)
    return xp.stack((near - far, 0.0 - near - across, far + across), axis=1)


def _reference(
    mp: Any, pred: Any, target: Any, *, margin: Any, p: Any, eps: Any, swap: bool
) -> Any:
    def distance(a: Any, b: Any) -> Any:
        gaps = [mp.fabs(x - y + eps) for x, y in zip(a, b, strict=True)]
        if mp.isinf(p):
            return max(gaps)
        total = mp.fsum(gap**p for gap in gaps)
        return total ** (1 / p) if total else total

    anchor, positive, negative = pred
    far = distance(anchor, negative)
    if swap:
        far = min(far, distance(positive, negative))
    return max(distance(anchor, positive) - far + margin, mp.mpf(0))


def _like_optax(
    xp: Namespace, pred: Array, target: None, *, margin: float, p: float, eps: float, swap: bool
) -> Array:
    if p != 2.0 or swap:
        raise UsageError(
            "optax has no triplet_margin of p other than 2, nor swap",
            hint="its powers of signed differences are not a distance: omit --like optax",
        )
    found = _from_anchor(pred, 0.0)
    lengths = xp.sqrt(xp.sum(found * found, axis=-1) + eps)
    near, far = lengths[:, 0], lengths[:, 1]
    return xp.clip(near - far + margin, 0.0, xp.inf)


triplet_margin = Loss(
    name="triplet_margin",
    aliases=("triplet",),
    family="ranking",
    formula="max(‖a - b‖ - ‖a - n‖ + margin, 0), where b is the positive and n the negative",
    latex=r"[\lVert a - b \rVert_p - \lVert a - n \rVert_p + m]_+",
    source="Balntas and others, Learning local feature descriptors with triplets, BMVC 2016",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=POINTS,
    target=None,
    rows_of=shapes.THREE_VECTORS,
    # An infinitely far negative gives 0; a length in any other norm is nan then.
    saturates=lambda _, *, p, **__: p in (1.0, math.inf),
    flops=8,
    params=(
        Param("margin", 1.0, Interval(0.0, ends="()"), "the required difference of the distances"),
        Param("p", 2.0, Interval(1.0), "the norm that measures distance, inf too"),
        Param("eps", 0.0, Interval(0.0, ends="[)"), "added to every coordinate of a difference"),
        Param(
            "swap", False, meaning="measure from the nearer of both to the negative", kind="flag"
        ),
    ),
    use="each anchor has a similar and a dissimilar partner, and distances matter",
    avoid="there are many negatives for one positive: use info_nce",
    equivalents={
        "torch": "F.triplet_margin_loss(*pred.unbind(1), margin, p, eps, swap)  # eps is "
        "1e-6 by default",
        "optax": "losses.triplet_margin_loss(a, b, n)  # p = 2 only, eps inside the root",
    },
    like={
        "torch": Convention({"eps": 1e-6}, by_rows=True),
        "optax": Convention(
            {"eps": 1e-6}, _like_optax, note="optax adds 1e-6 inside the root; p = 2 only"
        ),
    },
    pitfalls=(
        "FaceNet's triplet loss squares the distances, so that its margin has another unit.",
        "torch adds 1e-6 to every signed difference: 4.9999996 where this is 5.",
        "optax is incorrect for p other than 2: 0 at p = 1, where the true value is 7.",
    ),
)
