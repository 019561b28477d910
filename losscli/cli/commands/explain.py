"""`losscli explain`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.catalogue import ExplainPlan


@command("losscli.plans.catalogue:ExplainPlan", Panel.LOSSES, user_code=True)
def run(plan: "ExplainPlan", _: Call) -> object:
    """One loss or metric: formula, domain, parameters, gradient, equivalents and pitfalls.

    losscli explain smooth_l1

    losscli explain huber:delta=2

    losscli explain "mse + 0.1*mae"

    losscli explain f1:average=macro
    """
    from losscli.commands.explain import run_explain

    return run_explain(plan)
