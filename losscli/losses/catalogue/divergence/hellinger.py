"""Hellinger distance."""

from typing import Any

from losscli.losses.declare import SIMPLEX, Array, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import fraction


def _values(xp: Namespace, pred: Array, target: Array, *, squared: bool) -> Array:
    """The distance between the square roots of two distributions, over √2: from 0 to 1.

    pred and target are (N, C) distributions, used as they are; the result is (N,). squared omits
    the square root.

    >>> hellinger([[1.0, 0.0], [0.25, 0.75]], [[0.0, 1.0], [0.25, 0.75]]).tolist()
    [1.0, 0.0]
    """
    # √p - √t would cancel; p - t is exact for close numbers.
    gap = fraction(xp, pred - target, xp.sqrt(pred) + xp.sqrt(target))
    found = 0.5 * xp.sum(gap * gap, axis=-1)
    return found if squared else xp.sqrt(found)


def _derivative(xp: Namespace, pred: Array, target: Array, *, squared: bool) -> Array:
    """½ (1 - √(t/p)), over twice the distance unless squared; 0 at distance 0."""
    root = xp.sqrt(pred)
    slope = 0.5 * (pred - target) / (root * (root + xp.sqrt(target)))
    slope = xp.where(target == 0, 0.5, slope)  # the limit from above, where p is 0 too
    if squared:
        return slope
    distance = _values(xp, pred, target, squared=False)[:, None]
    return xp.where(distance == 0, 0.0, slope / (2.0 * distance))


def _reference(mp: Any, pred: Any, target: Any, *, squared: bool) -> Any:
    gaps = [mp.sqrt(p) - mp.sqrt(t) for p, t in zip(pred, target, strict=True)]
    found = mp.fsum(gap**2 for gap in gaps) / 2
    return found if squared else mp.sqrt(found)


hellinger = Loss(
    name="hellinger",
    family="divergence",
    formula="√(½ Σ_c (√p_c - √t_c)²)",
    latex=r"\sqrt{\tfrac12 \sum_c (\sqrt{p_c} - \sqrt{t_c})^2}",
    source="Hellinger, Neue Begründung der Theorie quadratischer Formen, 1909",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=SIMPLEX,
    target=SIMPLEX,
    rows_of=shapes.VECTORS,
    flops=7,
    params=(Param("squared", False, meaning="whether the root is left out", kind="flag"),),
    use="a bounded distance between distributions is needed that obeys the triangle inequality",
    avoid="it is minimised by gradients: squared=true is smooth where they are equal",
    equivalents={
        "scipy": "spatial.distance.euclidean(np.sqrt(pred[0]), np.sqrt(target[0])) / "
        "2**0.5  # of a row",
    },
    pitfalls=("Some definitions omit the ½: their distance reaches √2.",),
)
