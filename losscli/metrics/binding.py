"""Specs bound to metrics: `f1:average=macro`, `mine=accuracy`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from losscli.errors import UsageError
from losscli.losses.core.domain import Domain, Numbers
from losscli.losses.core.params import ColumnName
from losscli.losses.spec.binding import BoundLoss, value_of
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
        columns = ((name.role, self._domain_of(param)) for param, name in self.columns)
        return (*((role, domain) for role, domain in known if domain is not None), *columns)

    @cached_property
    def columns(self) -> tuple[tuple[str, ColumnName], ...]:
        """The parameters that have a number for each row, and the names of their columns."""
        found = self.params.items()
        return tuple((param, name) for param, name in found if isinstance(name, ColumnName))

    def _domain_of(self, param: str) -> Domain:
        """The numbers that a parameter may have."""
        (bounds,) = (each.by_row for each in self.declared.params if each.name == param)
        assert bounds is not None
        return Numbers(f"{param} {bounds}", "", bounds)

    def variant_for(self, pred: Sequence[int], target: Sequence[int] | None) -> "BoundMetric":
        """The metric that the name means for rows of these shapes, under the same label.

        Raises UsageError where it lacks a parameter that was given.
        """
        metric = self.declared.variant_for(tuple(pred), target)
        return self if metric is self.declared else _variant(self, metric)

    def check_shapes(self, pred: Sequence[int], target: Sequence[int] | None) -> None:
        """Check the shapes of a row of pred and of target, without N.

        Raises DataError for shapes that do not match, UsageError for a parameter that does not.
        """
        targeted = self.declared.rows_of.targeted
        self.declared.check_shapes(pred, target if targeted else None, self.params)


@lru_cache(maxsize=256)  # one object, so that what is kept of it is found again
def _variant(bound: BoundMetric, metric: Metric) -> BoundMetric:
    defaults = {param.name: param.default for param in bound.declared.params}
    given = {n for n, value in bound.params.items() if not _same(value, defaults.get(n))}
    return replace(bound, declared=metric, params=metric.adopted(bound.params, given))


def _same(value: Any, default: Any) -> bool:
    return value is default or (np.ndim(value) == 0 and bool(value == default))


def bind(
    spec: "str | Metric | BoundMetric | Sequence[Any]", at: Callable[[str], str] = str
) -> list[BoundMetric]:
    """The metrics of a spec, a metric or a list of them, with unique labels.

    at: gives the path of a file, such as that of `train=@train.npy`, by its name in a spec.

    Raises UsageError for an invalid spec, an unknown metric or parameter, or a duplicate label.
    """
    items = spec if isinstance(spec, list | tuple) else [spec]
    bound = [metric for item in items for metric in _bound(item, at)]
    labels = [metric.label for metric in bound]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(
                f"two metrics have the label {label!r}",
                hint=f"give one another label: -m other={label}",
            )
    return bound


def bind_with_losses(
    spec: Any, losses: Sequence[BoundLoss], at: Callable[[str], str] = str
) -> list[BoundMetric]:
    """The metrics of a spec, as `bind`; raises UsageError where a loss has the label of one."""
    metrics, labels = bind(spec, at), {loss.label for loss in losses}
    for metric in metrics:
        if metric.label in labels:
            raise UsageError(
                f"a loss and a metric have the label {metric.label!r}",
                hint=f"give one another label: -m other={metric.label}",
            )
    return metrics


def _bound(item: Any, at: Callable[[str], str]) -> list[BoundMetric]:
    if isinstance(item, BoundMetric):
        return [item]
    if isinstance(item, Metric):
        return [_with_params(item, {}, item.name, item.name)]
    if isinstance(item, str):
        return [_of_spec(spec, at) for spec in parse(item)]
    raise UsageError(f"a metric is a spec or a Metric, not {item!r}")


def _of_spec(spec: Spec, at: Callable[[str], str]) -> BoundMetric:
    if not spec.plain:
        raise UsageError(f"{str(spec)!r} is a sum: metrics cannot be added", hint="-m NAME")
    term = spec.terms[0]
    if term.where:
        raise UsageError(f"{term} is user code: only losses are", hint=f"-l {term}")
    metric = find(term.name)
    given = {key: _value(text, at) for key, text in term.given}
    words = str(spec._replace(label=""))
    return _with_params(metric, given, spec.label or words, words)


def _with_params(metric: Metric, given: Mapping[str, Any], label: str, words: str) -> BoundMetric:
    params = metric.resolve(given)
    return BoundMetric(metric.for_params(params), params, label, words)


def _value(text: str, at: Callable[[str], str]) -> Any:
    if text.startswith("@"):
        from losscli.sources.opener import read_array

        return read_array(at(text[1:].strip()))
    return value_of(text)
