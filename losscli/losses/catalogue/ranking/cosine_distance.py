"""Cosine distance of two vectors."""

from typing import Any

from losscli.losses.catalogue.ranking._vectors import direction, distance_of, distance_slope
from losscli.losses.core.loss import Substitute
from losscli.losses.declare import REAL, Array, Convention, Interval, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """One minus the cosine of the angle between the vectors, in [0, 2].

    pred and target have the same shape, (N, D), one vector per row, of any length; the result is
    (N,). Lengths are clamped to at least eps; a zero vector has distance 1 from every other.

    >>> cosine_distance([[1.0, 0.0], [2.0, 2.0]], [[0.0, 3.0], [1.0, 1.0]]).tolist()
    [1.0, 0.0]
    """
    return distance_of(xp, direction(xp, pred, eps), direction(xp, target, eps))


def _derivative(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    """-(t̂ - (p̂·t̂) p̂) / ‖p‖, where p̂ and t̂ are the unit vectors; 0 at a zero vector."""
    ours, theirs = direction(xp, pred, eps), direction(xp, target, eps)
    return distance_slope(xp, ours, theirs, distance_of(xp, ours, theirs))


def _reference(mp: Any, pred: Any, target: Any, *, eps: Any) -> Any:
    lengths = [max(mp.sqrt(mp.fsum(x * x for x in v)), eps) for v in (pred, target)]
    dot = mp.fsum(p * t for p, t in zip(pred, target, strict=True))
    return 1 - dot / (lengths[0] * lengths[1]) if lengths[0] and lengths[1] else mp.mpf(1)


def _like_keras(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    return _values(xp, pred, target, eps=eps) - 1.0


def _like_optax(xp: Namespace, pred: Array, target: Array, *, eps: float) -> Array:
    ours, theirs = direction(xp, pred, eps), direction(xp, target, eps)
    whole = (ours.share > 0.0) & (theirs.share > 0.0)
    return xp.where(whole, distance_of(xp, ours, theirs), 1.0 if eps else xp.nan)


cosine_distance = Loss(
    name="cosine_distance",
    aliases=("cosine",),
    family="ranking",
    formula="1 - p·t / (‖p‖ ‖t‖)",
    latex=r"1 - \frac{p \cdot t}{\lVert p \rVert \, \lVert t \rVert}",
    source="Salton, Wong and Yang, A vector space model for automatic indexing, 1975",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    rows_of=shapes.VECTORS,
    flops=9,
    params=(Param("eps", 0.0, Interval(0.0, ends="[)"), "the lower bound of lengths"),),
    use="the direction of an embedding matters and its length does not",
    avoid="lengths carry meaning, or vectors may be zero",
    equivalents={
        "torch": "1 - F.cosine_similarity(pred, target, eps=eps).mean()",
        "keras": "1 + losses.cosine_similarity(target, pred)  # eps is 1e-7 there",
        "sklearn": "metrics.pairwise.paired_cosine_distances(pred, target)",
        "optax": "losses.cosine_distance(pred, target)  # its epsilon is of the squared length",
    },
    like={
        "torch": Convention({"eps": 1e-8}, by_rows=True),
        "keras": Convention(
            {"eps": 1e-7}, _like_keras, by_rows=True, note="keras prints minus the similarity"
        ),
        "optax": Convention({}, _like_optax, note="optax gives nan for a zero vector"),
    },
    pitfalls=(
        "Keras' loss is minus the similarity: -0.8 for (1, 2) and (2, 1), where this is 0.2.",
        "1 - cos as written is 0 for (1, 1e-9) and (1, 0), where the truth is 5e-19.",
        "torch clamps lengths to at least 1e-8, and optax gives nan for a zero vector.",
    ),
    instead_of=(
        Substitute(
            ("spearman", "rho"),
            "it is a statistic of all rows together",
            "-l cosine_distance takes a row of numbers a sample",
        ),
    ),
)
