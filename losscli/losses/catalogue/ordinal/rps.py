"""Ranked probability score of ordered classes."""

import math
from typing import Any

from losscli.losses.declare import INDICES, SIMPLEX, Array, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import columns

_SHORT = 64  # classes whose probabilities are added one by one
_NEARLY_WHOLE = 2.0**-10  # rows within this distance of sum 1 are summed from their other end


def _values(xp: Namespace, pred: Array, target: Array, *, normalise: bool) -> Array:
    """The squared distance between cumulative probabilities and the outcome.

    pred are (N, C) probabilities of classes in their order; target is (N,) class indices; the
    result is (N,), from 0 to C - 1, or to 1 with normalise. An error of two classes has a higher
    loss than an error of one. It is proper: the true distribution has the least expected score.

    >>> rps([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]], [0, 0]).tolist()
    [0.25, 0.5]
    """
    error = _errors(xp, pred, target)
    found = xp.sum(error * error, axis=-1)
    return found / max(1, pred.shape[1] - 1) if normalise else found


def _errors(xp: Namespace, pred: Array, target: Array) -> Array:
    """P_k - 1[y <= k] for k = 0 … C - 2.

    For a row that nearly sums to 1, 1 - P_k is the sum of the later classes plus 1 - Σ p: the
    difference would cancel for P_k near 1.
    """
    before = _running(xp, pred)[:, :-1]
    after = xp.flip(_running(xp, xp.flip(pred[:, 1:], axis=-1)), axis=-1)
    lack = _lack(xp, pred)
    above = -(after + lack[:, None])
    far = xp.abs(lack) >= _NEARLY_WHOLE
    if xp.any(far):
        above = xp.where(far[:, None], before - 1.0, above)
    miss = pred[xp.arange(pred.shape[0]), target] - 1.0
    sure = xp.nonzero((xp.abs(miss) < xp.abs(lack)) & ~far)[0]
    if sure.shape[0]:
        terms = after[sure] + xp.abs(lack[sure])[:, None]
        above[sure] = _through_label(xp, pred[sure], target[sure], above[sure], terms)
    return xp.where(columns(xp, before) >= target[:, None], above, before)


def _through_label(xp: Namespace, pred: Array, target: Array, above: Array, terms: Array) -> Array:
    """P_k - 1 for k >= y, for rows whose label has a probability within 1 - Σ p of 1.

    There p_y - 1 and the other classes up to k may be smaller terms than the later classes and 1 -
    Σ p, which then cancel; `above` is the sum of those and `terms` their size.
    """
    parts = pred + 0.0
    rows = xp.arange(pred.shape[0])
    parts[rows, target] = parts[rows, target] - 1.0
    found = _running(xp, parts)[:, :-1]
    return xp.where(_running(xp, xp.abs(parts))[:, :-1] < terms, found, above)


def _running(xp: Namespace, x: Array) -> Array:
    """The cumulative sums of each row; for long rows in parts, so that few roundings accumulate."""
    count = x.shape[-1]
    if count <= _SHORT:
        return xp.cumulative_sum(x, axis=-1)
    width = math.isqrt(count - 1) + 1
    rest = xp.zeros_like(x[:, : -count % width])
    parts = xp.reshape(xp.concat([x, rest], axis=-1), (x.shape[0], -1, width))
    found = xp.cumulative_sum(parts, axis=-1)
    found[:, 1:, :] += xp.cumulative_sum(found[:, :-1, -1], axis=-1)[:, :, None]
    return xp.reshape(found, (x.shape[0], -1))[:, :count]


def _lack(xp: Namespace, pred: Array) -> Array:
    """1 - Σ p of each row as if summed exactly, where that sum is near 1.

    Adding 1.5 rounds every p to a multiple of eps, whose sums below 2 are exact; the remainders are
    so small that the rounding of their sum does not matter.
    """
    coarse = (pred + 1.5) - 1.5
    return (1.0 - xp.sum(coarse, axis=-1)) - xp.sum(pred - coarse, axis=-1)


def _derivative(xp: Namespace, pred: Array, target: Array, *, normalise: bool) -> Array:
    """2 Σ_{k >= j} (P_k - 1[y <= k]) for class j, and 0 for the last one."""
    error = _errors(xp, pred, target)
    slopes = 2.0 * xp.flip(_running(xp, xp.flip(error, axis=-1)), axis=-1)
    if normalise:
        slopes = slopes / max(1, pred.shape[1] - 1)
    return xp.concat([slopes, xp.zeros_like(pred[:, :1])], axis=1)


def _reference(mp: Any, pred: Any, target: int, *, normalise: bool) -> Any:
    sums = [mp.fsum(pred[: k + 1]) - (target <= k) for k in range(len(pred) - 1)]
    found = mp.fsum(x**2 for x in sums)
    return found / max(1, len(pred) - 1) if normalise else found


rps = Loss(
    name="rps",
    aliases=("ranked_probability_score",),
    family="ordinal",
    formula="Σ_{k < C - 1} (P_k - 1[y <= k])², where P_k = p_0 + ... + p_k",
    latex=r"\sum_{k=0}^{C-2} (P_k - \mathbf{1}[y \le k])^2",
    source="Epstein, A scoring system for probability forecasts of ranked categories, 1969",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=INDICES,
    rows_of=shapes.LABELLED,
    flops=20,
    params=(Param("normalise", False, meaning="whether it is divided by C - 1", kind="flag"),),
    use="classes are ordered, and an error of one class should have a lower loss than one of three",
    avoid="classes are not ordered: use multiclass_brier or log_loss",
    equivalents={
        "torch": "((pred.cumsum(1) - (torch.arange(pred.shape[1]).to(target) >= target[:, None])"
        ".to(pred))**2)"
        "[:, :-1].sum(1)"
    },
    pitfalls=(
        "For two classes it is brier, half of multiclass_brier.",
        "Some packages divide by C - 1: normalise=true.",
    ),
)
