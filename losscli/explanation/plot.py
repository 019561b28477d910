"""Several losses in one picture: their curves, where they have an axis in common."""

from collections.abc import Sequence

from losscli.errors import UsageError
from losscli.explanation.curves import LossOnLine, on_line
from losscli.losses.spec.binding import BoundLoss
from losscli.results.documents.plot import Plot

_MOST_CURVES = 8  # that can be distinguished


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
