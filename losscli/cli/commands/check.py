"""`losscli check`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.check import CheckPlan


@command("losscli.plans.check:CheckPlan", Panel.BENCHMARK, user_code=True)
def run(plan: "CheckPlan", call: Call) -> object:
    """Check an implementation: values, gradients and edge cases, against the true values.

    losscli check smooth_l1

    losscli check kernels.py:fused_ce --as cross_entropy:label_smoothing=0.1

    losscli check torch --as bce --dtype float16
    """
    from losscli.commands.check import run_check

    return run_check(plan, call.progress)
