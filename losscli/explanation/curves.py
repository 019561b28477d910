"""Losses along their lines: values and gradients, one by one and in one picture."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.explanation.lines import Line, Points, error_line, labelled, line_of
from losscli.losses.core.domain import Numbers
from losscli.losses.spec.binding import BoundLoss
from losscli.results.documents.plot import Curve, Plot

POINTS = 385  # of a curve: a point at every integer of a symmetric range
_TEST_ERRORS = np.array([-2.5, -1.0, -0.25, 0.0, 0.5, 1.75])
_MOST_CURVES = 8  # that can be distinguished


class LossOnLine:
    """A loss as a function of the parameter of a line."""

    def __init__(self, loss: BoundLoss, line: Line) -> None:
        numbers = line.rows(np.array([(line.low + line.high) / 2.0])).ndim == 1
        if numbers:  # the first number of each parameter by columns
            params = {k: v[0] if np.ndim(v) == 1 else v for k, v in loss.params.items()}
            loss = replace(loss, params=params)
        self.loss, self.line = loss, line

    def values(self, at: Sequence[float] | Points) -> Points:
        """The loss at N points of the line."""
        x = np.asarray(at, np.float64)
        with np.errstate(all="ignore"):
            pred, target = self._rows(x)
            return np.asarray(self.loss.loss.rows(np, pred, target, self.loss.params))

    def gradients(self, at: Sequence[float] | Points) -> Points | None:
        """The derivative along the line by the chain rule; None where none is declared."""
        x = np.asarray(at, np.float64)
        with np.errstate(all="ignore"):
            pred, target = self._rows(x)
            try:
                slopes = self.loss.loss.derivative(np, pred, target, **self.loss.params)
            except UsageError:  # a plain function
                return None
            by_entry = slopes * self.line.tangent(x) if pred.ndim > 1 else slopes
            return np.asarray(by_entry.reshape(len(x), -1).sum(axis=1))

    def curve(self, low: float, high: float) -> Curve:
        """The loss at even steps from low to high, where it is defined.

        Raises UsageError where it is not defined there.
        """
        at = np.linspace(low, high, POINTS)
        at = at[np.asarray(self.line.interval.holds(at), np.bool_)]
        if len(at) < 2:
            words = f"{self.loss.label} is only defined where the {self.line.axis} is"
            raise UsageError(f"{words} {self.line.interval}", hint="choose another --range")
        return Curve(self.loss.label, self.line.axis, at, self.values(at), self.gradients(at))

    def _rows(self, x: Points) -> tuple[Any, Any]:
        target = self.line.target
        pred = np.ascontiguousarray(self.line.rows(x))
        if target is None:
            return pred, None
        return pred, np.repeat(np.asarray(target)[None], len(x), axis=0)


def on_line(loss: BoundLoss, target: float | None = None, *, errors: bool = True) -> LossOnLine:
    """The loss along its line, which is that of errors for a loss that depends on them alone.

    target: of an elementwise loss. errors: False for the line of predictions in any case.

    Raises UsageError for a target outside the loss's domain, or of a loss of rows.
    """
    if target is not None:
        _check_target(loss, target)
    if errors and not target and of_errors(loss):
        return LossOnLine(loss, error_line())
    return LossOnLine(loss, line_of(loss, target))


def _check_target(loss: BoundLoss, target: float) -> None:
    wanted = loss.target
    if not isinstance(line_of(loss, target).target, float) or wanted is None:
        raise UsageError(f"{loss.label} takes rows: it has no single number as target")
    missing, outside = wanted.violations(np.array([target]))
    if missing is not None or outside is not None:
        raise UsageError(f"{loss.label} takes {wanted.words}; {target:g} is not valid")


def of_errors(loss: BoundLoss) -> bool:
    """True if an elementwise loss depends on pred - target alone, as tested at a few points."""
    wanted = loss.target
    numbers = loss.loss.rows_of.elementwise or loss.loss.rows_of.any_shape
    if not numbers or labelled(wanted) or not (_unbounded(loss.pred) and _unbounded(wanted)):
        return False
    first, *others = (
        LossOnLine(loss, error_line()._replace(target=target)).values(_TEST_ERRORS + target)
        for target in (0.0, -4.0, 2.0, 16.0)
    )
    return all(np.allclose(other, first, rtol=1e-9, atol=1e-300) for other in others)


def _unbounded(domain: Any) -> bool:
    return isinstance(domain, Numbers) and not domain.bounded


def plotted(
    losses: Sequence[BoundLoss],
    ends: tuple[float, float] | None,
    target: float | None,
    *,
    gradient: bool,
    title: str | None,
) -> Plot:
    """The curves of losses.

    Raises UsageError for losses without a common axis, statistics of a mean, a range in which one
    of them is not defined, and more of them than can be distinguished.
    """
    if not losses:
        raise UsageError("no loss given", hint="losscli plot smooth_l1 mae mse")
    if len(losses) > _MOST_CURVES:
        raise UsageError(
            f"{len(losses)} curves cannot be distinguished", hint=f"at most {_MOST_CURVES}"
        )
    for loss in losses:
        if loss.statistic:
            raise UsageError(
                f"{loss.statistic} is a root of a mean, which has no curve",
                hint=f"losscli plot {loss.loss.name}",
            )
    drawn = [on_line(loss, target) for loss in losses]
    if len({loss.line.axis for loss in drawn}) > 1:  # with a target, predictions serve all
        drawn = [on_line(loss, target, errors=False) for loss in losses]
    _check_axes(drawn)
    low = min(loss.line.low for loss in drawn)
    high = max(loss.line.high for loss in drawn)
    low, high = (low, high) if ends is None else ends
    curves = tuple(loss.curve(low, high) for loss in drawn)
    axis = drawn[0].line.axis
    return Plot(axis=axis, low=low, high=high, title=title, curves=curves, gradient=gradient)


def _check_axes(losses: Sequence[LossOnLine]) -> None:
    first, *others = losses
    for other in others:
        if other.line.axis != first.line.axis:
            raise UsageError(
                f"{first.loss.label} and {other.loss.label} have no common axis",
                place=f"{first.line.axis}; {other.line.axis}",
                hint="plot them one by one",
            )
