"""`SelfTest`: what each gate of a config did with each fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from losscli.errors import LossCliError, first_code
from losscli.results.document import Note, PlainDocument, ending
from losscli.results.gate import GateResult


class FaultTrial(NamedTuple):
    """One fault in one run: the status that each of the run's gates then had, in their order.

    skipped: why the fault could not be made. failed: why the run itself gave no result, which
    spoils every gate and says nothing of any. Both are empty where the gates were judged.
    """

    run: str
    fault: str
    statuses: tuple[str, ...] = ()
    skipped: str = ""
    failed: str = ""

    @property
    def judged(self) -> bool:
        """Whether the gates had something to say of it."""
        return not (self.skipped or self.failed)


class RunTrial(NamedTuple):
    """A run, its gates as they are without a fault, and what the faults made of them.

    error: why it gives no result even so.
    """

    run: str
    gates: tuple[GateResult, ...]
    trips: tuple[FaultTrial, ...] = ()
    error: LossCliError | None = None

    def faults(self, at: int) -> dict[str, str]:
        """The status of a gate, by its place, under each fault that let it be judged."""
        return {trip.fault: trip.statuses[at] for trip in self.trips if trip.judged}

    def verdict(self, at: int) -> str:
        """What the faults say of a gate: trips, vacuous, untried; or what it is without any."""
        gate, faults = self.gates[at], self.faults(at)
        if gate.status != "pass":
            return gate.status
        if not faults:
            return "untried"
        return "trips" if set(faults.values()) - {"pass"} else "vacuous"

    def noticed(self, trip: FaultTrial) -> bool:
        """Whether something was not as it is without the fault."""
        sound = tuple(gate.status for gate in self.gates)
        return bool(trip.failed) or trip.statuses != sound


@dataclass(frozen=True, slots=True)
class SelfTest(PlainDocument):
    """What the gates of a config did with each fault; the runs in the config's order."""

    page: ClassVar[str] = "self_test"

    runs: tuple[RunTrial, ...]
    notes: tuple[Note, ...] = ()

    @property
    def verdicts(self) -> list[str]:
        """One a gate, in order."""
        return [run.verdict(at) for run in self.runs for at in range(len(run.gates))]

    @property
    def exit_code(self) -> int:
        """0 where every gate trips on a fault; a gate of level warn may warn without any."""
        verdicts = self.verdicts
        bad = not verdicts or set(verdicts) - {"trips", "warn", "undecided"}
        codes = [run.error.exit_code for run in self.runs if run.error is not None]
        return first_code([1 if bad else 6 if "undecided" in verdicts else 0, *codes])

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/self-test/1`."""
        return {
            "schema": "losscli/self-test/1",
            "gates": [self._gate(run, at) for run in self.runs for at in range(len(run.gates))],
            "skipped": self._trips("skipped"),
            "stopped": self._trips("failed"),
            "undetected": [
                {"run": run.run, "fault": trip.fault}
                for run in self.runs
                for trip in run.trips
                if not trip.skipped and not run.noticed(trip)
            ],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a gate."""
        return [
            {key: value for key, value in gate.items() if key != "faults"}
            for gate in self.to_dict()["gates"]
        ]

    def _gate(self, run: RunTrial, at: int) -> dict[str, Any]:
        gate, verdict = run.gates[at], run.verdict(at)
        return {
            "run": run.run,
            "expr": gate.expr,
            "level": gate.level,
            "sound": gate.status,
            "reason": gate.reason,
            "verdict": verdict,
            "vacuous": verdict == "vacuous",
            "faults": run.faults(at),
        }

    def _trips(self, why: str) -> Sequence[Mapping[str, str]]:
        return [
            {"run": trip.run, "fault": trip.fault, "reason": getattr(trip, why)}
            for run in self.runs
            for trip in run.trips
            if getattr(trip, why)
        ]
