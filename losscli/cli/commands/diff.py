"""`losscli diff`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.diff import DiffPlan


@command("losscli.plans.diff:DiffPlan", Panel.BENCHMARK)
def run(plan: "DiffPlan", _: Call) -> object:
    """The differences between two saved results of eval, bench or run, and their significance.

    losscli diff old.json new.json

    losscli diff old.json new.json --per-sample --margin 1% --fail-on worse

    losscli diff old-bench.json new-bench.json --margin 10% --fail-on slower,undecided
    """
    from losscli.commands.diff import run_diff

    return run_diff(plan)
