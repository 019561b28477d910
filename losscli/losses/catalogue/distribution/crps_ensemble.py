"""The continuous ranked probability score of an ensemble."""

from typing import Any

from losscli.losses.catalogue.distribution._ensemble import member_count
from losscli.losses.declare import REAL, Array, Loss, Namespace, Param, shapes


def _values(xp: Namespace, pred: Array, target: Array, *, fair: bool) -> Array:
    """The members' mean distance to the target, minus half their mean distance to each other.

    pred is (N, M), the members of a forecast in any order; target and the result are (N,), in the
    unit of the target. fair omits the distance of a member to itself, so that ensembles of
    different M are comparable; it needs two members and can be negative. The loss of one member is
    its distance.

    >>> crps_ensemble([[4.0, 1.0, 2.0]], [2.5]).round(6).tolist()
    [0.5]
    >>> crps_ensemble([[4.0, 1.0, 2.0]], [2.5], fair=True).round(6).tolist()
    [0.166667]
    """
    members = member_count(pred, fair, "crps_ensemble")
    ordered = xp.sort(pred, axis=-1)
    ranks = xp.arange(1, members + 1, dtype=pred.dtype, device=ordered.device)
    distances = ordered - target[:, None]
    crps = xp.sum(distances * _shares(xp, distances > 0.0, ranks, members), axis=-1)
    if fair:
        spreads = ordered - xp.flip(ordered, axis=-1)
        crps = crps - xp.sum(0.5 * spreads * _unfair(ranks, members), axis=-1)
    return crps + 0.0


def _shares(xp: Namespace, above: Array, ranks: Array, members: int) -> Array:
    """The weight of the distance of the member of each rank, of its sign, without cancellation."""
    return (members * xp.astype(above, ranks.dtype) - ranks + 0.5) * (2.0 / members**2)


def _unfair(ranks: Array, members: int) -> Array:
    """The correction of the member of each rank for fair."""
    return (2.0 * ranks - (members + 1.0)) / (members**2 * (members - 1.0))


def _derivative(xp: Namespace, pred: Array, target: Array, *, fair: bool) -> Array:
    """The slope of each member, from its rank and from the sign of its error.

    Members at one point share the mean of their ranks, and one at the target counts as half above
    it: the mean of the slopes at a kink.
    """
    members = member_count(pred, fair, "crps_ensemble")
    below, above = (_places(xp, side) for side in (pred, -pred))
    ranks = 0.5 * (below - above + members + 1.0)
    over = pred - target[:, None]
    slope = _shares(xp, 0.5 * (xp.sign(over) + 1.0), ranks, members)
    return slope - _unfair(ranks, members) if fair else slope


def _places(xp: Namespace, pred: Array) -> Array:
    """The rank of each member in its row, from 0; a stable order of equal ones."""
    order = xp.argsort(pred, axis=-1, stable=True)
    return xp.astype(xp.argsort(order, axis=-1, stable=True), pred.dtype)


def _reference(mp: Any, pred: Any, target: Any, *, fair: bool) -> Any:
    members = len(pred)
    apart = mp.fsum(mp.fabs(a - b) for a in pred for b in pred)
    pairs = members * (members - 1 if fair else members)
    return mp.fsum(mp.fabs(x - target) for x in pred) / members - apart / (2 * pairs)


crps_ensemble = Loss(
    name="crps_ensemble",
    aliases=("crps",),
    family="distribution",
    formula="mean |x_i - target| - (Σ_ij |x_i - x_j|) / (2 M²); fair: / (2 M (M - 1))",
    latex=r"\frac1M\sum_i |x_i - y| - \frac{1}{2M^2}\sum_{i,j} |x_i - x_j|",
    source="Hersbach, Decomposition of the CRPS for ensemble prediction systems, 2000; the sorted"
    " form: Laio and Tamea, HESS, 2007",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    rows_of=shapes.MEMBERS,
    flops=30,
    params=(
        Param("fair", False, meaning="whether ensembles of other sizes must compare", kind="flag"),
    ),
    use="forecasts are samples, or members of an ensemble, of an unknown distribution",
    avoid="the forecast is a normal distribution: crps_gaussian needs no samples",
    equivalents={
        "torchmetrics": "regression.crps.continuous_ranked_probability_score(pred, target), M >= 2",
        "properscoring": "crps_ensemble(target, pred)",
    },
    pitfalls=(
        "Without fair larger ensembles score better because of their size.",
        "fair values can be negative.",
        "At members of the same value it is not a convex function of them.",
    ),
)
