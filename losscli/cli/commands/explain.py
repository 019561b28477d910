"""`losscli explain`."""

from losscli.cli.command import Call, Panel, command
from losscli.plans.catalogue import ExplainPlan


@command(ExplainPlan, Panel.LOSSES, user_code=True)
def run(plan: ExplainPlan, _: Call) -> object:
    """One loss: its formula, domain, parameters, gradient, shape, equivalents and pitfalls.

    losscli explain smooth_l1

    losscli explain huber:delta=2

    losscli explain "mse + 0.1*mae"
    """
    from losscli.commands.explain import run_explain

    return run_explain(plan)
