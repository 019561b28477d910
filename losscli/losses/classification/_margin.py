"""What losses of a margin share: a score z, a side y of -1 or 1, and the margin y z."""

from losscli.losses.loss import Array, Namespace


def margin_of(xp: Namespace, pred: Array, target: Array) -> Array:
    """How far a score lies on its label's side, y z; 1 is one side, 0 and -1 are the other."""
    return side(xp, target) * pred  # faster than a choice by labels in no order


def side(xp: Namespace, target: Array) -> Array:
    """The y of labels: 1 for positive labels, -1 for others."""
    return 2.0 * xp.astype(target > 0, target.dtype) - 1.0
