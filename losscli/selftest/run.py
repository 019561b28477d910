"""`self_test`: each run of a config once unchanged, then once with each fault injected."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from losscli.commands.run import Baseline, Done, baseline_of, run_step
from losscli.config.layers import Kind
from losscli.config.plan import RunPlan, Step
from losscli.errors import LossCliError, first_code
from losscli.evaluation.measure import no_progress
from losscli.render.files import outputs
from losscli.results.documents.self_test import FaultReason, GateTrial, SelfTest, Undetected
from losscli.results.gate import GateResult
from losscli.selftest.faults import (
    FaultTrial,
    benchmark_trials,
    comparison_trials,
    evaluation_trials,
)


class RunTrial(NamedTuple):
    """A run, its gates without a fault, and the trials of the faults.

    error: why it gives no result even without a fault.
    """

    run: str
    gates: tuple[GateResult, ...]
    trials: tuple[FaultTrial, ...] = ()
    error: LossCliError | None = None

    def gate_trials(self) -> Iterator[GateTrial]:
        """The gates, with their statuses under each fault."""
        for at, gate in enumerate(self.gates):
            judged = (trial for trial in self.trials if not (trial.skipped or trial.failed))
            faults = {trial.fault: trial.statuses[at] for trial in judged}
            verdict = _verdict(gate, faults)
            yield GateTrial(
                run=self.run,
                expr=gate.expr,
                level=gate.level,
                sound=gate.status,
                reason=gate.reason,
                verdict=verdict,
                vacuous=verdict == "vacuous",
                faults=faults,
            )

    def detects(self, trial: FaultTrial) -> bool:
        """True if a fault changes the status of a gate, or stops the run."""
        return bool(trial.failed) or trial.statuses != tuple(gate.status for gate in self.gates)


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
    trials: list[FaultTrial] = []
    try:
        trials.extend(_INJECT[step.kind](step, baseline, done))
    except LossCliError as error:  # the trials before it stand
        trials.append(FaultTrial(step.name, "every fault", skipped="; ".join(error.lines())))
    return RunTrial(step.name, done.gates, tuple(trials))


_INJECT: Mapping[Kind, Callable[[Step, Baseline, Done], Iterator[FaultTrial]]] = {
    "eval": evaluation_trials,
    "bench": benchmark_trials,
    "compare": comparison_trials,
}


def self_test_of(runs: Sequence[RunTrial]) -> SelfTest:
    """The document of all trials."""
    gates = [gate for run in runs for gate in run.gate_trials()]
    trials = [(run, trial) for run in runs for trial in run.trials]
    return SelfTest(
        trials=tuple(gates),
        skipped=tuple(FaultReason(t.run, t.fault, t.skipped) for _, t in trials if t.skipped),
        stopped=tuple(FaultReason(t.run, t.fault, t.failed) for _, t in trials if t.failed),
        undetected=tuple(
            Undetected(run.run, trial.fault)
            for run, trial in trials
            if not trial.skipped and not run.detects(trial)
        ),
        exit_code=_exit_code([gate.verdict for gate in gates], runs),
    )


def _verdict(gate: GateResult, faults: dict[str, str]) -> str:
    """trips, vacuous or untried; the status without a fault where that is not pass."""
    if gate.status != "pass":
        return gate.status
    if not faults:
        return "untried"
    return "trips" if set(faults.values()) - {"pass"} else "vacuous"


def _exit_code(verdicts: Sequence[str], runs: Sequence[RunTrial]) -> Any:
    """0 if every gate trips on a fault; a gate of level warn may warn without one."""
    bad = not verdicts or set(verdicts) - {"trips", "warn", "undecided"}
    codes = [run.error.exit_code for run in runs if run.error is not None]
    return first_code([1 if bad else 6 if "undecided" in verdicts else 0, *codes])
