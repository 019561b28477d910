"""`self_test`: each run once as it is, and then once with each fault put into a copy of it."""

import os
from collections.abc import Callable, Iterator, Sequence

from losscli.commands.run import Baseline, baseline_of, run_step
from losscli.config.plan import RunPlan, Step
from losscli.errors import LossCliError
from losscli.evaluation.measure import no_progress
from losscli.render.files import outputs
from losscli.results.self_test import FaultTrial, RunTrial, SelfTest
from losscli.selftest.benchmarks import benchmark_trials
from losscli.selftest.evaluations import evaluation_trials


def self_test(
    plan: RunPlan,
    *,
    output: Sequence[str | os.PathLike[str]] = (),
    progress: Callable[[float], None] = no_progress,
) -> SelfTest:
    """Put each fault into a copy of each run; nothing is saved and no file is changed."""
    baseline = baseline_of(plan, "results")
    runs: list[RunTrial] = []
    with outputs(tuple(output)) as publish:
        for at, step in enumerate(plan.steps):
            if step.gates:
                runs.append(_tried(step, baseline))
            progress((at + 1) / len(plan.steps))
        strays = list(plan.strays())
        runs += [RunTrial(gate.run or "", (gate,)) for gate in strays]
        result = SelfTest(tuple(runs))
        publish(result)
    return result


def _tried(step: Step, baseline: Baseline) -> RunTrial:
    """A run with every fault; without any where it gives no result as it is."""
    done = run_step(step, baseline)
    if done.error is not None:
        return RunTrial(step.name, done.gates, error=done.error)
    make = benchmark_trials if step.kind == "bench" else evaluation_trials
    return RunTrial(step.name, done.gates, tuple(_all(make(step, baseline, done), step.name)))


def _all(trips: Iterator[FaultTrial], run: str) -> Iterator[FaultTrial]:
    """The trips; what stands in the way of making any is told in their place."""
    try:
        yield from trips
    except LossCliError as error:
        yield FaultTrial(run, "every fault", skipped="; ".join(error.lines()))
