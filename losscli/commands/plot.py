"""`plot`: curves of losses in one picture."""

import inspect
import os
from collections.abc import Callable
from typing import Any

from losscli.explanation.curves import plotted
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.functions import public
from losscli.plans.plot import PlotPlan
from losscli.render.files import picture
from losscli.results.documents.plot import Plot
from losscli.sources.opener import read_array


def run_plot(plan: PlotPlan) -> Plot:
    """The curves of losses and of their gradients, written to a picture where `output` names one.

    Raises UsageError, or MissingError where matplotlib is needed and not installed.
    """
    with picture(plan.output) as draw:
        losses = [without_penalty(loss) for loss in bind(plan.loss, read_array)]
        ends: Any = plan.range
        result = plotted(losses, ends, plan.target, gradient=plan.gradient, title=plan.title)
        if plan.output is not None:
            draw(result)
            result = result.replace(output=os.fspath(plan.output))
    return result


def _of_several(function: Callable[..., Plot]) -> Callable[..., Plot]:
    """The same function, with the losses as separate arguments."""

    def plot(*loss: Any, **flags: Any) -> Plot:
        return function(list(loss), **flags)

    plot.__doc__ = function.__doc__
    losses, *others = inspect.signature(function).parameters.values()
    several = losses.replace(kind=losses.VAR_POSITIONAL, default=losses.empty)
    plot.__signature__ = inspect.Signature([several, *others])  # type: ignore[attr-defined]
    return plot


plot = _of_several(public("plot", PlotPlan, run_plot))
