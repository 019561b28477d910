"""`ResultPlot`: the drawings of a saved result."""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from msgspec import field

from losscli.results.document import Interval, Listing, Number, Record

PanelKind: TypeAlias = Literal["comparison", "groups", "distribution", "history"]


class PlotPoint(Record, frozen=True):
    """A value with its name.

    name: a model, a group, a bin as `[0, 2)`, or a commit. value: None where a run gave none.
    status: a verdict, or the status of a run; empty without one.
    """

    name: str
    value: Number | None
    ci: Interval | None = None
    status: str = ""


class Panel(Record, frozen=True, kw_only=True):
    """One drawing.

    kind: comparison: differences of models; groups: values by group; distribution: the rows of each
    bin; history: the values of runs, the oldest first. title: for people. axis: the name of the
    values. points: from the top, from the left, or in time. reference: a value that is marked, such
    as 0 for differences, or the mean of all rows. margin: the difference that does not matter.
    limits: of gates. quantiles: of the rows of a distribution, by name. edges: of its bins.
    """

    kind: PanelKind
    title: str
    axis: str
    points: tuple[PlotPoint, ...]
    reference: Number | None = None
    margin: Number | None = None
    limits: tuple[Number, ...] = ()
    quantiles: dict[str, Number] = field(default_factory=dict)
    edges: tuple[Number, ...] = ()

    optional = frozenset({"limits", "quantiles", "edges"})


class ResultPlot(Listing, frozen=True, kw_only=True, tag="losscli/result-plot/1"):
    """The drawings of a saved result.

    name: the file of the result, or the kind of one that is in no file. title: of the picture.
    output: the file of the picture. panels: the drawings.
    """

    name: str
    title: str | None = None
    output: str | None = None
    panels: tuple[Panel, ...]

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point."""
        return list(self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        for panel in self.panels:
            for point in panel.points:
                low, high = point.ci or (None, None)
                found = {"panel": panel.kind, "title": panel.title} | point.to_dict()
                del found["ci"]
                yield found | {"ci_low": low, "ci_high": high}
