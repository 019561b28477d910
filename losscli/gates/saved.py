"""Reading the gates of saved results."""

from losscli.errors import UsageError
from losscli.gates.grammar import Gate
from losscli.gates.paired import NotWorse, parse_any
from losscli.results.gate import GateResult


def gate_of(result: GateResult) -> Gate | NotWorse | None:
    """Return the gate of a result; None for a form that this version does not parse."""
    try:
        return parse_any(result.expr, result.level, result.run)
    except UsageError:
        return None
