"""Inputs that find out: ordinary ones of many shapes, and the extremes of a loss's domains.

They are made of the declaration alone: the bounds of what predictions and targets may be, and the
values of parameters, at which a loss may have a corner.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.checks.inputs import Arrays, Draw
from losscli.checks.precision import Precision
from losscli.errors import UsageError
from losscli.implementations.implementation import Workload
from losscli.losses.domain import LOGIT, Numbers
from losscli.losses.labels import Labels
from losscli.losses.loss import Loss

_ROWS = (1, 7, 1000, 10_007, 100_003)
_CLASSES = ((1, 2), (7, 3), (100, 10), (64, 1000))
_LOGITS = (0.0, 1.0, 20.0, 50.0, 88.0, 100.0, 1e4)
_BESIDE = (0.5, 0.9, 0.995, 1.005, 1.1, 2.0)  # of a corner: where it lies counts
_CHANCES = (0.0, 0.25, 0.5, 1.0)


class Case(NamedTuple):
    """Inputs with a name.

    gradient: whether the mean has one (not where every row is ignored). each: whether rows are to
    be judged one by one as well, since a mean would hide what a row loses.
    """

    name: str
    workload: Workload
    arrays: Arrays
    gradient: bool = True
    each: bool = False


def cases(
    loss: Loss, label: str, params: Mapping[str, Any], precision: Precision, seed: int
) -> Iterator[Case]:
    """Ordinary cases, then extreme ones, of a loss with its parameters."""
    workload = Workload(loss.name, label, loss, params, (1,))
    wide = np.float64 if precision.name == "float64" else np.float32
    weights = [len(value) for value in params.values() if isinstance(value, np.ndarray)]
    classes = isinstance(loss.target, Labels)
    if not classes and weights:
        raise UsageError(f"{label} has a number a column, and a check has rows of one")
    shapes: list[tuple[int, ...]] = [(rows,) for rows in _ROWS]
    if classes:
        shapes = [shape for shape in _CLASSES if not weights] or [(50, weights[0])]
    for shape in shapes:
        sized = replace(workload, shape=shape)
        name = f"ordinary {'x'.join(map(str, shape))}"
        yield Case(name, sized, Draw(sized, wide, seed).all())
    if classes:
        yield from _of_classes(workload, wide, weights[0] if weights else 4)
    else:
        pred, target = _extremes(workload, precision, wide)
        for name, part in _kinds(workload, precision, pred, target):
            arrays = (pred[part], target[part])
            if part.any():
                sized = replace(workload, shape=(int(part.sum()),))
                yield Case(name, sized, arrays, each=True)


def _extremes(
    workload: Workload, precision: Precision, dtype: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Every pair of a prediction and a target that lie at an edge of something."""
    loss = workload.loss
    if loss.pred is LOGIT:
        preds = [sign * value for value in (*_LOGITS, _least(precision)) for sign in (1.0, -1.0)]
    elif loss.pred.bounded:
        assert isinstance(loss.pred, Numbers)
        preds = _edges(loss.pred, precision)
    else:
        preds = [sign * value for value in _distances(workload, precision) for sign in (1.0, -1.0)]
    targets = [0.0, 1e4, -1e4]
    if loss.target is not None and loss.target.bounded:
        assert isinstance(loss.target, Numbers)
        low, high = loss.target.interval.low, loss.target.interval.high
        targets = [chance for chance in _CHANCES if low <= chance <= high]
    pairs = np.array(list(product(dict.fromkeys(preds), targets)), np.float64)
    if not loss.pred.bounded and (loss.target is None or not loss.target.bounded):
        pairs[:, 0] += pairs[:, 1]  # distances from the target, wherever it lies
    return pairs[:, 0].astype(dtype), pairs[:, 1].astype(dtype)


def _kinds(
    workload: Workload, precision: Precision, pred: NDArray[Any], target: NDArray[Any]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Parts of the extremes that are judged together: a huge loss would hide a small one."""
    with np.errstate(all="ignore"):
        p, t = pred.astype(np.float64), target.astype(np.float64)
        losses = np.asarray(workload.loss.rows(np, p, t, workload.params))
    finite = np.isfinite(losses) & (losses < precision.largest / len(pred))
    small = finite & (losses < 1e3)
    yield "extremes near 0", small
    yield "extremes far out", finite & ~small


def _distances(workload: Workload, precision: Precision) -> list[float]:
    """Distances of predictions from targets, the corners that parameters make among them."""
    found = [0.0, _least(precision), 1e-3, 1.0, 1e4, 1e8]
    for param in workload.loss.params:
        value = workload.params.get(param.name)
        for corner in (param.default, value, *((param.bounds.low, param.bounds.high))):
            if isinstance(corner, int | float) and 0.0 < abs(corner) < 1e30:
                step = float(precision.spacing(abs(corner)))
                found += [abs(corner) - step, abs(corner), abs(corner) + step]
                found += [abs(corner) * factor for factor in _BESIDE]
    return found


def _edges(domain: Numbers, precision: Precision) -> list[float]:
    """The ends of an interval, what lies beside them, and its middle."""
    low, high = domain.interval.low, domain.interval.high
    ends = [end for end in (low, high) if math.isfinite(end)]
    inner = [low + _least(precision), high - precision.eps] if len(ends) == 2 else []
    middle = 0.5 * (low + high) if len(ends) == 2 else ends[0] + 1.0
    return [*ends, *inner, middle]


def _least(precision: Precision) -> float:
    """A number so small that its square is 0, and a normal one of the type."""
    return math.ldexp(1.0, precision.lowest + precision.digits)


def _of_classes(workload: Workload, dtype: Any, classes: int) -> Iterator[Case]:
    """Rows of logits: equal, one far above the others, all low; labels first, last and ignored."""
    rows = [np.zeros(classes), np.full(classes, -1e4), np.full(classes, 1e4)]
    for size in (1.0, 50.0, 100.0, 1e4):
        rows += [size * np.eye(classes)[0], -size * np.eye(classes)[-1]]
    logits = np.array(rows * 2, dtype)
    labels = np.repeat([0, classes - 1], len(rows))
    sized = replace(workload, shape=logits.shape)
    yield Case("extreme logits", sized, (logits, labels), each=True)
    spared = workload.params.get("ignore_index")
    if spared is not None and not 0 <= spared < classes:
        some = np.where(np.arange(len(labels)) % 3 == 0, spared, labels)
        yield Case("some rows ignored", sized, (logits, some))
        none = np.full_like(labels, spared)
        yield Case("every row ignored", sized, (logits, none), gradient=False)
