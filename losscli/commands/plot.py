"""`plot`: curves of losses in one picture."""

import os
from dataclasses import replace
from typing import Any

from losscli.explanation.plot import Plot, plotted
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.flags import check_flags
from losscli.plans.plot import PlotPlan
from losscli.render.files import picture
from losscli.sources.tables import read_array


def plot(*losses: Any, **flags: Any) -> Plot:
    """The curves of losses and of their gradients, written to a picture where `output` names one.

    losses: specs, losses of `losscli.losses`, or functions.
    flags: the fields of `losscli.plans.plot.PlotPlan`, which are the long flags of `losscli plot`.

    Raises UsageError, or MissingError where matplotlib is needed and not installed.
    """
    check_flags(PlotPlan, flags)
    return run_plot(PlotPlan(list(losses), **flags))


def run_plot(plan: PlotPlan) -> Plot:
    """Draw as planned."""
    with picture(plan.output) as draw:
        losses = [without_penalty(loss) for loss in bind(plan.loss, read_array)]
        ends: Any = plan.range
        result = plotted(losses, ends, plan.target, gradient=plan.gradient, title=plan.title)
        if plan.output is not None:
            draw(result)
            result = replace(result, output=os.fspath(plan.output))
    return result
