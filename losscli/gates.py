"""Gates: what a result must hold, in one line each, and the judgement of it.

    gate     = selector OP limit                    OP = <= | < | >= | >
    selector = LABEL [.STAT] | rows | skipped | ignored
    limit    = NUMBER

A gate passes on evidence only: nan, an infinity, a missing loss, statistic or row are each an
error with its reason. Nothing here knows what a result is: numbers are asked for by selector.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from losscli.errors import MissingError, UsageError

Status: TypeAlias = Literal["pass", "warn", "fail", "undecided", "error"]
Level: TypeAlias = Literal["fail", "warn"]

STATS = ("value", "mean", "sum", "min", "max", "stderr", "ci_low", "ci_high", "rmse", "rmsle")
COUNTS = ("rows", "skipped", "ignored")

_COMPARISON = re.compile(r"<=|>=|<|>")
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
}


class Gate(NamedTuple):
    """A parsed gate. stat: None is the loss's value; label is a count where it is one of COUNTS."""

    label: str
    stat: str
    op: str
    limit: float
    level: Level = "fail"

    @property
    def expr(self) -> str:
        """The gate, normalised."""
        stat = "" if self.stat == "value" else f".{self.stat}"
        return f"{self.label}{stat} {self.op} {repr(self.limit).removesuffix('.0')}"


class Found(NamedTuple):
    """What a selector names: a number, its standard error where it has one, or why it has none."""

    value: float | None
    stderr: float | None = None
    reason: str = ""


class Judged(NamedTuple):
    """A gate and what became of it; excess: how far the value lies beyond the limit."""

    gate: Gate
    value: float | None
    stderr: float | None
    status: Status
    reason: str

    @property
    def counts(self) -> bool:
        """Whether it bears on the exit code."""
        return self.gate.level == "fail"

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "run": None,
            "expr": self.gate.expr,
            "level": self.gate.level,
            "value": self.value,
            "limit": self.gate.limit,
            "status": self.status,
            "reason": self.reason,
        }


def parse(text: str, level: Level = "fail") -> Gate:
    """A gate from its text.

    Raises UsageError for what is no gate, MissingError for a baseline or groups, which have their
    grammar and nothing behind it yet.
    """
    found = _COMPARISON.search(text)
    if found is None:
        raise UsageError(
            f"the gate {text.strip()!r} has no comparison",
            hint=f'the shell takes < and > for files: --gate "{text.strip()} <= NUMBER"',
        )
    selector, op = text[: found.start()].strip(), found[0]
    limit = text[found.end() :].strip()
    if "baseline" in limit:
        raise MissingError(f"limits of a baseline are not there yet: {text.strip()}")
    if "[" in selector:
        raise MissingError(f"gates on groups are not there yet: {text.strip()}")
    if not selector:
        raise UsageError(f"the gate {text.strip()!r} names no loss", hint='--gate "mse <= 0.5"')
    label, dot, stat = selector.rpartition(".")
    if not dot or stat not in STATS:
        label, stat = selector, "value"
    return Gate(label, stat, op, _number(limit, text), level)


def bound(text: str, op: Literal["<=", ">="]) -> Gate:
    """A gate from `LABEL=N`, split at the last `=`, as `--max` and `--min` take it."""
    label, equals, limit = text.rpartition("=")
    if not equals or not label.strip():
        flag = "--max" if op == "<=" else "--min"
        raise UsageError(f"{text!r} is no LABEL=NUMBER", hint=f"{flag} mse=0.5")
    return Gate(label.strip(), "value", op, _number(limit.strip(), text))


def judge(gates: Sequence[Gate], find: Callable[[Gate], Found]) -> tuple[Judged, ...]:
    """Each gate beside what it names, in their order."""
    return tuple(_judged(gate, find(gate)) for gate in gates)


def exit_code(judged: Sequence[Judged]) -> int:
    """1 where a gate that counts failed or could not be judged, 6 where one is undecided."""
    states = {each.status for each in judged if each.counts}
    if states & {"fail", "error"}:
        return 1
    return 6 if "undecided" in states else 0


def resolve(gates: Sequence[Gate], names: Mapping[str, str]) -> tuple[Gate, ...]:
    """Gates whose bare names of losses are labels; names: the canonical loss of each label.

    Raises UsageError where a name fits several labels.
    """
    return tuple(_resolved(gate, names) for gate in gates)


def _resolved(gate: Gate, names: Mapping[str, str]) -> Gate:
    if gate.label in names or gate.label in COUNTS:
        return gate
    fitting = [label for label, name in names.items() if name == gate.label]
    if len(fitting) > 1:
        raise UsageError(
            f"the gate {gate.expr!r} could mean {' or '.join(fitting)}", hint="name the label"
        )
    return gate._replace(label=fitting[0]) if fitting else gate


def _judged(gate: Gate, found: Found) -> Judged:
    if found.value is None:
        return Judged(gate, None, None, "error", found.reason or "there is no such number")
    if not math.isfinite(found.value):
        reason = found.reason or "not a finite number"
        return Judged(gate, found.value, None, "error", reason)
    if found.reason:
        return Judged(gate, found.value, found.stderr, "error", found.reason)
    if _HOLDS[gate.op](found.value, gate.limit):
        return Judged(gate, found.value, found.stderr, "pass", "")
    status: Status = "fail" if gate.level == "fail" else "warn"
    return Judged(gate, found.value, found.stderr, status, excess(gate, found))


def excess(gate: Gate, found: Found) -> str:
    """How far a value lies beyond its limit, in its unit, as a share, and in standard errors."""
    assert found.value is not None
    beyond = abs(found.value - gate.limit)
    if gate.label in COUNTS:
        return f"{'over' if gate.op[0] == '<' else 'under'} by {beyond:.0f}"
    words = f"{'over' if gate.op[0] == '<' else 'under'} by {beyond:.3g}"
    share = 100 * beyond / abs(gate.limit) if gate.limit else 0.0
    parts = [f"{share:.2g} %" if share < 99.5 else f"{share:.0f} %"] if gate.limit else []
    if found.stderr:  # an excess below one of them may be chance
        parts.append(f"{beyond / found.stderr:.2g} standard errors")
    return f"{words} ({', '.join(parts)})" if parts else words


def _number(text: str, gate: str) -> float:
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise UsageError(f"{text!r} in the gate {gate.strip()!r} is no number")
    return number
