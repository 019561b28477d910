"""The Lovász extension of the Jaccard loss of one mask, from the errors of its pixels."""

from collections.abc import Sequence
from typing import Any

from losscli.losses.catalogue.segmentation._overlap import filled
from losscli.losses.declare import Array, Namespace


def extension(xp: Namespace, errors: Array, target: Array) -> Array:
    """Σ errors >= 0, in descending order, times the growth of the Jaccard loss by each pixel."""
    order = descending(xp, errors)
    growth = _growth(xp, xp.take_along_axis(target, order, axis=-1))
    return xp.sum(xp.take_along_axis(errors, order, axis=-1) * growth, axis=-1)


def weights(xp: Namespace, errors: Array, target: Array) -> Array:
    """The growth of the Jaccard loss by each pixel, in the order of the pixels."""
    order = descending(xp, errors)
    growth = _growth(xp, xp.take_along_axis(target, order, axis=-1))
    return xp.take_along_axis(growth, xp.argsort(order, axis=-1, stable=True), axis=-1)


def descending(xp: Namespace, errors: Array) -> Array:
    """The order of the errors, the largest first; equal ones in the order of the pixels."""
    return xp.argsort(-errors, axis=-1, stable=True)


def _growth(xp: Namespace, target: Array) -> Array:
    """The growth of the Jaccard loss as one pixel after the other is predicted incorrectly.

    Quotients of whole numbers: differences of the Jaccard losses would cancel.
    """
    objects = xp.sum(target, axis=-1)[..., None]
    background = 1.0 - target
    union = objects + xp.cumulative_sum(background, axis=-1)
    found = objects - xp.cumulative_sum(target, axis=-1)
    of_background = found / (union * filled(xp, union - background))
    # Without an object the first pixel takes the loss from 0 to 1.
    of_background = xp.where(union == background, background, of_background)
    return target / union + background * of_background


def reference(mp: Any, errors: Sequence[Any], target: Sequence[Any]) -> Any:
    """The plain form: differences of the Jaccard losses of growing sets of incorrect pixels."""
    order = sorted(range(len(errors)), key=lambda k: -errors[k])
    objects = sum(1 for t in target if t)
    found, union, before, total = objects, objects, mp.mpf(0), mp.mpf(0)
    for k in order:
        found, union = (found - 1, union) if target[k] else (found, union + 1)
        loss = 1 - mp.mpf(found) / union
        total += errors[k] * (loss - before)
        before = loss
    return total
