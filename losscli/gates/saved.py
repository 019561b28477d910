"""Gates of saved results, as they were judged."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from losscli.errors import UsageError
from losscli.gates.judge import GateResult
from losscli.gates.paired import parse_saved


class _Unread(NamedTuple):
    """A gate of a form that is not parsed: what it asked for, as it was written."""

    expr: str
    level: str
    label: str = ""
    stat: str = ""


def read_gate(saved: Mapping[str, Any]) -> GateResult:
    """A judged gate of a document, as it was judged."""

    def number(key: str) -> float | None:
        return None if saved[key] is None else float(saved[key])

    gate: Any = _Unread(saved["expr"], saved["level"])
    with suppress(UsageError):
        gate = parse_saved(saved["expr"], saved["level"], saved["run"])
    status, reason = saved["status"], saved["reason"]
    return GateResult(gate, number("limit"), number("value"), None, status, reason, saved["run"])
