"""Cosine embedding loss of similar and dissimilar pairs."""

from typing import Any

from losscli.losses.catalogue.ranking._vectors import directions, distance_of, distance_slope
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.declare import REAL, SIGN, Interval, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """The cosine distance of a similar pair; for a dissimilar one max(cosine - margin, 0).

    pred is (N, 2, D), the two vectors of a pair stacked; target is (N,), 1 for similar pairs and -1
    for dissimilar ones; the result is (N,). A zero vector has cosine 0 with every other.

    >>> pairs = [[[1.0, 0.0], [0.0, 2.0]], [[3.0, 3.0], [1.0, 1.0]]]
    >>> cosine_embedding(pairs, [1, -1], margin=0.5).tolist()
    [1.0, 0.5]
    """
    distance = distance_of(xp, *directions(xp, pred))
    return _by_label(xp, distance, target, margin)


def _by_label(xp: Namespace, distance: Array, target: Array, margin: float) -> Array:
    unlike = xp.clip((1.0 - distance) - margin, 0.0, xp.inf)
    return xp.where(target > 0, distance, unlike) + 0.0


def _derivative(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    """The gradient of the cosine distance, or minus it for dissimilar pairs above the margin."""
    first, second = directions(xp, pred)
    distance = distance_of(xp, first, second)
    active = xp.where((1.0 - distance) - margin > 0, -1.0, 0.0)
    factor = xp.where(target > 0, 1.0, active)[:, None]
    slopes = (
        factor * distance_slope(xp, first, second, distance),
        factor * distance_slope(xp, second, first, distance),
    )
    return xp.stack(slopes, axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, margin: Any) -> Any:
    lengths = [mp.sqrt(mp.fsum(x * x for x in v)) for v in pred]
    dot = mp.fsum(a * b for a, b in zip(*pred, strict=True))
    cosine = dot / (lengths[0] * lengths[1]) if all(lengths) else mp.mpf(0)
    return 1 - cosine if target == 1 else max(cosine - margin, mp.mpf(0))


_TORCH_EPS = 9.999999960041972e-13  # 1e-12, which torch keeps in single precision


def _like_torch(xp: Namespace, pred: Array, target: Array, *, margin: float) -> Array:
    first, second = pred[:, 0], pred[:, 1]
    squares = [xp.sum(v * v, axis=-1) + _TORCH_EPS for v in (first, second)]
    cosine = xp.sum(first * second, axis=-1) / xp.sqrt(squares[0] * squares[1])
    return _by_label(xp, 1.0 - cosine, target, margin)


cosine_embedding = Loss(
    name="cosine_embedding",
    family="ranking",
    formula="1 - cos if y = 1 else max(cos - margin, 0)",
    latex=r"1 - \cos \text{ if } y = 1 \text{ else } [\cos - m]_+",
    source="the cosine form of Hadsell, Chopra and LeCun, CVPR 2006",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=SIGN,
    rows_of=shapes.TWO_VECTORS,
    flops=9,
    params=(
        Param(
            "margin",
            0.0,
            Interval(-1.0, 1.0),
            "the cosine up to which dissimilar pairs have loss 0",
        ),
    ),
    use="pairs are labelled similar or dissimilar, and only directions matter",
    avoid="each anchor has a similar and a dissimilar partner: use triplet_margin",
    equivalents={"torch": "F.cosine_embedding_loss(*pred.unbind(1), target, margin)"},
    like={
        "torch": Convention(
            {}, _like_torch, by_rows=True, note="torch adds 1e-12 to each squared length"
        )
    },
    pitfalls=(
        "torch adds 1e-12 to squared lengths: equal directions give 0.999 at length 1e-9.",
        "torch gives 0 for a label of 0; here it is an error.",
    ),
)
