"""Trials: the outcomes of a run's gates with and without an injected fault."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from losscli.errors import LossCliError, first_code
from losscli.results.documents.self_test import FaultReason, GateTrial, SelfTest, Undetected
from losscli.results.gate import GateResult


class FaultTrial(NamedTuple):
    """One fault in one run: the statuses of the run's gates with it, in their order.

    skipped: why the fault could not be injected. failed: why the run itself gave no result, which
    makes every gate an error. Both are empty where the gates were judged.
    """

    run: str
    fault: str
    statuses: tuple[str, ...] = ()
    skipped: str = ""
    failed: str = ""


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
