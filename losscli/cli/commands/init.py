"""`losscli init`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.files import InitPlan


@command("losscli.plans.files:InitPlan", Panel.SETUP, first=True)
def run(plan: "InitPlan", _: Call) -> object:
    """Write losscli.yaml and a CI workflow into the current folder, from the files found there.

    losscli init

    losscli init --ci gitlab
    """
    from losscli.commands.init import run_init

    return run_init(plan)
