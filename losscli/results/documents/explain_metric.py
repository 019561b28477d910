"""`MetricExplanation`: one metric with its parameters."""

from typing import Any

from losscli.results.document import Listing
from losscli.results.documents.list import ParamFacts


class MetricExplanation(Listing, frozen=True, kw_only=True, tag="losscli/explain-metric/1"):
    """The facts of a metric.

    name: the name of the metric. aliases: other names. takes: the kinds of predictions and targets.
    latex: the formula in LaTeX. params: the parameters that it has. values: their values. summary:
    the metric in words. shapes: those that it accepts. pred, target: their domains.
    higher_is_better: None where neither is. undefined: the rows for which it is nan. memory: bytes
    a row, where it grows with the rows. use, avoid: when to use it, when not. equivalents: code of
    other libraries. pitfalls: in words. source: the source of the definition.
    """

    label: str
    name: str
    aliases: tuple[str, ...]
    family: str
    takes: tuple[str, str]
    formula: str
    latex: str
    params: tuple[ParamFacts, ...]
    values: dict[str, Any]
    summary: str
    shapes: tuple[str, ...]
    pred: str
    target: str
    higher_is_better: bool | None
    undefined: str
    memory: str
    use: str
    avoid: str
    equivalents: dict[str, str]
    pitfalls: tuple[str, ...]
    source: str

    page = "explain_metric"

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record."""
        return [{"name": self.name, "family": self.family, "formula": self.formula}]
