"""The line along which a loss is looked at: one number, and the rows that it stands for.

A loss of one number is its own line. A loss of rows is cut along one that says something: the score
of the right class beside the others, a box that slides, an angle between vectors. Which one it is
follows from the shapes and domains of the declaration alone.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.losses.core.columns import Columns, Ordered
from losscli.losses.core.domain import LOGIT, REAL, Domain, Interval, Numbers
from losscli.losses.core.labels import Choice, IntegerLabels
from losscli.losses.core.probabilities import Simplex
from losscli.losses.core.shapes import BOXES, MASKS, MEMBERS, THREE_VECTORS, TWO_VECTORS, Rows
from losscli.losses.spec.binding import BoundLoss

Points: TypeAlias = NDArray[np.float64]

_CLASSES = 3
_SCORE = "logit or score"


class Line(NamedTuple):
    """A line through rows of predictions, beside one row of targets.

    axis: what its number is. low, high: the part that is drawn. ends: where it may go at all.
    rows: the rows of predictions at its points. direction: how these change along it, point by
    point; their shape. target: the row of targets; None for a loss that takes none.
    marks: the points that are told of by their names, such as 0 or 1.
    """

    axis: str
    low: float
    high: float
    ends: Interval
    rows: Callable[[Points], NDArray[Any]]
    direction: Callable[[Points], NDArray[Any]]
    target: Any
    marks: tuple[float, ...] = (0.0,)

    @property
    def unbounded(self) -> bool:
        """Whether it goes on to both sides."""
        return bool(np.isinf(self.ends.low) and np.isinf(self.ends.high))

    def inside(self, x: float) -> bool:
        """Whether a point belongs to it."""
        return bool(self.ends.holds(x))


FREE = Interval(ends="()")


def line_of(loss: BoundLoss, target: float | None = None) -> Line:
    """The line of a loss under its parameters; target: of a loss of one number, where it is given.

    Whether a loss is one of errors alone is not looked at here: see `curves.along`.
    """
    rows = loss.loss.rows_of
    pred, wanted = loss.loss.domains_of(loss.params)
    if rows.elementwise or rows.any_shape or any(form[0] == () for form in rows.forms):
        return number_line(pred, wanted, target)
    if rows in _PATTERNS:
        return _PATTERNS[rows](wanted)
    if isinstance(pred, Columns | Ordered):
        return _spread_line(pred)
    if loss.loss.indexed(()):
        ignored = loss.params.get("ignore_index") == 0
        return (
            _threshold_line()
            if rows.extra_classes
            else _class_line(pred, int(ignored), _classes(loss))
        )
    return _row_line(rows, pred, wanted, _classes(loss))


def _row_line(rows: Rows, pred: Domain, wanted: Domain | None, classes: int) -> Line:
    if rows.pred_row(classes) == (2,):
        axis = "first score - second, the first is to win"
        return _straight(axis, -6.0, 6.0, np.array([0.0, 0.0]), np.array([1.0, 0.0]), 1.0)
    if any(isinstance(one, Simplex) or _logarithms(one) for one in (pred, wanted)):
        return _shares_line(pred, wanted, classes)
    if pred is REAL:
        return _angle_line()
    return _class_line(pred, _first_of(wanted, classes), classes)


def number_line(pred: Domain, wanted: Domain | None, target: float | None = None) -> Line:
    """The prediction itself, beside a target that is 1 where labels are, and else as given."""
    given = positive(wanted) if target is None else target
    ends = pred.interval if isinstance(pred, Numbers) else Interval(ends="()")
    kind = _singular(pred)
    if isinstance(pred, IntegerLabels):
        return Line(f"nearest label, target {given:g}", given - 2.0, given + 2.0, FREE,
                    np.round, np.ones_like, given)  # fmt: skip
    low, high = ends.low, ends.high
    if np.isinf(low) and np.isinf(high):
        around = 0.0 if labelled(wanted) else given
        reach = 6.0 if pred is LOGIT else 3.0
        low, high = around - reach, around + reach
    elif np.isinf(high):
        low, high = low, low + 4.0 * max(1.0, given - low)
    return Line(
        f"{kind}, target {given:g}", low, high, ends, lambda x: x, np.ones_like, given,
        marks=(0.0, given) if given else (0.0,),
    )  # fmt: skip


def error_line() -> Line:
    """The error of a prediction, for losses that depend on nothing else."""
    return Line("pred - target", -3.0, 3.0, FREE, lambda x: x, np.ones_like, 0.0)


def labelled(wanted: Domain | None) -> bool:
    """Whether targets are one of a few values."""
    return isinstance(wanted, Choice) or bool(isinstance(wanted, Numbers) and wanted.often)


def positive(wanted: Domain | None) -> float:
    """The target that a curve is drawn for: the largest label, or 1."""
    if isinstance(wanted, Choice):
        return max(wanted.values)
    if isinstance(wanted, Numbers) and wanted.often:
        return max(wanted.often)
    return 1.0


def _singular(pred: Domain) -> str:
    """What one prediction is called; losses of logits and of scores share their axes."""
    words = {"probabilit": "probability", "logit": _SCORE, "score": _SCORE,
             "similarit": "similarity"}  # fmt: skip
    return next((word for start, word in words.items() if start in pred.words), "prediction")


def _classes(loss: BoundLoss) -> int:
    """How many columns a row has: as many as a parameter by columns, else a few."""
    sizes = [
        len(loss.params[p.name]) for p in loss.loss.params if np.ndim(loss.params[p.name]) == 1
    ]
    return max([size - loss.loss.rows_of.extra_classes for size in sizes], default=_CLASSES)


def _straight(
    axis: str,
    low: float,
    high: float,
    start: NDArray[Any],
    step: NDArray[Any],
    target: Any,
    ends: Interval = FREE,
    marks: tuple[float, ...] = (0.0,),
) -> Line:
    """A straight line: start + x step."""

    def along(x: Points) -> Points:
        return x.reshape(-1, *(1,) * step.ndim)

    return Line(
        axis, low, high, ends,
        lambda x: start + along(x) * step,
        lambda x: np.broadcast_to(step, (len(x), *step.shape)),
        target, marks,
    )  # fmt: skip


def _class_line(pred: Domain, target: Any, classes: int) -> Line:
    """The prediction of one class moves: that of the target, of a row of targets the first."""
    right = np.zeros(classes)
    right[target if isinstance(target, int) else 0] = 1.0
    if isinstance(pred, Simplex):
        return _shares_line(pred, None, classes, target)
    if _logarithms(pred):
        axis = "log-probability of the right class"
        ends = Interval(high=0.0, ends="(]")
        return _straight(axis, -6.0, 0.0, right - 1.0, right, target, ends)
    axis = f"{_singular(pred)} of the right class, the others 0"
    return _straight(axis, -6.0, 6.0, np.zeros(classes), right, target)


def _shares_line(pred: Domain, wanted: Domain | None, classes: int, target: Any = None) -> Line:
    """The share of the first class grows at the cost of the others, which stay alike."""
    rest = 1.0 / (classes - 1) if classes > 1 else 0.0
    start = np.full(classes, rest)
    start[0] = 0.0
    step = np.full(classes, -rest)
    step[0] = 1.0
    axis = "probability of the right class"
    if target is None:
        truth = np.full(classes, 0.4 * rest)
        truth[0] = 0.6
        axis = "probability of the first class, which truly has 0.6"
        target = np.log(truth) if _logarithms(wanted) else truth
    ends = Interval(0.0, 1.0)
    line = _straight(axis, 0.0, 1.0, start, step, target, ends, (0.0, 0.6, 1.0))
    if not _logarithms(pred):
        return line

    def logs(x: Points) -> NDArray[Any]:
        return np.asarray(np.log(line.rows(x)))

    return line._replace(
        rows=logs,
        direction=lambda x: line.direction(x) / line.rows(x),
        ends=Interval(0.0, 1.0, "()"),
    )


def _logarithms(domain: Domain | None) -> bool:
    """Whether the numbers are logarithms of probabilities."""
    return domain is not None and domain.words.startswith("log-")


def _first_of(wanted: Domain | None, classes: int) -> Any:
    """A row of targets of which the first is positive, the others negative."""
    signs = isinstance(wanted, Choice) and 0.0 not in wanted.values
    target = np.full(classes, -1.0 if signs else 0.0)
    target[0] = 1.0
    return target


def _threshold_line() -> Line:
    """All thresholds move together; the middle one of three classes is right."""
    axis = "score beside the thresholds -1 and 1; the class between is right"
    return _straight(axis, -6.0, 6.0, np.array([1.0, -1.0]), np.array([1.0, 1.0]), 1)


def _spread_line(pred: Columns | Ordered) -> Line:
    """A mean that moves beside a fixed width, or an interval that slides; the target is 0."""
    if isinstance(pred, Ordered):
        axis = "middle of an interval 2 wide, target 0"
        return _straight(axis, -3.0, 3.0, np.array([-1.0, 1.0]), np.array([1.0, 1.0]), 0.0)
    axis = f"{' - target, '.join(pred.names)} 1"
    return _straight(axis, -3.0, 3.0, np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.0)


def _angle_line() -> Line:
    """A vector that turns beside one that stands."""
    turn = float(np.pi)
    return Line(
        "angle between prediction and target", -turn, turn, Interval(-turn, turn),
        lambda x: np.stack([np.cos(x), np.sin(x)], axis=-1),
        lambda x: np.stack([-np.sin(x), np.cos(x)], axis=-1),
        np.array([1.0, 0.0]),
    )  # fmt: skip


def _pair_line(wanted: Domain | None) -> Line:
    """The same of two vectors of one row, which belong together."""
    angle = _angle_line()

    def beside(first: NDArray[Any], second: tuple[float, float]) -> NDArray[Any]:
        return np.stack([first, np.broadcast_to(np.array(second), first.shape)], axis=1)

    return angle._replace(
        axis="angle between two vectors that belong together",
        rows=lambda x: beside(angle.rows(x), (1.0, 0.0)),
        direction=lambda x: beside(angle.direction(x), (0.0, 0.0)),
        target=positive(wanted),
    )


def _triplet_line(_: Domain | None) -> Line:
    """The positive goes away; the negative stands at 2, to another side."""
    start = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 2.0]])
    step = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    axis = "distance of the positive, the negative 2 away"
    ends = Interval(0.0, ends="[)")
    return _straight(axis, 0.0, 4.0, start, step, None, ends, (0.0, 1.0, 2.0))


def _member_line(_: Domain | None) -> Line:
    axis = "middle of three members 1 apart, target 0"
    return _straight(axis, -3.0, 3.0, np.array([-1.0, 0.0, 1.0]), np.ones(3), 0.0)


def _mask_line(_: Domain | None) -> Line:
    """Half of the pixels are right, and the mask becomes surer of them and of the others."""
    right = np.repeat([1.0, 0.0], 4)
    axis = "probability of the right pixels, 1 - it of the others"
    ends = Interval(0.0, 1.0)
    return _straight(axis, 0.0, 1.0, 1.0 - right, 2.0 * right - 1.0, right, ends, (0.0, 0.5, 1.0))


def _box_line(_: Domain | None) -> Line:
    """A box slides over one of its size."""
    box = np.array([0.0, 0.0, 2.0, 2.0])
    axis = "how far a box 2 wide lies to the right of the target"
    return _straight(axis, -4.0, 4.0, box, np.array([1.0, 0.0, 1.0, 0.0]), box)


_PATTERNS: dict[Rows, Callable[[Domain | None], Line]] = {
    TWO_VECTORS: _pair_line,
    THREE_VECTORS: _triplet_line,
    MEMBERS: _member_line,
    MASKS: _mask_line,
    BOXES: _box_line,
}
