"""The energy score of an ensemble of vectors."""

from collections.abc import Iterator
from typing import Any

from losscli.losses.catalogue.distribution._ensemble import member_count
from losscli.losses.catalogue.ranking._vectors import norm_of, norm_slope
from losscli.losses.declare import REAL, Array, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, fair: bool) -> Array:
    """The members' mean distance to the target, minus half their mean distance to each other.

    pred is (N, M, D), the members of a forecast of D numbers in any order; target is (N, D); the
    result is (N,), in the unit of the target. Distances are Euclidean: numbers of different units
    need a common scale. fair omits the distance of a member to itself, so that ensembles of
    different M are comparable; it needs two members and can be negative.

    >>> energy_score([[[3.0, 4.0], [0.0, 0.0]]], [[0.0, 0.0]]).tolist()  # 5 / 2 - 10 / 8
    [1.25]
    >>> energy_score([[[3.0, 4.0], [0.0, 0.0]]], [[0.0, 0.0]], fair=True).tolist()
    [0.0]
    """
    members = member_count(pred, fair, "energy_score")
    found = xp.sum(_lengths(xp, pred - target[:, None, :]), axis=-1) / members
    for offset, weight in _offsets(members, fair):
        apart = _lengths(xp, pred - xp.roll(pred, offset, axis=1))
        found = found - weight * xp.sum(apart, axis=-1)
    return found


def _offsets(members: int, fair: bool) -> Iterator[tuple[int, float]]:
    """Offsets by which members in a circle are compared, and the weight of such a distance.

    One offset at a time: all M² differences of D numbers would not fit in memory. Each pair is met
    once; at half the circle twice.
    """
    weight = 1.0 / (members * (members - 1 if fair else members))
    for offset in range(1, members // 2 + 1):
        yield offset, 0.5 * weight if 2 * offset == members else weight


def _lengths(xp: Namespace, vectors: Array) -> Array:
    """The Euclidean lengths of (N, K, D), as (N, K)."""
    flat = xp.reshape(vectors, (-1, vectors.shape[-1]))
    return xp.reshape(norm_of(xp, flat, 2.0), vectors.shape[:-1])


def _units(xp: Namespace, vectors: Array) -> Array:
    """Their directions; 0 for a zero vector."""
    flat = xp.reshape(vectors, (-1, vectors.shape[-1]))
    return xp.reshape(norm_slope(xp, flat, 2.0), vectors.shape)


def _derivative(xp: Namespace, pred: Array, target: Array, *, fair: bool) -> Array:
    """The direction from the target over M, minus those from the other members by their weight."""
    members = member_count(pred, fair, "energy_score")
    slopes = _units(xp, pred - target[:, None, :]) / members
    for offset, weight in _offsets(members, fair):
        away = weight * _units(xp, pred - xp.roll(pred, offset, axis=1))
        slopes = slopes - (away - xp.roll(away, -offset, axis=1))
    return slopes


def _reference(mp: Any, pred: Any, target: Any, *, fair: bool) -> Any:
    members = len(pred)
    apart = mp.fsum(_distance(mp, a, b) for a in pred for b in pred)
    pairs = members * (members - 1 if fair else members)
    return mp.fsum(_distance(mp, x, target) for x in pred) / members - apart / (2 * pairs)


def _distance(mp: Any, a: Any, b: Any) -> Any:
    return mp.sqrt(mp.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


energy_score = Loss(
    name="energy_score",
    family="distribution",
    formula="mean ‖x_i - target‖ - (Σ_ij ‖x_i - x_j‖) / (2 M²); fair: / (2 M (M - 1))",
    latex=r"\frac1M\sum_i \|x_i - y\| - \frac{1}{2M^2}\sum_{i,j} \|x_i - x_j\|",
    source="Gneiting and Raftery, Strictly proper scoring rules, JASA, 2007, equation 22",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    rows_of=shapes.VECTOR_MEMBERS,
    flops=24,  # of 8 members
    params=(
        Param("fair", False, meaning="whether ensembles of other sizes must compare", kind="flag"),
    ),
    use="forecasts are samples of several numbers whose dependence matters",
    avoid="each number is judged on its own: crps_ensemble of each is cheaper",
    equivalents={
        "torch": "torch.cdist(pred, target[:, None]).mean((1, 2)) "
        "- torch.cdist(pred, pred, compute_mode='donot_use_mm_for_euclid_dist').mean((1, 2)) / 2",
        "scoringrules": "es_ensemble(target, pred)",
    },
    pitfalls=(
        "It reacts weakly to incorrect correlations between the numbers.",
        "The number of largest variance dominates: scale the numbers first.",
        "Without fair larger ensembles score better because of their size.",
    ),
)
