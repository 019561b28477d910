"""`ExplainDocument`: one loss with its parameters, and its form along a line."""

from typing import Any, Literal

from losscli.results.document import Listing, Number, Record
from losscli.results.documents.list import ParamFacts
from losscli.results.documents.plot import Curve


class Domain(Record, frozen=True):
    """The domain of an argument.

    kind: the kind of value. domain: the accepted values, in words.
    """

    kind: str
    domain: str


class LineEnds(Record, frozen=True):
    """The axis along which a loss is drawn.

    axis: the meaning of the coordinate. low, high: its ends.
    """

    axis: str
    low: Number
    high: Number


class Corner(Record, frozen=True):
    """A point where the gradient, or the value, jumps.

    at: the coordinate. left, right: the limits of either side.
    """

    at: Number
    left: Number
    right: Number


class Tail(Record, frozen=True):
    """The behaviour of the gradient far out, or at an end of the domain.

    growth: the growth of its absolute value. limit: its limit, if it is bounded. power: the
    exponent of its growth.
    """

    growth: Literal["none", "vanishes", "bounded", "grows", "explodes"]
    limit: Number | None = None
    power: Number | None = None


class Point(Record, frozen=True):
    """The loss and its gradient at one point of the line.

    at: the coordinate. loss: its value. gradient: its slope; None if unknown.
    """

    at: Number
    loss: Number
    gradient: Number | None


class ConventionFacts(Record, frozen=True):
    """A convention that `--like` follows.

    version: the version of the library. note: what is special.
    """

    version: str
    note: str


class ExplainDocument(Listing, frozen=True, kw_only=True, tag="losscli/explain/1"):
    """The facts of a loss and its behaviour along a line.

    statistic: the derived statistic that was requested. name: the name of the loss. aliases: other
    names. derived: statistics of its mean. tasks: what it is for. takes: the kinds of predictions
    and targets. params: the parameters that it has. libraries: those whose conventions `--like`
    follows. latex: the formula. values: the values of the parameters. summary: the loss in words.
    shapes: those that it accepts. pred, target: their domains. gradient: in words. line: along
    which it was evaluated. points: on the line. corners: where the gradient jumps. jumps: where the
    value jumps. left, right: its gradient at both ends. largest_gradient: the largest absolute
    gradient; None if it is unbounded or unknown. convex: None if the gradient is unknown. even:
    true if symmetric. curve: as drawn. avoid: when to avoid it. equivalents: code of other
    libraries. conventions: those that `--like` follows, by library. pitfalls: in words. source: the
    source of the definition. next: related commands.
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

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point of the curve."""
        return self.curve.to_records()
