"""The line along which a loss is drawn: a path of predictions with one parameter.

An elementwise loss is drawn against its prediction. A loss of rows is drawn along a path that is
easy to interpret: the score of one class with the others fixed, a box that slides, an angle between
vectors. The shapes and domains of the declaration determine the path.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.losses.core.domain import LOGIT, REAL, Columns, Domain, Interval, Numbers, Ordered
from losscli.losses.core.labels import Choice, IntegerLabels
from losscli.losses.core.probabilities import Simplex
from losscli.losses.core.shapes import (
    BOXES,
    MASKS,
    MEMBERS,
    THREE_VECTORS,
    TWO_VECTORS,
    VECTOR_MEMBERS,
    Rows,
)
from losscli.losses.spec.binding import BoundLoss

Points: TypeAlias = NDArray[np.float64]

_CLASSES = 3
_SCORE = "logit or score"


class Line(NamedTuple):
    """A path of predictions x -> rows(x), with one fixed row of targets.

    axis: the name of the parameter x. low, high: the part that is drawn. interval: where x is
    valid. rows: maps N points to N rows of predictions. tangent: maps them to the derivatives of
    these rows by x, of the same shape. target: the row of targets; None for a loss without targets.
    landmarks: points whose values are listed, such as 0 or 1.
    """

    axis: str
    low: float
    high: float
    interval: Interval
    rows: Callable[[Points], NDArray[Any]]
    tangent: Callable[[Points], NDArray[Any]]
    target: Any
    landmarks: tuple[float, ...] = (0.0,)

    @property
    def unbounded(self) -> bool:
        """True if x may be any real number."""
        return bool(np.isinf(self.interval.low) and np.isinf(self.interval.high))


UNBOUNDED = Interval(ends="()")


def line_of(loss: BoundLoss, target: float | None = None) -> Line:
    """The line of a loss with its parameters.

    target: of an elementwise loss; None for the default. Losses of errors have a line of their own:
    see `curves.on_line`.
    """
    rows = loss.loss.rows_of
    pred, wanted = loss.loss.domains_of(loss.params)
    if rows.elementwise or rows.any_shape or any(form[0] == () for form in rows.forms):
        return number_line(pred, wanted, target)
    if rows == TWO_VECTORS:
        return _pair_line(wanted)
    if rows in _PATTERNS:
        return _PATTERNS[rows]
    if isinstance(pred, Columns | Ordered):
        return _spread_line(pred)
    if isinstance(pred, Numbers) and pred.interval.high == 0.0:
        return _nats_line(rows, pred, wanted)
    classes = _classes(loss)
    if not loss.loss.indexed(()):
        return _row_line(rows, pred, wanted, classes)
    if rows.extra_classes:
        return _THRESHOLDS
    return _class_line(pred, int(loss.params.get("ignore_index") == 0), classes)


def _row_line(rows: Rows, pred: Domain, wanted: Domain | None, classes: int) -> Line:
    if rows.pred_row(classes) == (2,):
        axis = "first score - second, the first is to win"
        return _straight(axis, -6.0, 6.0, [0.0, 0.0], [1.0, 0.0], 1.0)
    if any(isinstance(one, Simplex) or _logarithms(one) for one in (pred, wanted)):
        return _shares_line(pred, wanted, classes)
    if pred is REAL:
        return _ANGLE
    signs = isinstance(wanted, Choice) and 0.0 not in wanted.values
    return _class_line(pred, _row(1.0, -1.0 if signs else 0.0, classes), classes)


def _nats_line(rows: Rows, pred: Numbers, wanted: Domain | None) -> Line:
    """The first log-probability of a row, with the others at -1."""
    (width,) = rows.pred_row(_CLASSES)
    first = np.eye(width)[0]
    target = None if wanted is None else positive(wanted)
    found = _straight("first log-probability", -4.0, -0.01, first - 1.0, first, target)
    return found._replace(interval=pred.interval, landmarks=(-1.0,))


def number_line(pred: Domain, wanted: Domain | None, target: float | None = None) -> Line:
    """The prediction of an elementwise loss, with the target given, or else a typical one."""
    given = positive(wanted) if target is None else target
    interval = pred.interval if isinstance(pred, Numbers) else UNBOUNDED
    kind = _singular(pred)
    if isinstance(pred, IntegerLabels):
        return Line(f"nearest label, target {given:g}", given - 2.0, given + 2.0, UNBOUNDED,
                    np.round, np.ones_like, given)  # fmt: skip
    low, high = interval.low, interval.high
    if np.isinf(low) and np.isinf(high):
        around = 0.0 if labelled(wanted) else given
        reach = 6.0 if pred is LOGIT else 3.0
        low, high = around - reach, around + reach
    elif np.isinf(high):
        low, high = low, low + 4.0 * max(1.0, given - low)
    return Line(
        f"{kind}, target {given:g}", low, high, interval, lambda x: x, np.ones_like, given,
        landmarks=(0.0, given) if given else (0.0,),
    )  # fmt: skip


def error_line() -> Line:
    """The error pred - target, for losses that depend on nothing else."""
    return Line("pred - target", -3.0, 3.0, UNBOUNDED, lambda x: x, np.ones_like, 0.0)


def labelled(wanted: Domain | None) -> bool:
    """True if targets are labels: one of a few values."""
    return isinstance(wanted, Choice) or bool(isinstance(wanted, Numbers) and wanted.often)


def positive(wanted: Domain | None) -> float:
    """The target of a curve by default: the largest label, or 1."""
    if isinstance(wanted, Choice):
        return max(wanted.values)
    if isinstance(wanted, Numbers) and wanted.often:
        return max(wanted.often)
    return 1.0


def _singular(pred: Domain) -> str:
    """The noun for one prediction; losses of logits and of scores share their axes."""
    words = {"probabilit": "probability", "logit": _SCORE, "score": _SCORE,
             "similarit": "similarity"}  # fmt: skip
    return next((word for start, word in words.items() if start in pred.words), "prediction")


def _classes(loss: BoundLoss) -> int:
    """The number of columns of a row: that of a parameter by columns, else a few."""
    sizes = [
        len(loss.params[p.name]) for p in loss.loss.params if np.ndim(loss.params[p.name]) == 1
    ]
    return max([size - loss.loss.rows_of.extra_classes for size in sizes], default=_CLASSES)


def _straight(axis: str, low: float, high: float, start: Any, step: Any, target: Any) -> Line:
    """The straight line start + x * step."""
    slope = np.asarray(step, np.float64)

    def rows(x: Points) -> NDArray[Any]:
        return np.asarray(start + x.reshape(-1, *(1,) * slope.ndim) * slope)

    def tangent(x: Points) -> NDArray[Any]:
        return np.broadcast_to(slope, (len(x), *slope.shape))

    return Line(axis, low, high, UNBOUNDED, rows, tangent, target)


def _class_line(pred: Domain, target: Any, classes: int) -> Line:
    """The prediction of one class varies: the labelled one, or the first of a row of targets."""
    right = np.zeros(classes)
    right[target if isinstance(target, int) else 0] = 1.0
    if isinstance(pred, Simplex):
        return _shares_line(pred, None, classes, target)
    if _logarithms(pred):
        axis = "log-probability of the right class"
        line = _straight(axis, -6.0, 0.0, right - 1.0, right, target)
        return line._replace(interval=Interval(high=0.0, ends="(]"))
    axis = f"{_singular(pred)} of the right class, the others 0"
    return _straight(axis, -6.0, 6.0, np.zeros(classes), right, target)


def _shares_line(pred: Domain, wanted: Domain | None, classes: int, target: Any = None) -> Line:
    """The probability of the first class grows; the others stay equal to each other."""
    rest = 1.0 / (classes - 1) if classes > 1 else 0.0
    axis = "probability of the right class"
    if target is None:
        truth = _row(0.6, 0.4 * rest, classes)
        axis = "probability of the first class, which truly has 0.6"
        target = np.log(truth) if _logarithms(wanted) else truth
    start, step = _row(0.0, rest, classes), _row(1.0, -rest, classes)
    line = _straight(axis, 0.0, 1.0, start, step, target)
    line = line._replace(interval=Interval(0.0, 1.0), landmarks=(0.0, 0.6, 1.0))
    if not _logarithms(pred):
        return line
    return line._replace(
        rows=lambda x: np.asarray(np.log(line.rows(x))),
        tangent=lambda x: line.tangent(x) / line.rows(x),
        interval=Interval(0.0, 1.0, "()"),
    )


def _logarithms(domain: Domain | None) -> bool:
    """True if the values are logarithms of probabilities."""
    return domain is not None and domain.words.startswith("log-")


def _row(first: float, others: float, classes: int) -> Points:
    return np.array([first, *[others] * (classes - 1)])


def _spread_line(pred: Columns | Ordered) -> Line:
    """A mean that moves with a fixed width, or an interval that slides; the target is 0."""
    if isinstance(pred, Ordered):
        axis = "middle of an interval 2 wide, target 0"
        return _straight(axis, -3.0, 3.0, [-1.0, 1.0], [1.0, 1.0], 0.0)
    axis = f"{' - target, '.join(pred.names)} 1"
    return _straight(axis, -3.0, 3.0, [0.0, 1.0], [1.0, 0.0], 0.0)


def _pair_line(wanted: Domain | None) -> Line:
    """The angle of two vectors of one row, which belong together."""

    def pair(first: NDArray[Any], second: tuple[float, float]) -> NDArray[Any]:
        return np.stack([first, np.broadcast_to(np.array(second), first.shape)], axis=1)

    return _ANGLE._replace(
        axis="angle between two vectors that belong together",
        rows=lambda x: pair(_ANGLE.rows(x), (1.0, 0.0)),
        tangent=lambda x: pair(_ANGLE.tangent(x), (0.0, 0.0)),
        target=positive(wanted),
    )


# A vector that turns, and a fixed one.
_ANGLE = Line(
    "angle between prediction and target", -np.pi, np.pi, Interval(-np.pi, np.pi),
    lambda x: np.stack([np.cos(x), np.sin(x)], axis=-1),
    lambda x: np.stack([-np.sin(x), np.cos(x)], axis=-1),
    np.array([1.0, 0.0]),
)  # fmt: skip
# All thresholds move together; the label is the middle one of three classes.
_THRESHOLDS = _straight(
    "score next to the thresholds -1 and 1; the class between is right",
    -6.0, 6.0, [1.0, -1.0], [1.0, 1.0], 1,
)  # fmt: skip
_BOX = np.array([0.0, 0.0, 2.0, 2.0])
_MASK = np.repeat([1.0, 0.0], 4)  # half are foreground; probabilities move towards the target
_PATTERNS = {
    # The positive moves away; the negative stays at distance 2 in another direction.
    THREE_VECTORS: _straight(
        "distance of the positive, the negative 2 away", 0.0, 4.0,
        [[0.0, 0.0], [0.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], None,
    )._replace(interval=Interval(0.0, ends="[)"), landmarks=(0.0, 1.0, 2.0)),
    MEMBERS: _straight(
        "middle of three members 1 apart, target 0", -3.0, 3.0, [-1.0, 0.0, 1.0], [1.0] * 3, 0.0
    ),
    VECTOR_MEMBERS: _straight(
        "middle of three members 1 apart, target 0", -3.0, 3.0,
        [[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]], [[1.0, 0.0]] * 3, [0.0, 0.0],
    ),
    MASKS: _straight(
        "probability of the right pixels, 1 - it of the others",
        0.0, 1.0, 1.0 - _MASK, 2.0 * _MASK - 1.0, _MASK,
    )._replace(interval=Interval(0.0, 1.0), landmarks=(0.0, 0.5, 1.0)),
    BOXES: _straight(
        "how far a box 2 wide lies to the right of the target", -4.0, 4.0, _BOX, [1, 0, 1, 0], _BOX
    ),
}  # fmt: skip
