"""`losscli plot`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.plot import PlotPlan


@command("losscli.plans.plot:PlotPlan", Panel.LOSSES, user_code=True)
def run(plan: "PlotPlan", _: Call) -> object:
    """The curves of losses, or the drawings of a saved result, in the terminal or in a picture.

    losscli plot smooth_l1 mae mse

    losscli plot huber:delta=0.5 huber:delta=2 --range=-4:4 --output huber.svg

    losscli plot results/quickstart/latest.json --show history
    """
    from losscli.commands.plot import run_plot

    return run_plot(plan)
