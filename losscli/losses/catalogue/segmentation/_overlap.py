"""Ratios of overlaps of two masks, for losses that are 1 minus such a ratio."""

from losscli.errors import UsageError
from losscli.losses.declare import Array, Interval, Namespace, Numbers, Param

MASK = Numbers("probabilities in [0, 1]", "for logits, apply the sigmoid first", Interval(0.0, 1.0))
SOFT_MASK = Numbers("targets in [0, 1]", "", Interval(0.0, 1.0), (0.0, 1.0))
SMOOTH = Param("smooth", 0.0, Interval(0.0, ends="[)"), "added to numerator and denominator")


def false_positives(xp: Namespace, pred: Array, target: Array) -> Array:
    """Σ p (1 - t) of each mask; with masks and targets swapped, the false negatives."""
    return xp.sum(pred * (1.0 - target), axis=-1)


def check_smooth_of_keras(smooth: float) -> None:
    """Raise UsageError for a parameter that Keras does not have."""
    if smooth:
        raise UsageError(
            f"Keras has no smooth; {smooth:g} was given", hint="omit it, or omit --like keras"
        )


def ratio(xp: Namespace, part: Array, whole: Array) -> Array:
    """Part / whole, and 0 if both masks are empty."""
    return part / filled(xp, whole)


def filled(xp: Namespace, whole: Array) -> Array:
    """The denominators; 1 instead of 0."""
    return xp.where(whole == 0.0, 1.0, whole)


def over_classes(xp: Namespace, values: Array) -> Array:
    """One value per row: the mean over its classes, if it has several masks."""
    return values if values.ndim == 1 else xp.mean(values, axis=-1)


def per_class(slopes: Array) -> Array:
    """The slopes of that mean."""
    return slopes if slopes.ndim == 2 else slopes / slopes.shape[1]
