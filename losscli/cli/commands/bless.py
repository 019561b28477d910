"""`losscli bless`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.files import BlessPlan


@command("losscli.plans.files:BlessPlan", Panel.EVALUATE)
def run(plan: "BlessPlan", _: Call) -> object:
    """Make RESULT the baseline of gates; no other command changes a baseline.

    losscli bless results/ci-gate/latest.json --reason "new tokenizer"

    losscli bless ci-gate --reason "first baseline" --to baselines/main.json
    """
    from losscli.commands.bless import run_bless

    return run_bless(plan)
