"""`losscli bench`."""

from typing import TYPE_CHECKING

from losscli.cli.command import Call, Panel, command

if TYPE_CHECKING:
    from losscli.plans.bench import BenchPlan


@command("losscli.plans.bench:BenchPlan", Panel.BENCHMARK, first=True, user_code=True)
def run(plan: "BenchPlan", call: Call) -> object:
    """Speed, memory and correctness of loss implementations, side by side.

    Each is checked before and after it is timed; an incorrect one ends with exit code 1.

    losscli bench

    losscli bench -l smooth_l1 -l cross_entropy --impl numpy,torch,torch.compile --size 1e6,1e7

    losscli bench -l cross_entropy --impl torch --impl kernels.py:fused_ce --pass forward
    """
    from losscli.commands.bench import run_benchmark

    return run_benchmark(plan, call.progress)
