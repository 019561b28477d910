"""The Wasserstein distance of two samples of numbers."""

from itertools import pairwise
from typing import Any

from losscli.losses.declare import REAL, Array, Loss, Namespace, shapes


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The mean distance of the numbers of two samples, matched by rank.

    pred and target are (N, M), two samples of M numbers in any order; the result is (N,), in their
    unit. It is the area between the two distribution functions.

    >>> wasserstein_1d([[3.0, 1.0], [1.0, 2.0]], [[1.0, 4.0], [2.0, 1.0]]).tolist()
    [0.5, 0.0]
    """
    return xp.mean(xp.abs(xp.sort(pred, axis=-1) - xp.sort(target, axis=-1)), axis=-1)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """The sign of the difference to the target of the same rank, over M."""
    order = xp.argsort(pred, axis=-1, stable=True)
    rows = xp.arange(pred.shape[0])[:, None]
    slopes = xp.zeros_like(pred)
    slopes[rows, order] = xp.sign(pred[rows, order] - xp.sort(target, axis=-1)) / pred.shape[1]
    return slopes


def _reference(mp: Any, pred: Any, target: Any) -> Any:
    """The area between the two distribution functions, from one number to the next."""
    points = sorted([*pred, *target])
    area = mp.mpf(0)
    for low, high in pairwise(points):
        below = sum(1 for x in pred if x <= low) - sum(1 for y in target if y <= low)
        area += abs(below) * (high - low)
    return area / len(pred)


wasserstein_1d = Loss(
    name="wasserstein_1d",
    aliases=("earth_mover",),
    family="distribution",
    formula="mean |x_(k) - t_(k)|, both samples in ascending order",
    latex=r"\frac1M\sum_k |x_{(k)} - t_{(k)}|",
    source="Vallender, Calculation of the Wasserstein distance between probability distributions "
    "on the line, 1974",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    rows_of=shapes.VECTORS,
    flops=30,
    use="rows are two samples of the same size, in no order, of one distribution each",
    avoid="there is one observation for each forecast: use crps_ensemble",
    equivalents={
        "scipy": "[stats.wasserstein_distance(p, t) for p, t in zip(pred, target)]",
        "torch": "(pred.sort(-1).values - target.sort(-1).values).abs().mean(-1)",
    },
    pitfalls=(
        "Rows are samples; for probabilities of ordered classes use rps.",
        "Of one number in a row it is mae.",
    ),
)
