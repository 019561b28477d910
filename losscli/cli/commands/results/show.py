"""`losscli results show`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.files import ShowPlan


@command("losscli.plans.files:ShowPlan", Panel.EVALUATE, shows=True)
def run(plan: "ShowPlan", _: Call) -> object:
    """One saved result as its run printed it; the latest of a config where that is named.

    losscli results show ci-gate

    losscli results show ci-gate/20260801T101500Z-3f9c1a2b.json --format markdown
    """
    from losscli.commands.results import run_show

    return run_show(plan)
