"""Specs bound to metrics: `f1:average=macro`, `mine=accuracy`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from losscli.errors import UsageError
from losscli.losses.core.domain import Domain
from losscli.losses.spec.binding import value_of
from losscli.losses.spec.grammar import Spec, parse
from losscli.metrics.core.metric import Metric
from losscli.metrics.registry import find


@dataclass(frozen=True, eq=False)
class BoundMetric:
    """A metric with its parameters and its label; words: the spec without it."""

    declared: Metric
    params: Mapping[str, Any]
    label: str
    words: str = ""

    @cached_property
    def roles(self) -> tuple[tuple[str, Domain], ...]:
        """The domains of the roles that it takes, under these parameters."""
        pred, target = self.declared.domains_of(self.params)
        known = (("preds", pred), ("targets", target))
        return tuple((role, domain) for role, domain in known if domain is not None)

    def variant_for(self, pred: Sequence[int], target: Sequence[int] | None) -> "BoundMetric":  # noqa: ARG002
        """The metric that the name means for rows of these shapes: itself."""
        return self

    def check_shapes(self, pred: Sequence[int], target: Sequence[int] | None) -> None:
        """Check the shapes of a row of pred and of target, without N.

        Raises DataError for shapes that do not match, UsageError for a parameter that does not.
        """
        self.declared.check_shapes(pred, target, self.params)


def bind(spec: "str | Metric | BoundMetric | Sequence[Any]") -> list[BoundMetric]:
    """The metrics of a spec, a metric or a list of them, with unique labels.

    Raises UsageError for an invalid spec, an unknown metric or parameter, or a duplicate label.
    """
    items = [spec] if isinstance(spec, str | Metric | BoundMetric) else spec
    bound = [metric for item in items for metric in _bound(item)]
    labels = [metric.label for metric in bound]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(
                f"two metrics have the label {label!r}",
                hint=f"give one another label: -m other={label}",
            )
    return bound


def _bound(item: Any) -> list[BoundMetric]:
    if isinstance(item, BoundMetric):
        return [item]
    if isinstance(item, Metric):
        return [BoundMetric(item, item.resolve({}), item.name)]
    if isinstance(item, str):
        return [_of_spec(spec) for spec in parse(item)]
    raise UsageError(f"a metric is a spec or a Metric, not {item!r}")


def _of_spec(spec: Spec) -> BoundMetric:
    if not spec.plain:
        raise UsageError(f"{str(spec)!r} is a sum: metrics cannot be added", hint="-m NAME")
    term = spec.terms[0]
    if term.where:
        raise UsageError(f"{term} is user code: only losses are", hint=f"-l {term}")
    metric = find(term.name)
    given = {key: value_of(text) for key, text in term.given}
    words = str(spec._replace(label=""))
    return BoundMetric(metric, metric.resolve(given), spec.label or words, words)
