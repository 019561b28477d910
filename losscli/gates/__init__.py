"""Gates: conditions on a result, one line each, and how they are judged."""

from losscli.gates.grammar import (
    BENCH_STATS,
    COUNTS,
    STATS,
    BaselineLimit,
    Gate,
    Level,
    parse,
    parse_bound,
    resolve_label,
    resolve_labels,
)
from losscli.gates.judge import (
    ORDER,
    GateResult,
    Measurement,
    Policy,
    Status,
    apply_undecided_policy,
    exit_code,
    judge,
    worst_first,
)
from losscli.gates.paired import Margin, NotWorse
from losscli.gates.saved import read_gate

__all__ = [
    "BENCH_STATS",
    "COUNTS",
    "ORDER",
    "STATS",
    "BaselineLimit",
    "Gate",
    "GateResult",
    "Level",
    "Margin",
    "Measurement",
    "NotWorse",
    "Policy",
    "Status",
    "apply_undecided_policy",
    "exit_code",
    "judge",
    "parse",
    "parse_bound",
    "read_gate",
    "resolve_label",
    "resolve_labels",
    "worst_first",
]
