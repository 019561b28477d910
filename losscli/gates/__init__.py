"""Gates: what a result must hold, in one line each, and the judgement of it."""

from losscli.gates.grammar import (
    BENCH_STATS,
    COUNTS,
    STATS,
    Gate,
    Level,
    Relative,
    bound,
    label_of,
    parse,
    resolve,
)
from losscli.gates.judge import (
    ORDER,
    Found,
    GateResult,
    Policy,
    Status,
    exit_code,
    judge,
    undecided_as,
    worst_first,
)
from losscli.gates.paired import Margin, NotWorse
from losscli.gates.saved import read_gate

__all__ = [
    "BENCH_STATS",
    "COUNTS",
    "ORDER",
    "STATS",
    "Found",
    "Gate",
    "GateResult",
    "Level",
    "Margin",
    "NotWorse",
    "Policy",
    "Relative",
    "Status",
    "bound",
    "exit_code",
    "judge",
    "label_of",
    "parse",
    "read_gate",
    "resolve",
    "undecided_as",
    "worst_first",
]
