"""`self_test`: each run of a config once unchanged, then once with each fault injected."""

import os
from collections.abc import Callable, Sequence

from losscli.commands.run import Baseline, baseline_of, run_step
from losscli.config.plan import RunPlan, Step
from losscli.errors import LossCliError
from losscli.evaluation.measure import no_progress
from losscli.render.files import outputs
from losscli.results.documents.self_test import SelfTest
from losscli.selftest.faults import benchmark_trials, evaluation_trials
from losscli.selftest.trials import FaultTrial, RunTrial, self_test_of


def self_test(
    plan: RunPlan,
    *,
    output: Sequence[str | os.PathLike[str]] = (),
    progress: Callable[[float], None] = no_progress,
) -> SelfTest:
    """Inject each fault into a copy of each run; nothing is saved and no file is changed.

    progress: called with the completed fraction. Raises LossCliError if the baseline is unreadable.
    """
    baseline = baseline_of(plan, "results")
    runs: list[RunTrial] = []
    with outputs(tuple(output)) as publish:
        for at, step in enumerate(plan.steps):
            if step.gates:
                runs.append(_trials(step, baseline))
            progress((at + 1) / len(plan.steps))
        runs += [RunTrial(gate.run or "", (gate,)) for gate in plan.strays()]
        result = self_test_of(runs)
        publish(result)
    return result


def _trials(step: Step, baseline: Baseline) -> RunTrial:
    """Run a step with every fault, or without any if it has no result even unchanged."""
    done = run_step(step, baseline)
    if done.error is not None:
        return RunTrial(step.name, done.gates, error=done.error)
    inject = benchmark_trials if step.kind == "bench" else evaluation_trials
    trials: list[FaultTrial] = []
    try:
        trials.extend(inject(step, baseline, done))
    except LossCliError as error:  # the trials before it stand
        trials.append(FaultTrial(step.name, "every fault", skipped="; ".join(error.lines())))
    return RunTrial(step.name, done.gates, tuple(trials))
