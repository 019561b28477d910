"""`SelfTest`: the injected faults that each gate of a config detects."""

from typing import Any

from msgspec import field

from losscli.results.document import Listing, Record
from losscli.results.gate import GateLevel


class GateTrial(Record, frozen=True, kw_only=True):
    """A gate and the injected faults.

    expr: the gate as written. level: fail or warn. sound: its status without a fault. reason: the
    reason of that status. verdict: trips, vacuous, untried; or its status without a fault, if that
    is not pass. vacuous: true if it detects no fault. faults: its status under each fault.
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
    """A fault under which no gate was judged.

    fault: its name.
    """

    run: str
    fault: str
    reason: str


class Undetected(Record, frozen=True):
    """A fault that changes the status of no gate of its run.

    fault: its name.
    """

    run: str
    fault: str


class SelfTest(Listing, frozen=True, kw_only=True, tag="losscli/self-test/1"):
    """The gates of a config under each fault.

    trials: one for each gate. skipped: faults that could not be made. stopped: faults with which
    the run itself fails. undetected: faults that no gate detects.
    """

    trials: tuple[GateTrial, ...] = field(name="gates")
    skipped: tuple[FaultReason, ...] = ()
    stopped: tuple[FaultReason, ...] = ()
    undetected: tuple[Undetected, ...] = ()

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a gate."""
        return [
            {key: value for key, value in gate.to_dict().items() if key != "faults"}
            for gate in self.trials
        ]
