"""`GateResult`: a gate and its outcome, as documents have it."""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from losscli.results.document import Number, Record

GateLevel: TypeAlias = Literal["fail", "warn"]
GateStatus: TypeAlias = Literal["pass", "warn", "fail", "undecided", "error"]


class GateResult(Record, frozen=True):
    """A gate and its outcome.

    run: the evaluation or benchmark that it refers to; None if there is only one. expr: the gate as
    written. level: fail, or warn for a gate that never changes the exit code. value, limit: the
    numbers that were compared; None if there are none. stderr: the standard error of value. status:
    the outcome. reason: why it is not a pass, or how close it is.
    """

    run: str | None
    expr: str
    level: GateLevel
    value: Number | None
    limit: Number | None
    status: GateStatus
    reason: str
    stderr: Number | None = None

    hidden = frozenset({"stderr"})

    @property
    def counts(self) -> bool:
        """True if the status may change the exit code."""
        return self.level == "fail"


def exit_code(gates: Iterable[GateResult]) -> int:
    """1 where a gate that counts failed or is in error, else 6 where one is undecided, else 0."""
    states = {gate.status for gate in gates if gate.counts}
    if states & {"fail", "error"}:
        return 1
    return 6 if "undecided" in states else 0


def groups_text(groups: Sequence[tuple[str, str | None]]) -> str:
    """Return groups as the grammar writes them; empty if there are none."""
    pairs = ",".join(f"{key}={_value_text(value)}" for key, value in groups)
    return f"[{pairs}]" if groups else ""


def _value_text(value: str | None) -> str:
    if value is None:
        return "*"
    if value and value != "*" and value == value.strip() and not set("',[]<>") & set(value):
        return value
    quoted = value.replace("'", "''")
    return f"'{quoted}'"
