"""`losscli compare`."""

from dataclasses import replace
from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.compare import ComparePlan


@command("losscli.plans.compare:ComparePlan", Panel.EVALUATE, user_code=True)
def run(plan: "ComparePlan", call: Call) -> object:
    """Which of several models is better on the same TARGETS: paired differences and verdicts.

    One table may hold all, with a --pred for each model and --target.

    losscli compare ridge.npy forest.npy targets.npy -l mae -l mse

    losscli compare table.csv --pred ridge --pred forest --target y -l mae --by region

    losscli compare a.npy b.npy targets.npy -l mse --test noninferior --margin 1% --fail-on worse
    """
    from losscli.commands.compare import run_compare

    return run_compare(replace(plan, digest=call.format == "json"), call.progress)
