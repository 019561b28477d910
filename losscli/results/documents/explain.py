"""`ExplainDocument`: one loss with its parameters, and its form along a line."""

from typing import Any, Literal, TypeAlias

from losscli.results.document import Document, Note, Number, Record
from losscli.results.documents.list import ParamFacts
from losscli.results.documents.plot import Curve

Growth: TypeAlias = Literal["none", "vanishes", "bounded", "grows", "explodes"]


class Domain(Record, frozen=True):
    """The kind of an argument and the values that it may have, in words."""

    kind: str
    domain: str


class LineEnds(Record, frozen=True):
    """The axis along which a loss is drawn, and its ends."""

    axis: str
    low: Number
    high: Number


class Corner(Record, frozen=True):
    """A point where the gradient, or the value, jumps from left to right."""

    at: Number
    left: Number
    right: Number


class Tail(Record, frozen=True):
    """The behaviour of the gradient far out, or at an end of the domain.

    growth: of its absolute value. limit: its limit, where it is bounded. power: the exponent of its
    growth.
    """

    growth: Growth
    limit: Number | None = None
    power: Number | None = None


class Point(Record, frozen=True):
    """The loss and its gradient at one point of the line."""

    at: Number
    loss: Number
    gradient: Number | None


class ConventionFacts(Record, frozen=True):
    """A convention that `--like` follows: the version of the library, and what is special."""

    version: str
    note: str


class ExplainDocument(Document, frozen=True, kw_only=True, tag="losscli/explain/1"):
    """The facts of a loss as in `losscli/list/1`, its parameters, and its form along a line.

    left, right: its gradient at both ends. largest_gradient: the largest absolute gradient, None
    where it is unbounded or unknown. convex: None where the gradient is unknown. even: True if
    symmetric.
    """

    label: str
    statistic: str | None
    name: str
    aliases: tuple[str, ...]
    derived: tuple[str, ...]
    family: str
    tasks: tuple[str, ...]
    takes: tuple[str, str]
    formula: str
    params: tuple[ParamFacts, ...]
    use: str
    libraries: tuple[str, ...]
    latex: str
    values: dict[str, Any]
    summary: str
    shapes: str
    pred: Domain
    target: Domain | None
    gradient: str
    line: LineEnds
    points: tuple[Point, ...]
    corners: tuple[Corner, ...]
    jumps: tuple[Corner, ...]
    left: Tail
    right: Tail
    largest_gradient: Number | None
    convex: bool | None
    even: bool
    curve: Curve
    avoid: str
    equivalents: dict[str, str]
    conventions: dict[str, ConventionFacts]
    pitfalls: tuple[str, ...]
    source: str
    next: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    hidden = frozenset({"notes"})

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point of the curve."""
        return self.curve.to_records()
