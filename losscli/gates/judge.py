"""Judging gates: a gate passes only on evidence.

NaN, an infinity, a missing loss, statistic, group, row or baseline are each an `error` with its
reason. Numbers are looked up by selector: this module knows no result.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from losscli.gates.claims import VerdictGate
from losscli.gates.grammar import COUNTS, BaselineLimit, Gate, NotWorse
from losscli.results.gate import GateResult, GateStatus
from losscli.stats.formatting import duration, mebibytes

Policy: TypeAlias = Literal["fail", "warn", "undecided"]

ORDER: tuple[GateStatus, ...] = ("fail", "error", "undecided", "warn", "pass")  # worst first
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
}

# How far a value is beyond its limit, in standard errors below 1: the nearest phrase is used.
_FRACTIONS = {
    0.1: "a tenth of a",
    0.25: "a quarter of a",
    1 / 3: "a third of a",
    0.5: "half a",
    2 / 3: "two thirds of a",
    0.75: "three quarters of a",
    0.9: "nearly one",
}


class _HasStatus(Protocol):
    @property
    def status(self) -> GateStatus: ...

    @property
    def counts(self) -> bool: ...


_R = TypeVar("_R", bound=_HasStatus)


class Measurement(NamedTuple):
    """A number that a gate checks, with its standard error if it has one.

    value: None if there is no such number. reason: why the number, if any, is not evidence.
    ci: if given, a gate passes if the whole interval satisfies it and fails if none of it does.
    """

    value: float | None
    stderr: float | None = None
    reason: str = ""
    ci: tuple[float, float] | None = None


# Looks up the number of a gate: one, or one for each group or row by its name.
Lookup: TypeAlias = Callable[[Gate], "Measurement | Mapping[str, Measurement]"]


def outcome(
    gate: Gate | NotWorse | VerdictGate,
    status: GateStatus,
    reason: str,
    limit: float | None = None,
    number: Measurement | None = None,
) -> GateResult:
    """Return the result of a gate; limit: its limit as a number."""
    return GateResult(
        run=gate.run,
        expr=gate.expr,
        level=gate.level,
        value=None if number is None else number.value,
        limit=limit,
        status=status,
        reason=reason,
        stderr=None if number is None else number.stderr,
    )


def in_error(
    gate: Gate | NotWorse | VerdictGate, reason: str, limit: float | None = None
) -> GateResult:
    """Return the result of a gate without evidence."""
    return outcome(gate, "error", reason, limit)


def judge(
    gates: Sequence[Gate],
    look_up: Lookup,
    baseline: Lookup = lambda _: Measurement(None, reason="there is no baseline"),
) -> tuple[GateResult, ...]:
    """Judge gates, in their order.

    look_up, baseline: return the numbers of a gate in the result and in the saved result.

    >>> from losscli.gates import parse
    >>> judge([parse("mae <= 2")], lambda gate: Measurement(3.0))[0].reason
    'over by 1 (50 %)'
    """
    return tuple(_judge_all(gate, look_up, baseline) for gate in gates)


def worst_first(results: Iterable[_R]) -> list[_R]:
    """Sort by status: fail, error, undecided, warnings of any status, pass."""

    def rank(each: _R) -> int:
        warning = not each.counts and each.status != "pass"
        return ORDER.index("warn" if warning else each.status)

    return sorted(results, key=rank)


def apply_undecided_policy(result: GateResult, policy: Policy) -> GateResult:
    """Replace the status of an undecided gate by the policy."""
    if result.status != "undecided" or policy == "undecided":
        return result
    return result.replace(status=policy, reason=f"undecided: {result.reason}")


def _judge_all(gate: Gate, look_up: Lookup, baseline: Lookup) -> GateResult:
    """Judge a gate on every group or row that it selects; the worst one stands for all."""
    numbers = _by_name(look_up(gate)) or {"": Measurement(None)}
    relative = isinstance(gate.limit, BaselineLimit)
    saved = _by_name(baseline(gate.for_baseline)) if relative else {}
    results = [
        (name, _judge_one(gate, n, _saved_number(name, saved))) for name, n in numbers.items()
    ]
    missing = [name for name in saved if name and name not in numbers]
    return worst_result(gate, [*results, *(missing_result(gate, name) for name in missing)])


def missing_result(gate: Gate, name: str) -> tuple[str, GateResult]:
    """Return the error of a group or row that only the baseline has."""
    return name, in_error(gate, "the baseline has it, and the result does not")


def worst_result(gate: Gate | VerdictGate, results: Sequence[tuple[str, GateResult]]) -> GateResult:
    """Return the worst of the named results of one gate; its reason gives the name."""
    name, worst = min(results, key=lambda item: _severity(gate, item[1]))
    if len(results) > 1:
        reason = f"worst of {len(results)} is {name}"
        return worst.replace(reason="; ".join(filter(None, (worst.reason, reason))))
    if name and worst.reason:
        return worst.replace(reason=f"{name}: {worst.reason}")
    return worst


def _by_name(numbers: "Measurement | Mapping[str, Measurement]") -> dict[str, Measurement]:
    return {"": numbers} if isinstance(numbers, Measurement) else dict(numbers)


def _saved_number(name: str, saved: Mapping[str, Measurement]) -> Measurement:
    if name in saved:
        return saved[name]
    return saved.get("") or Measurement(None, reason=f"the baseline has no {name}")


def _severity(gate: Gate | VerdictGate, result: GateResult) -> tuple[int, float]:
    """Rank a result, worst first: by its status, then by how far it is beyond its limit."""
    margin = 0.0
    if result.value is not None and result.limit is not None:
        margin = result.value - result.limit
        margin = -margin if isinstance(gate, Gate) and gate.op[0] == "<" else margin
    return ORDER.index(result.status), margin


def _judge_one(gate: Gate, number: Measurement, saved: Measurement) -> GateResult:
    limits, reason = _limits(gate, saved)
    limit = None if limits is None else limits[1]
    reason = number.reason or reason
    if number.value is None or not math.isfinite(number.value):
        missing = "there is no such number" if number.value is None else "not a finite number"
        return outcome(gate, "error", reason or missing, limit, number._replace(stderr=None))
    if reason or limits is None:
        return outcome(gate, "error", reason, limit, number)
    return outcome(gate, *_compare(gate, number.value, number, limits), limit, number)


def _compare(
    gate: Gate, value: float, number: Measurement, limits: tuple[float, float, float]
) -> tuple[GateStatus, str]:
    """Compare a finite number, or its interval, with a limit, or the interval of that."""
    low, limit, high = limits
    failed: GateStatus = "fail" if gate.level == "fail" else "warn"
    holds = _HOLDS[gate.op]
    ends = number.ci or (value, value)
    if not all(map(math.isfinite, ends)):
        return "error", "it has no interval"
    held = [holds(end, bar) for end in ends for bar in (low, high)]
    if all(held):
        return "pass", ""
    interval = f"[{', '.join(_in_unit(gate, end, 4) for end in ends)}]"
    if any(held):
        return "undecided", f"{interval} contains the limit of {_in_unit(gate, limit, 6)}"
    exact = number.ci is None and low == high
    return failed, _excess(gate, limit, value, number) + ("" if exact else f", all of {interval}")


def _limits(gate: Gate, saved: Measurement) -> tuple[tuple[float, float, float] | None, str]:
    """Return the lowest, the estimated and the highest limit, or None and the reason."""
    if not isinstance(gate.limit, BaselineLimit):
        return (gate.limit, gate.limit, gate.limit), ""
    if saved.value is None or saved.reason or not math.isfinite(saved.value):
        return None, saved.reason or "the baseline is not a finite number"
    if gate.limit.factor != 1.0 and saved.value <= 0.0:
        return None, f"the baseline is {saved.value:g}: a factor needs a positive one; use + N"
    low, high = saved.ci or (saved.value, saved.value)
    limits = (gate.limit.of(low), gate.limit.of(saved.value), gate.limit.of(high))
    if not all(map(math.isfinite, limits)):
        return None, "the limit is beyond float64"
    return limits, ""


def _excess(gate: Gate, limit: float, value: float, number: Measurement) -> str:
    """Describe how far a value is beyond its limit: in its unit, in percent, in standard errors."""
    excess = abs(value - limit)
    side = "over" if gate.op[0] == "<" else "under"
    if gate.label in COUNTS:
        return f"{side} by {excess:.0f}"
    percent = 100 * excess / abs(limit) if limit else 0.0
    parts = [f"{percent:.2g} %" if percent < 99.5 else f"{percent:.0f} %"] if limit else []
    if number.stderr:
        parts.append(_standard_errors(excess / number.stderr))
    text = f"{side} by {_in_unit(gate, excess, 2 if excess < 99.5 else 6)}"
    if isinstance(gate.limit, BaselineLimit):
        text += f" of {_in_unit(gate, limit, 6)}"
    return f"{text} ({', '.join(parts)})" if parts else text


def _in_unit(gate: Gate, value: float, places: int) -> str:
    """Format a number of the gate's statistic: times and bytes with their units."""
    if gate.stat == "time" and value > 0:
        return duration(value)
    if gate.stat == "peak_memory_bytes" and value > 0:
        return mebibytes(value)
    return f"{value:.{places}g}"


def _standard_errors(count: float) -> str:
    """Format a number of standard errors; below 1 as a phrase, since it may be chance."""
    if count >= 0.95:
        return "1 standard error" if count < 1.05 else f"{count:.2g} standard errors"
    if count < 0.05:
        return "far less than a standard error"
    nearest = min(_FRACTIONS, key=lambda fraction: abs(fraction - count))
    return f"{_FRACTIONS[nearest]} standard error"
