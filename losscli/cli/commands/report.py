"""`losscli report`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.report import ReportPlan


@command("losscli.plans.report:ReportPlan", Panel.EVALUATE)
def run(plan: "ReportPlan", _: Call) -> object:
    """Saved results of any kind as one page of HTML, which opens offline and prints.

    losscli report ci-gate -o report.html

    losscli report run.json bench.json diff.json --title "Release 2.1"
    """
    from losscli.commands.report import run_report

    return run_report(plan)
