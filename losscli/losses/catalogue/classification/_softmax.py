"""-log s_y and 1 - s_y of softmax rows and their labels, accurate for confident rows too."""

from losscli.losses.core.loss import Array, Namespace
from losscli.losses.math.stable import label_exponentials, share, shifted_exps


def label_miss(xp: Namespace, pred: Array, target: Array) -> tuple[Array, Array]:
    """-log s_y and 1 - s_y of each row, from the odds against the label."""
    rest, own, against, unsafe = label_exponentials(xp, pred, target)
    nll, miss = xp.log1p(against), rest / (rest + own)
    if unsafe.shape[0]:
        nll[unsafe], miss[unsafe], _, _ = shifted_miss(xp, pred[unsafe], target[unsafe])
    return nll, miss


def shifted_miss(xp: Namespace, pred: Array, target: Array) -> tuple[Array, Array, Array, Array]:
    """-log s_y and 1 - s_y of each row, exp(z_c - max z) of the other classes, and their sum.

    1 - s_y is the sum of the other classes: a power multiplies its relative error by gamma, and a
    difference would cancel for correct rows.
    """
    rows = xp.arange(pred.shape[0])
    exps, top = shifted_exps(xp, pred)
    others, losers = exps + 0.0, exps + 0.0
    others[rows, target] = 0.0
    losers[rows, top] = 0.0
    rest = xp.sum(others, axis=-1)
    nll = (pred[rows, top] - pred[rows, target]) + xp.log1p(xp.sum(losers, axis=-1))
    return nll, rest / (rest + exps[rows, target]), others, rest


def over_others(xp: Namespace, whole: Array, target: Array, others: Array, rest: Array) -> Array:
    """The slopes of a row that sum to 0: `whole` by the softmax of the others, -whole of the label.

    A whole of 0 gives slopes of 0, whatever the others are.
    """
    gradient = share(xp, whole[:, None], others / rest[:, None])
    gradient[xp.arange(target.shape[0]), target] = 0.0 - whole
    return gradient
