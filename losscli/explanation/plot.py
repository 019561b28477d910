"""Several losses in one picture: their curves, where they have an axis in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from losscli.errors import UsageError
from losscli.explanation.curves import Along, Curve, along
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Document, Note, ending

_MOST = 8  # curves that can be told apart


@dataclass(frozen=True, slots=True)
class Plot(Document):
    """Curves on one axis. gradient: whether gradients are drawn; output: the file written."""

    page: ClassVar[str] = "plot"

    axis: str
    low: float
    high: float
    curves: tuple[Curve, ...]
    gradient: bool
    title: str | None
    output: str | None = None
    notes: tuple[Note, ...] = ()
    exit_code: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "schema": "losscli/plot/1",
            "axis": self.axis,
            "low": self.low,
            "high": self.high,
            "title": self.title,
            "output": self.output,
            "curves": [curve.to_dict() for curve in self.curves],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point of a curve."""
        return [record for curve in self.curves for record in curve.to_records()]


def plotted(
    losses: Sequence[BoundLoss],
    ends: tuple[float, float] | None,
    target: float | None,
    *,
    gradient: bool,
    title: str | None,
) -> Plot:
    """The curves of losses.

    Raises UsageError for losses without an axis in common, statistics of a mean, a range in which
    none of them has a value, and more of them than can be told apart.
    """
    if not losses:
        raise UsageError("no loss was asked for", hint="losscli plot smooth_l1 mae mse")
    if len(losses) > _MOST:
        raise UsageError(f"{len(losses)} curves cannot be told apart", hint=f"at most {_MOST}")
    for loss in losses:
        if loss.statistic:
            raise UsageError(
                f"{loss.statistic} is a root of a mean, and has no curve of its own",
                hint=f"losscli plot {loss.loss.name}",
            )
    each = [along(loss, target) for loss in losses]
    if len({one.line.axis for one in each}) > 1:  # errors are predictions too, beside a target
        each = [along(loss, target, errors=False) for loss in losses]
    _check_axes(each)
    low = min(one.line.low for one in each)
    high = max(one.line.high for one in each)
    low, high = (low, high) if ends is None else ends
    curves = tuple(one.curve(low, high) for one in each)
    return Plot(each[0].line.axis, low, high, curves, gradient, title)


def _check_axes(each: Sequence[Along]) -> None:
    first = each[0]
    for other in each[1:]:
        if other.line.axis != first.line.axis:
            raise UsageError(
                f"{first.loss.label} and {other.loss.label} have no axis in common",
                place=f"{first.line.axis}; {other.line.axis}",
                hint="plot them one by one",
            )
