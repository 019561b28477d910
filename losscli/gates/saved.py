"""Reading the gates of saved results."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from losscli.errors import UsageError
from losscli.gates.judge import GateResult
from losscli.gates.paired import parse_any


class _UnparsedGate(NamedTuple):
    """A gate in a form that this version does not parse, as it was written."""

    expr: str
    level: str
    label: str = ""
    stat: str = ""


def read_gate(saved: Mapping[str, Any]) -> GateResult:
    """Return the result of a gate from its JSON object."""

    def number(key: str) -> float | None:
        return None if saved[key] is None else float(saved[key])

    gate: Any = _UnparsedGate(saved["expr"], saved["level"])
    with suppress(UsageError):
        gate = parse_any(saved["expr"], saved["level"], saved["run"])
    status, reason = saved["status"], saved["reason"]
    return GateResult(gate, number("limit"), number("value"), None, status, reason, saved["run"])
