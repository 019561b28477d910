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


def weighted_errors(xp: Namespace, pred: Array, target: Array, alpha: float, beta: float) -> Array:
    """The weighted errors of each mask, alpha Σ p (1 - t) + beta Σ (1 - p) t."""
    return alpha * false_positives(xp, pred, target) + beta * false_positives(xp, target, pred)


def tversky_parts(
    xp: Namespace, pred: Array, target: Array, alpha: float, beta: float, smooth: float
) -> tuple[Array, Array]:
    """The numerator and the denominator of the Tversky loss of each mask."""
    wrong = weighted_errors(xp, pred, target, alpha, beta)
    return wrong, xp.sum(pred * target, axis=-1) + wrong + smooth


def tversky_slopes(
    xp: Namespace, pred: Array, target: Array, alpha: float, beta: float, smooth: float
) -> Array:
    """The slopes of the quotient of these parts; 0 for two empty masks."""
    wrong = weighted_errors(xp, pred, target, alpha, beta)
    shared = xp.sum(pred * target, axis=-1) + smooth
    whole = filled(xp, shared + wrong)[..., None]
    slope = alpha * (1.0 - target) - beta * target
    return (slope * (shared[..., None] / whole) - target * (wrong[..., None] / whole)) / whole


def filled(xp: Namespace, whole: Array) -> Array:
    """The denominators; 1 instead of 0."""
    return xp.where(whole == 0.0, 1.0, whole)


def over_classes(xp: Namespace, values: Array) -> Array:
    """One value per row: the mean over its classes, if it has several masks."""
    return values if values.ndim == 1 else xp.mean(values, axis=-1)


def per_class(slopes: Array) -> Array:
    """The slopes of that mean."""
    return slopes if slopes.ndim == 2 else slopes / slopes.shape[1]
