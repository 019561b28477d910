"""Gates: conditions on a result, one line each, and how they are judged."""

from losscli.gates.grammar import (
    BENCH_STATS,
    COUNTS,
    STATS,
    BaselineLimit,
    Gate,
    parse,
    parse_bound,
    resolve_label,
    resolve_labels,
)
from losscli.gates.judge import (
    ORDER,
    Measurement,
    Policy,
    apply_undecided_policy,
    in_error,
    judge,
    outcome,
    worst_first,
)
from losscli.gates.paired import Margin, NotWorse, gate_of
from losscli.results.gate import GateLevel, GateResult, GateStatus, exit_code

__all__ = [
    "BENCH_STATS",
    "COUNTS",
    "ORDER",
    "STATS",
    "BaselineLimit",
    "Gate",
    "GateLevel",
    "GateResult",
    "GateStatus",
    "Margin",
    "Measurement",
    "NotWorse",
    "Policy",
    "apply_undecided_policy",
    "exit_code",
    "gate_of",
    "in_error",
    "judge",
    "outcome",
    "parse",
    "parse_bound",
    "resolve_label",
    "resolve_labels",
    "worst_first",
]
