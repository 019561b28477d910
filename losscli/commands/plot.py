"""`plot`: curves of losses in one picture."""

from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from losscli.errors import MissingError
from losscli.explanation.plot import Plot, plotted
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.flags import check_flags
from losscli.plans.plot import PlotPlan
from losscli.results.files import OutputFile
from losscli.sources.source import read_array


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
    with ExitStack() as stack:
        picture = None
        if plan.output is not None:
            if find_spec("matplotlib") is None:
                raise MissingError("a picture needs matplotlib", hint="pip install 'losscli[plot]'")
            picture = stack.enter_context(OutputFile(plan.output))
        losses = [without_penalty(loss) for loss in bind(plan.loss, read_array)]
        ends: Any = plan.range
        result = plotted(losses, ends, plan.target, gradient=plan.gradient, title=plan.title)
        if picture is not None:
            from losscli.render.pictures import draw

            picture.write(draw(result, picture.path))
            picture.commit()
            result = replace(result, output=picture.path)
    return result
