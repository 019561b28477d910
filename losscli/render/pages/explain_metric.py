"""The page of the explanation of a metric."""

from collections.abc import Iterator

from losscli.render.page import Page, TextLine
from losscli.render.pages.explain import labelled, value_text
from losscli.results.documents.explain_metric import MetricExplanation
from losscli.results.documents.list import ParamFacts
from losscli.results.text import escape

_DIRECTIONS = {True: "higher is better", False: "lower is better", None: "neither is better"}


def page(result: MetricExplanation) -> Page:
    """The facts, then advice."""
    return Page((), (), (), lines=[*_head(result), *_advice(result)])


def _head(result: MetricExplanation) -> Iterator[TextLine]:
    named = result.label if result.name in result.label else f"{result.label}: {result.name}"
    direction = _DIRECTIONS[result.higher_is_better]
    yield TextLine(f"{escape(named)}   metric, {result.family}; {direction}", indent=4)
    yield TextLine(f"  {escape(result.formula)}", indent=4)
    yield from labelled("", result.summary)
    kinds = f"{result.pred}; {result.target}" if result.target else result.pred
    yield from labelled("takes", *result.shapes, kinds)
    yield from labelled("also", ", ".join(result.aliases))
    yield from labelled("params", *(_param(each, result) for each in result.params))


def _param(param: ParamFacts, result: MetricExplanation) -> str:
    bounds = f", {param.bounds}" if param.bounds else ""
    return f"{param.name} = {value_text(result.values[param.name])}{bounds}: {param.meaning}"


def _advice(result: MetricExplanation) -> Iterator[TextLine]:
    yield from labelled("nan where", result.undefined)
    yield from labelled("memory", result.memory)
    yield from labelled("use when", result.use)
    yield from labelled("avoid when", result.avoid)
    yield from labelled("equals", *(f"{name}  {text}" for name, text in result.equivalents.items()))
    yield from labelled("note", *result.pitfalls)
    yield from labelled("source", result.source)
    yield from labelled("next", f"losscli eval PREDS TARGETS -m {result.label}")
