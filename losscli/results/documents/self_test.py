"""`SelfTest`: the injected faults that each gate of a config detects."""

from typing import Any

from msgspec import field

from losscli.results.document import Document, Note, Record
from losscli.results.gate import GateLevel


class GateTrial(Record, frozen=True, kw_only=True):
    """A gate and the injected faults.

    sound, reason: its status without a fault, and why. verdict: trips, vacuous, untried; or its
    status without a fault, where that is not pass. faults: its status under each fault.
    """

    run: str
    expr: str
    level: GateLevel
    sound: str | None
    reason: str
    verdict: str
    vacuous: bool
    faults: dict[str, str]


class FaultReason(Record, frozen=True):
    """A fault of a run, and why no gate was judged under it."""

    run: str
    fault: str
    reason: str


class Undetected(Record, frozen=True):
    """A fault that changes the status of no gate of its run."""

    run: str
    fault: str


class SelfTest(Document, frozen=True, kw_only=True, tag="losscli/self-test/1"):
    """The gates of a config under each fault; the runs in the config's order.

    skipped: faults that could not be made. stopped: faults with which the run itself fails.
    """

    trials: tuple[GateTrial, ...] = field(name="gates")
    skipped: tuple[FaultReason, ...] = ()
    stopped: tuple[FaultReason, ...] = ()
    undetected: tuple[Undetected, ...] = ()
    notes: tuple[Note, ...] = ()

    hidden = frozenset({"notes"})

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a gate."""
        return [
            {key: value for key, value in gate.to_dict().items() if key != "faults"}
            for gate in self.trials
        ]
