"""`losscli results list`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.files import HistoryPlan


@command("losscli.plans.files:HistoryPlan", Panel.EVALUATE, first=True)
def run(plan: "HistoryPlan", _: Call) -> object:
    """The saved results, the newest first; of one config where its name is given, or `eval`.

    losscli results list

    losscli results list ci-gate
    """
    from losscli.commands.results import run_list

    return run_list(plan)
