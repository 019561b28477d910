"""The public verbs that show losses: `explain` and `plot`."""

from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from losscli.errors import MissingError, UsageError
from losscli.explanation.facts import Explanation, explained
from losscli.explanation.plot import Plot, plotted
from losscli.flags import check_flags
from losscli.losses.spec import bind, rows_only
from losscli.plans import PlotPlan
from losscli.results import OutputFile
from losscli.sources.source import read_array


def explain(loss: Any) -> Explanation:
    """What a loss is and how it behaves: its declaration, and what is computed of it.

    loss: a spec such as "smooth_l1:beta=0.5", a loss of `losscli.losses`, or a function.

    >>> [corner.at for corner in explain("mae").form.corners]
    [0.0]
    """
    first, *more = map(rows_only, bind(loss, read_array))
    if more:
        raise UsageError("one loss is explained at a time", hint=f"losscli explain {first.label}")
    return explained(first)


def plot(*losses: Any, **flags: Any) -> Plot:
    """The curves of losses and of their gradients, written to a picture where `output` names one.

    losses: specs, losses of `losscli.losses`, or functions.
    flags: the fields of `losscli.plans.PlotPlan`, which are the long flags of `losscli plot`.

    Raises UsageError, or MissingError where matplotlib is needed and not installed.
    """
    check_flags(PlotPlan, flags)
    return carry_out_plot(PlotPlan(list(losses), **flags))


def carry_out_plot(plan: PlotPlan) -> Plot:
    """Draw as planned."""
    with ExitStack() as stack:
        picture = None
        if plan.output is not None:
            if find_spec("matplotlib") is None:
                raise MissingError("a picture needs matplotlib", hint="pip install 'losscli[plot]'")
            picture = stack.enter_context(OutputFile(plan.output))
        losses = [rows_only(loss) for loss in bind(plan.loss, read_array)]
        ends: Any = plan.range
        result = plotted(losses, ends, plan.target, gradient=plan.gradient, title=plan.title)
        if picture is not None:
            from losscli.render.pictures import draw

            picture.write(draw(result, picture.path))
            picture.commit()
            result = replace(result, output=picture.path)
    return result
