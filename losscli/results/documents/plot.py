"""`Plot`: curves of losses on one axis."""

from typing import Any

from losscli.results.document import Listing, Number, Numbers, Record


class Curve(Record, frozen=True):
    """A loss and its gradient at points of a line.

    axis: the meaning of the coordinate. at: the coordinates. losses: the values. gradients: None if
    unknown.
    """

    label: str
    axis: str
    at: Numbers
    losses: Numbers
    gradients: Numbers | None

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point."""
        gradients = [None] * len(self.at) if self.gradients is None else self.gradients.tolist()
        return [
            {"loss": self.label, "at": x, "value": value, "gradient": gradient}
            for x, value, gradient in zip(
                self.at.tolist(), self.losses.tolist(), gradients, strict=True
            )
        ]


class Plot(Listing, frozen=True, kw_only=True, tag="losscli/plot/1"):
    """Curves on one axis.

    axis: the meaning of the coordinate. low, high: its ends. title: the title of the picture.
    output: the file of the picture. curves: one for each loss. gradient: true if gradients are
    drawn.
    """

    axis: str
    low: Number
    high: Number
    title: str | None
    output: str | None = None
    curves: tuple[Curve, ...]
    gradient: bool = True

    hidden = frozenset({"gradient", "notes"})

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point of a curve."""
        return [record for curve in self.curves for record in curve.to_records()]
