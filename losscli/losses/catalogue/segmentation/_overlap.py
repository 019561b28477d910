"""Ratios of what two masks share, which are losses of 1 minus such a ratio."""

from losscli.errors import UsageError
from losscli.losses.core.domain import Interval, Numbers
from losscli.losses.core.loss import Array, Namespace, Param

MASK = Numbers("probabilities in [0, 1]", "of logits take the sigmoid first", Interval(0.0, 1.0))
SOFT_MASK = Numbers("targets in [0, 1]", "", Interval(0.0, 1.0), (0.0, 1.0))
SMOOTH = Param("smooth", 0.0, Interval(0.0, ends="[)"), "added to both sides of the ratio")


def false_alarms(xp: Namespace, pred: Array, target: Array) -> Array:
    """Σ p (1 - t) of each mask; with masks and targets swapped, the misses."""
    return xp.sum(pred * (1.0 - target), axis=-1)


def as_keras_has_it(smooth: float) -> None:
    """Raise UsageError for what Keras could not be told."""
    if smooth:
        raise UsageError(
            f"Keras has no smooth; {smooth:g} was asked for", hint="leave it or --like keras out"
        )


def ratio(xp: Namespace, part: Array, whole: Array) -> Array:
    """Part / whole, and 0 where both masks are empty: nothing to find, and nothing found."""
    return part / filled(xp, whole)


def filled(xp: Namespace, whole: Array) -> Array:
    """The sums that a ratio divides by; 1 where there is nothing."""
    return xp.where(whole == 0.0, 1.0, whole)


def over_classes(xp: Namespace, values: Array) -> Array:
    """One value a row: the mean over its classes, where there are several masks a row."""
    return values if values.ndim == 1 else xp.mean(values, axis=-1)


def per_class(slopes: Array) -> Array:
    """Slopes of that mean."""
    return slopes if slopes.ndim == 2 else slopes / slopes.shape[1]
