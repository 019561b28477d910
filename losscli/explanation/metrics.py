"""The facts of metrics: the list of them, and the explanation of one."""

from collections.abc import Mapping
from typing import Any

from losscli.explanation.facts import bounds_of, first_words, plain
from losscli.explanation.kinds import kind_of
from losscli.losses.core.shapes import NUMBERS
from losscli.metrics.core.metric import Metric
from losscli.metrics.registry import all_metrics
from losscli.results.documents.explain_metric import MetricExplanation
from losscli.results.documents.list import MetricFacts, ParamFacts

AS_LOSS = "as the loss"


def explained_metric(
    metric: Metric, params: Mapping[str, Any] | None = None, label: str = ""
) -> MetricExplanation:
    """The explanation of a metric; params: those that are known, else the defaults."""
    known = params or {param.name: param.default for param in metric.params}
    pred, target = metric.domains_of(known)
    variants = (metric, *metric.known_variants)
    return MetricExplanation(
        label=label or metric.name,
        **described_metric(metric),
        latex=metric.latex,
        values={name: plain(value) for name, value in known.items()},
        summary=first_words(metric.terms.__doc__),
        shapes=tuple(dict.fromkeys(each.rows_of.describe() for each in variants)),
        pred=pred.words,
        target="" if target is None else target.words,
        undefined=metric.undefined,
        memory=metric.memory,
        avoid=metric.avoid,
        equivalents=dict(metric.equivalents),
        pitfalls=tuple(metric.pitfalls),
        source=metric.source,
    )


def described_metric(metric: Metric) -> dict[str, Any]:
    """The fields that the list of metrics has too, as `MetricFacts` takes them."""
    return {
        "name": metric.name,
        "aliases": tuple(metric.aliases),
        "family": metric.family,
        "takes": _kinds(metric),
        "formula": metric.formula,
        "params": tuple(
            ParamFacts(p.name, plain(p.default), bounds_of(p), p.meaning, p.kind)
            for p in metric.params
        ),
        "use": metric.use,
        "higher_is_better": metric.higher_is_better,
    }


def _kinds(metric: Metric) -> tuple[str, str]:
    """The kinds of predictions and targets; of a loss's rows those of the loss."""
    if metric.rows_of == NUMBERS:
        return AS_LOSS, AS_LOSS
    return kind_of(metric.pred), kind_of(metric.target)


def listed_metrics() -> list[MetricFacts]:
    """The facts of all metrics, by family and name."""
    return [MetricFacts(**described_metric(metric)) for metric in all_metrics()]
