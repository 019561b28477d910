"""Gates: what a result must hold, in one line each, and the judgement of it."""

from losscli.gates.grammar import (
    BENCH_STATS,
    COUNTS,
    STATS,
    Gate,
    Level,
    Relative,
    bound,
    parse,
    resolve,
)
from losscli.gates.judge import (
    ORDER,
    Found,
    Judged,
    Policy,
    Status,
    exit_code,
    judge,
    read_gate,
    undecided_as,
    worst_first,
)

__all__ = [
    "BENCH_STATS",
    "COUNTS",
    "ORDER",
    "STATS",
    "Found",
    "Gate",
    "Judged",
    "Level",
    "Policy",
    "Relative",
    "Status",
    "bound",
    "exit_code",
    "judge",
    "parse",
    "read_gate",
    "resolve",
    "undecided_as",
    "worst_first",
]
