"""Test cases: ordinary inputs of many shapes, and the extremes of a loss's domains.

They follow from the declaration alone: the shapes of predictions and targets, the domains and
their edges, and the values of parameters, at which a loss may have a corner.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.checks.generators import Arrays, InputGenerator, edges, in_domain, nearest
from losscli.checks.precision import Precision, as_dtype, precision
from losscli.implementations.implementation import Workload
from losscli.losses.core.loss import Loss

_ROWS = (1, 7, 1000, 10_007, 100_003)
_WIDE = ((1, 2), (7, 3), (100, 10), (2_003, 3), (3, 2_500))  # past blocks of 1,024, both ways
_MOST_WIDE = 1000
_EXTREME_WIDTH = 3
_EXTREMES = 120  # rows of each kind, at most
_STEPS = (1e-3, 1.0, 20.0, 50.0, 88.0, 100.0, 1e4, 1e8)  # exp of 88 is the last in float32
_NEAR_CORNER = (0.5, 0.9, 0.995, 1.005, 1.1, 2.0)  # factors: a corner may be misplaced
_ULPS = (0, 1, -1, 2, 1000)
_CONSTANT_ROWS = 200


class Case(NamedTuple):
    """Inputs with a name.

    gradient: True if the mean has one (unless every row is ignored). each: True if rows are checked
    one by one as well, since a mean would hide the error of a row. ordinary: True for cases that
    differ in their shape alone, the smaller first.
    """

    name: str
    workload: Workload
    arrays: Arrays
    gradient: bool = True
    each: bool = False
    ordinary: bool = False

    def one_row(self, at: int) -> "Case":
        """The case of one of its rows alone."""
        arrays = tuple(array[at : at + 1] for array in self.arrays)
        return self._replace(workload=replace(self.workload, shape=arrays[0].shape), arrays=arrays)


def cases(
    loss: Loss, label: str, params: Mapping[str, Any], precision: Precision, seed: int
) -> Iterator[Case]:
    """Ordinary cases, then extreme ones, of a loss with its parameters."""
    workload = Workload(loss.name, label, loss, params, (1,))
    wide = np.float64 if precision.name == "float64" else np.float32
    for shape in _shapes(workload):
        sized = replace(workload, shape=shape)
        name = f"ordinary {'x'.join(map(str, shape))}"
        yield Case(name, sized, InputGenerator(sized, wide, seed).all(), ordinary=True)
    row = row_of(workload, _EXTREME_WIDTH)
    extremes = _extremes(workload, row, precision, wide)
    for name, arrays in _by_size(workload, precision, extremes):
        sized = replace(workload, shape=arrays[0].shape)
        yield Case(name, sized, arrays, each=True)
        if name.endswith("near 0"):
            yield from _ignored(sized, arrays)


def row_of(workload: Workload, width: int) -> tuple[int, ...]:
    """The shape of a row of predictions of a width, or of the width that a parameter prescribes."""
    loss = workload.loss
    weights = [len(value) for value in workload.params.values() if np.ndim(value) == 1]
    if loss.elementwise and weights:
        return (weights[0],)
    more = loss.rows_of.extra_classes
    return loss.rows_of.pred_row(weights[0] - more if weights else width)


def _shapes(workload: Workload) -> Iterator[tuple[int, ...]]:
    rows_of = workload.loss.rows_of
    row = row_of(workload, 2)
    if row != row_of(workload, 3):
        usual = min(rows_of.width, _MOST_WIDE)
        wide = ((64, usual),) if usual not in (width for _, width in _WIDE) else ()
        letters = sum(a != b for a, b in zip(row, row_of(workload, 3), strict=True))
        for rows, width in (*_WIDE, *wide):
            yield (rows, *row_of(workload, width if letters == 1 else math.isqrt(width)))
        return
    for rows in _ROWS[:4] if row else _ROWS:
        yield (rows, *row)
    if workload.loss.elementwise and not row:
        yield (50, 3)


def steps(workload: Workload, precision: Precision) -> list[float]:
    """Distances at which formulas may change or lose digits: of the type, and of corners."""
    # First a normal number, so small that its square is 0.
    distances = [math.ldexp(1.0, precision.lowest + precision.digits), precision.eps]
    for param in workload.loss.params:
        value = workload.params.get(param.name)
        for corner in (param.default, value, param.bounds.low, param.bounds.high):
            if isinstance(corner, bool) or not isinstance(corner, int | float):
                continue
            if 0.0 < abs(corner) < 1e30:
                step = float(precision.spacing(abs(corner)))
                distances += [abs(corner) - step, abs(corner), abs(corner) + step]
                distances += [abs(corner) * factor for factor in _NEAR_CORNER]
    return list(dict.fromkeys([*distances, *_STEPS]))


def _extremes(workload: Workload, row: tuple[int, ...], precision: Precision, dtype: Any) -> Arrays:
    """Valid rows at the edges of the domains."""
    loss = workload.loss
    away = steps(workload, precision)
    pred_domain, target_domain = loss.domains_of(workload.params)
    classes = loss.classes(row) or 0
    preds = edges(pred_domain, row, away, classes).astype(dtype)
    target_row = loss.rows_of.target_row(row)
    if target_domain is None or target_row is None:
        return _valid(workload, (_some(preds),), precision)
    targets = edges(target_domain, target_row, away, classes)
    if not loss.indexed(target_row):
        targets = targets.astype(dtype)
    few = targets[np.unique(np.linspace(0, len(targets) - 1, 4).astype(int))]
    pairs = [_paired(preds, few), _mixed(preds, targets)]
    if target_row == row:
        pairs.append(_near(few, away, dtype, workload))
    limited = [tuple(_some(side) for side in pair) for pair in pairs]
    whole = tuple(np.concatenate(sides) for sides in zip(*limited, strict=True))
    return _valid(workload, whole, precision)


def _paired(preds: NDArray[Any], targets: NDArray[Any]) -> Arrays:
    """Every prediction with every target."""
    return np.repeat(preds, len(targets), axis=0), np.concatenate([targets] * len(preds))


def _mixed(preds: NDArray[Any], targets: NDArray[Any]) -> Arrays:
    random = np.random.default_rng(0)
    count = _EXTREMES // 4
    at, other = (random.integers(0, len(side), count) for side in (preds, targets))
    return preds[at], targets[other]


def _near(targets: NDArray[Any], away: list[float], dtype: Any, workload: Workload) -> Arrays:
    """Predictions equal to the targets, nearly equal, and steps away."""
    domain = workload.loss.domains_of(workload.params)[0]
    eps = float(np.finfo(dtype).eps)
    wide = targets.astype(np.float64)
    moved = [wide * (1.0 + ulps * eps) for ulps in _ULPS]
    moved += [wide + sign * step for step in away for sign in (1.0, -1.0)]
    with np.errstate(all="ignore"):
        preds = np.concatenate([nearest(domain, one.astype(dtype)) for one in moved])
    return preds, np.concatenate([targets] * len(moved))


def _some(rows: NDArray[Any]) -> NDArray[Any]:
    """At most 120 rows, evenly spaced."""
    step = -(-len(rows) // _EXTREMES)
    return rows[::step]


def _valid(workload: Workload, arrays: Arrays, precision: Precision) -> Arrays:
    """The distinct rows that are valid once rounded to the type."""
    with np.errstate(over="ignore"):
        arrays = tuple(as_dtype(array, precision.name) for array in arrays)
    keep = in_domain(workload, arrays)
    seen: set[bytes] = set()
    for at in np.flatnonzero(keep):
        key = b"".join(array[at].tobytes() for array in arrays)
        keep[at] = key not in seen
        seen.add(key)
    return tuple(array[keep] for array in arrays)


def _by_size(
    workload: Workload, precision: Precision, arrays: Arrays
) -> Iterator[tuple[str, Arrays]]:
    """The extremes by the size of their loss: a huge one would hide a small one in the mean."""
    if not len(arrays[0]):
        return
    pred, *rest = (a if a.dtype.kind == "i" else a.astype(np.float64) for a in arrays)
    target = rest[0] if rest else None
    with np.errstate(all="ignore"):
        losses = np.asarray(workload.loss.rows(np, pred, target, workload.params))
    known = ~np.isnan(losses)
    finite = known & (np.abs(losses) < precision.largest / len(pred))
    small = finite & (np.abs(losses) < 1e3)
    parts = {"near 0": small, "far out": finite & ~small, "without end": known & ~finite}
    for name, part in parts.items():
        if part.any():
            yield f"extremes {name}", tuple(array[part] for array in arrays)


def _ignored(workload: Workload, arrays: Arrays) -> Iterator[Case]:
    """Some rows, and all rows, with the ignored label."""
    ignore_index = workload.params.get("ignore_index")
    if ignore_index is None or len(arrays) < 2 or arrays[1].dtype.kind != "i":
        return
    if not 0 <= ignore_index < (workload.loss.classes(workload.shape[1:]) or 0):
        pred, labels = arrays
        some = np.where(np.arange(len(labels)) % 3 == 0, ignore_index, labels)
        yield Case("some rows ignored", workload, (pred, some))
        none = np.full_like(labels, ignore_index)
        yield Case("every row ignored", workload, (pred, none), gradient=False)


def perfect_constant(first: Workload) -> str:
    """A constant prediction with a mean of 0 or less under a loss >= 0, in words; else empty."""
    loss, params = first.loss, first.params
    if not loss.rows_of.targeted:
        return ""  # a row holds its truth
    row = row_of(first, 3)
    workload = replace(first, shape=(_CONSTANT_ROWS, *row))
    drawn = InputGenerator(workload, np.float64, 0).all()
    domain = loss.domains_of(params)[0]
    constants = edges(domain, row, steps(first, precision("float64")), loss.classes(row) or 0)
    candidates = [np.zeros(row), np.ones(row), *constants[:100]]
    with np.errstate(all="ignore"):
        if (loss.rows(np, *_pred_and_target(drawn), params) < 0).any():
            return ""
        for constant in candidates:
            pred = np.broadcast_to(constant, drawn[0].shape).copy()
            arrays = (pred, *drawn[1:])
            if not in_domain(workload, arrays).all():
                continue
            values = np.asarray(loss.rows(np, *_pred_and_target(arrays), params))
            if (values <= 0).all():
                shown = np.array2string(constant, precision=3, separator=", ").replace("\n", "")
                return f"predicting {shown} for every row scores {values.mean():.3g}"
    return ""


def _pred_and_target(arrays: Arrays) -> tuple[Any, Any]:
    return arrays[0], arrays[1] if len(arrays) > 1 else None
