"""`plot`: curves of losses in one picture, or the drawings of a saved result."""

import inspect
import os
from collections.abc import Callable
from typing import Any

from losscli.errors import UsageError
from losscli.explanation.curves import plotted
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.flags import listed
from losscli.plans.functions import public
from losscli.plans.plot import PlotPlan
from losscli.render.files import picture
from losscli.results.document import Record
from losscli.results.documents.plot import Plot
from losscli.results.documents.result_plot import ResultPlot
from losscli.results.store import LATEST
from losscli.sources.opener import read_array

_OF_LOSSES = ("range", "target", "gradient")
_OF_RESULTS = ("show",)


def run_plot(plan: PlotPlan) -> Plot | ResultPlot:
    """The curves of losses and of their gradients, or the drawings of a saved result.

    They are written to a picture where `output` names one. A result has its comparisons, the values
    of its groups, the distributions of its rows, and the history of its config.

    Raises UsageError; DataError for a file that is not a result; MissingError where matplotlib is
    needed and not installed.
    """
    given = listed(plan.loss)
    of_result = any(_is_result(each, plan) for each in given)
    if of_result and len(given) > 1:
        raise UsageError("one result at a time", hint="losscli compare and diff take several")
    for name in _OF_LOSSES if of_result else _OF_RESULTS:
        if getattr(plan, name) != getattr(PlotPlan, name):
            kind = "losses, not of results" if of_result else "results, not of losses"
            raise UsageError(f"--{name} is of {kind}")
    with picture(plan.output) as draw:
        result = _of_result(given[0], plan) if of_result else _of_losses(plan)
        if plan.output is not None:
            draw(result)
            result = result.replace(output=os.fspath(plan.output))
    return result


def _of_losses(plan: PlotPlan) -> Plot:
    losses = [without_penalty(loss) for loss in bind(plan.loss, read_array)]
    ends: Any = plan.range
    return plotted(losses, ends, plan.target, gradient=plan.gradient, title=plan.title)


def _of_result(given: Any, plan: PlotPlan) -> ResultPlot:
    from losscli.commands.results import path_of
    from losscli.explanation.panels import panels_of
    from losscli.results.documents.run import Run
    from losscli.results.history import history_of
    from losscli.results.reader import load

    path = None if isinstance(given, Record) else path_of(os.fspath(given), plan.results)
    result = given if path is None else load(path)
    history = []
    if isinstance(result, Run):
        history = list(history_of(result, path, plan.results, plan.history))
    panels = panels_of(result, plan.show, history)
    return ResultPlot(name=path or result.document_kind(), title=plan.title, panels=panels)


def _is_result(given: Any, plan: PlotPlan) -> bool:
    """True for a result and for the name of one, which a loss cannot have."""
    if isinstance(given, Record):
        return True
    if not isinstance(given, str | os.PathLike):
        return False
    name = os.fspath(given)
    if "\0" in name:
        return False
    latest = os.path.join(plan.results, name, LATEST)  # noqa: PTH118
    return name.endswith(".json") or os.path.isfile(name) or _is_config(name, latest)  # noqa: PTH113


def _is_config(name: str, latest: str) -> bool:
    """True for the name of a config with results, which is not that of a loss."""
    from losscli.losses.registry import modules

    return os.path.isfile(latest) and name not in modules()  # noqa: PTH113


def _of_several(function: Callable[..., Plot | ResultPlot]) -> Callable[..., Plot | ResultPlot]:
    """The same function, with the losses as separate arguments."""

    def plot(*loss: Any, **flags: Any) -> Plot | ResultPlot:
        return function(list(loss), **flags)

    plot.__doc__ = function.__doc__
    losses, *others = inspect.signature(function).parameters.values()
    several = losses.replace(kind=losses.VAR_POSITIONAL, default=losses.empty)
    plot.__signature__ = inspect.Signature([several, *others])  # type: ignore[attr-defined]
    return plot


plot = _of_several(public("plot", PlotPlan, run_plot))
