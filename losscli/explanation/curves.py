"""A loss along its line: values, slopes, and what the two say of its shape."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from losscli.errors import UsageError
from losscli.explanation.lines import Line, Points, error_line, labelled, line_of
from losscli.losses.core.domain import Numbers
from losscli.losses.spec.binding import BoundLoss

POINTS = 385  # of a curve: a point at every whole number of a symmetric range
_TRIED = np.array([-2.5, -1.0, -0.25, 0.0, 0.5, 1.75])


class Curve(NamedTuple):
    """A loss and its gradient along a line; gradients are None where none is known."""

    label: str
    axis: str
    at: Points
    losses: Points
    gradients: Points | None

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point."""
        gradients = [None] * len(self.at) if self.gradients is None else self.gradients.tolist()
        return [
            {"loss": self.label, "at": x, "value": value, "gradient": gradient}
            for x, value, gradient in zip(
                self.at.tolist(), self.losses.tolist(), gradients, strict=True
            )
        ]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        gradients = None if self.gradients is None else self.gradients.tolist()
        return {
            "label": self.label,
            "axis": self.axis,
            "at": self.at.tolist(),
            "losses": self.losses.tolist(),
            "gradients": gradients,
        }


class Along:
    """A loss as a function of the one number of its line."""

    def __init__(self, loss: BoundLoss, line: Line) -> None:
        numbers = line.rows(np.array([(line.low + line.high) / 2.0])).ndim == 1
        self.loss, self.line = _of_one_output(loss) if numbers else loss, line

    def values(self, at: Sequence[float] | Points) -> Points:
        """The loss at points of the line."""
        x = np.asarray(at, np.float64)
        with np.errstate(all="ignore"):
            pred, target = self._rows(x)
            return np.asarray(self.loss.loss.rows(_NUMPY, pred, target, self.loss.params))

    def gradients(self, at: Sequence[float] | Points) -> Points | None:
        """Its change along the line, by the declared derivative; None where there is none."""
        x = np.asarray(at, np.float64)
        with np.errstate(all="ignore"):
            pred, target = self._rows(x)
            try:
                found = self.loss.loss.derivative(_NUMPY, pred, target, **self.loss.params)
            except UsageError:  # a plain function
                return None
            moved = found * self.line.direction(x) if pred.ndim > 1 else found
            return np.asarray(moved.reshape(len(x), -1).sum(axis=1))

    def curve(self, low: float, high: float) -> Curve:
        """The loss between two ends, at even steps, where it has a value.

        Raises UsageError where it has none there.
        """
        at = np.linspace(low, high, POINTS)
        at = at[np.asarray(self.line.ends.holds(at), np.bool_)]
        if len(at) < 2:
            words = f"{self.loss.label} is only defined where the {self.line.axis} is"
            raise UsageError(f"{words} {self.line.ends}", hint="another --range")
        return Curve(self.loss.label, self.line.axis, at, self.values(at), self.gradients(at))

    def _rows(self, x: Points) -> tuple[Any, Any]:
        target = self.line.target
        pred = np.ascontiguousarray(self.line.rows(x))
        if target is None:
            return pred, None
        return pred, np.repeat(np.asarray(target)[None], len(x), axis=0)


_NUMPY: Any = np


def along(loss: BoundLoss, target: float | None = None, *, errors: bool = True) -> Along:
    """The loss along its line; a loss that depends on the error alone along that of errors.

    target: of a loss of one number. errors: False for predictions even there.

    Raises UsageError for a target that the loss cannot have, or of a loss of rows.
    """
    if target is not None:
        _check_target(loss, target)
    if errors and not target and of_errors(loss):
        return Along(loss, error_line())
    return Along(loss, line_of(loss, target))


def _check_target(loss: BoundLoss, target: float) -> None:
    wanted = loss.target
    if not isinstance(line_of(loss, target).target, float) or wanted is None:
        raise UsageError(f"{loss.label} takes rows: no one number is its target")
    missing, outside = wanted.violations(np.array([target]))
    if missing is not None or outside is not None:
        raise UsageError(f"{loss.label} takes {wanted.words}; {target:g} is not one")


def of_errors(loss: BoundLoss) -> bool:
    """Whether a loss of one number depends on pred - target alone: tried, at a few of both."""
    wanted = loss.target
    numbers = loss.loss.rows_of.elementwise or loss.loss.rows_of.any_shape
    if not numbers or labelled(wanted) or not (_unbounded(loss.pred) and _unbounded(wanted)):
        return False
    first = Along(loss, error_line()).values(_TRIED)
    return all(
        np.allclose(_beside(loss, target), first, rtol=1e-9, atol=1e-300)
        for target in (-4.0, 2.0, 16.0)
    )


def _beside(loss: BoundLoss, target: float) -> Points:
    """The loss of a few errors beside a target."""
    return Along(loss, error_line()._replace(target=target)).values(_TRIED + target)


def _unbounded(domain: Any) -> bool:
    return isinstance(domain, Numbers) and not domain.bounded


def _of_one_output(loss: BoundLoss) -> BoundLoss:
    """The same with the first number of each parameter by columns."""
    params = {
        name: value[0] if np.ndim(value) == 1 else value for name, value in loss.params.items()
    }
    return loss._replace(params=params)
