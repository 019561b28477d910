"""Total variation distance."""

from typing import Any

from losscli.losses.declare import SIMPLEX, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The largest difference of two distributions in the probability of an event: from 0 to 1.

    pred and target are (N, C) distributions, used as they are; the result is (N,).

    >>> total_variation([[1.0, 0.0], [0.25, 0.75]], [[0.0, 1.0], [0.5, 0.5]]).tolist()
    [1.0, 0.25]
    """
    return 0.5 * xp.sum(xp.abs(pred - target), axis=-1)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """Half the sign of each error, and 0 at the corner."""
    return 0.5 * xp.sign(pred - target)


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    return mp.fsum(mp.fabs(p - t) for p, t in zip(pred, target, strict=True)) / 2


total_variation = Loss(
    name="total_variation",
    aliases=("tv",),
    family="divergence",
    formula="½ Σ_c |p_c - t_c|",
    latex=r"\tfrac12 \sum_c |p_c - t_c|",
    source="Levin, Peres and Wilmer, Markov Chains and Mixing Times, proposition 4.2",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=SIMPLEX,
    rows_of=shapes.VECTORS,
    flops=3,
    use="the distance is interpreted as a probability",
    avoid="it is minimised by gradients: their size does not depend on the distance",
    equivalents={
        "torch": "F.l1_loss(pred, target, reduction='none').sum(-1) / 2",
        "sklearn": "metrics.pairwise.paired_manhattan_distances(pred, target) / 2",
    },
    pitfalls=("Without the ½ it is the L1 distance, which reaches 2.",),
)
