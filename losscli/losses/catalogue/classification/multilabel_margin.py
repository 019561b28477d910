"""Multilabel margin loss: every present label should lead every absent one."""

from dataclasses import replace
from typing import Any

from losscli.losses.declare import BINARY, SCORE, Array, Convention, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The sum of max(0, 1 - z_present + z_absent) over all pairs of labels, divided by C.

    pred are (N, C) scores, target is (N, C) of 0 and 1; the result is (N,). Rows without present or
    without absent labels have loss 0.

    >>> multilabel_margin([[0.1, 0.2, 0.4, 0.8]], [[1, 0, 0, 1]]).round(4).tolist()
    [0.85]
    """
    classes = pred.shape[1]
    # A power of two does not round, and keeps the differences and sums of scores finite.
    scale = 2.0 ** -classes.bit_length()
    reach = scale * (pred - target)
    order = xp.argsort(-reach, axis=-1)
    rows = xp.arange(pred.shape[0])[:, None]
    reach, right = reach[rows, order], target[rows, order]
    # From one label down to the next, every absent one above gets nearer by their difference:
    # sums of terms >= 0, where differences of running sums would cancel.
    wrong_above = xp.cumulative_sum(1.0 - right[:, :-1], axis=-1)
    steps = wrong_above * (reach[:, :-1] - reach[:, 1:])
    overlap = xp.cumulative_sum(steps, axis=-1)
    return xp.sum(right[:, 1:] * overlap, axis=-1) / classes / scale


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """Minus the number of absent labels within a present one's margin; plus for absent ones.

    Both are divided by C; an absent label exactly at the margin does not count.
    """
    rows = xp.arange(pred.shape[0])[:, None]
    first = xp.argsort(-target, axis=-1, stable=True)  # present ones before equal ones
    reach = (pred - target)[rows, first]
    order = first[rows, xp.argsort(-reach, axis=-1, stable=True)]
    right = target[rows, order]
    wrong_above = xp.cumulative_sum(1.0 - right, axis=-1)
    right_below = xp.sum(right, axis=-1)[:, None] - xp.cumulative_sum(right, axis=-1)
    gradient = xp.zeros_like(pred)
    gradient[rows, order] = ((1.0 - right) * right_below - right * wrong_above) / pred.shape[1]
    return gradient


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    right = [z for z, t in zip(pred, target, strict=True) if t == 1]
    wrong = [z for z, t in zip(pred, target, strict=True) if t != 1]
    return mp.fsum(max(1 - z + other, mp.mpf(0)) for z in right for other in wrong) / len(pred)


multilabel_margin = Loss(
    name="multilabel_margin",
    family="classification",
    formula="(1 / C) Σ_{j: t_j = 1} Σ_{k: t_k = 0} max(0, 1 - z_j + z_k)",
    latex=r"\frac{1}{C} \sum_{j: t_j = 1} \sum_{k: t_k = 0} \max(0, 1 - z_j + z_k)",
    source="Crammer and Singer, A family of additive online algorithms for category ranking, 2003",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SCORE,
    target=replace(
        BINARY, hint="expected 0 or 1 per class; torch's lists of class indices are not supported"
    ),
    rows_of=shapes.VECTORS,
    saturates=True,  # absent labels outside the margin have no effect, and labels are only counted
    flops=20,
    use="several labels may be present at once, and these should rank above all others",
    avoid="each label should have a probability: use multilabel_soft_margin",
    equivalents={
        "torch": "F.multilabel_margin_loss(pred, (ones := target.sort("
        "descending=True, stable=True)).indices.masked_fill(ones.values == 0, -1))",
    },
    like={
        "torch": Convention(
            by_rows=True,
            note="torch takes lists of label indices that end with -1; here 0 or 1 for each label",
        )
    },
    pitfalls=(
        "torch ignores everything after the first -1 of a list: (-1, 0) has no labels.",
        "It divides by C, not by the number of pairs: rows with many labels cost more.",
    ),
)
