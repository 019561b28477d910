"""`losscli merge`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.merge import MergePlan


@command("losscli.plans.merge:MergePlan", Panel.EVALUATE, user_code=True)
def run(plan: "MergePlan", _: Call) -> object:
    """The result of an evaluation from its PARTS: the same as that of one run.

    losscli merge parts/ -o result.json --gate "mse <= 0.3"
    """
    from losscli.commands.parts import run_merge

    return run_merge(plan)
