"""Common parts of losses of a margin: a score z, a label y of -1 or 1, and the margin y z."""

from losscli.losses.core.loss import Array, Namespace


def margin_of(xp: Namespace, pred: Array, target: Array) -> Array:
    """The margin y z of a score; labels of 1 are positive, 0 and -1 negative."""
    return pred * side(xp, target)


def side(xp: Namespace, target: Array) -> Array:
    """The y of labels: 1 for a label of 1, -1 for 0 and -1."""
    return xp.clip(2.0 * target - 1.0, -1.0, 1.0)


def slope_within(xp: Namespace, pred: Array, target: Array, margin: float) -> Array:
    """The slope of a hinge: -y below the margin, 0 at it and above."""
    y = side(xp, target)
    return (pred * y < margin) * -y + 0.0
