"""The judgement of gates: pass on evidence, and on nothing else.

nan, an infinity, a missing loss, statistic, group, row or baseline are each an error with its
reason. Numbers are asked for by selector: nothing here knows what a result is.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from losscli.gates.grammar import COUNTS, BaselineLimit, Gate
from losscli.stats.formatting import duration, mebibytes

Status: TypeAlias = Literal["pass", "warn", "fail", "undecided", "error"]
Policy: TypeAlias = Literal["fail", "warn", "undecided"]

ORDER: tuple[Status, ...] = ("fail", "error", "undecided", "warn", "pass")  # worst first
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
}

_SHARES = {
    0.1: "a tenth of a",
    0.25: "a quarter of a",
    1 / 3: "a third of a",
    0.5: "half a",
    2 / 3: "two thirds of a",
    0.75: "three quarters of a",
    0.9: "nearly one",
}


class HasStatus(Protocol):
    """What has a status, and bears on the exit code or not."""

    @property
    def status(self) -> Status:
        """What became of it."""

    @property
    def counts(self) -> bool:
        """Whether it bears on the exit code."""


_R = TypeVar("_R", bound=HasStatus)


class Measurement(NamedTuple):
    """What a selector names: a number, its standard error where it has one, or why it has none.

    ci: where it is given, the whole interval must hold, and none of it must for a failure.
    reason: why it is no evidence, though there may be a number.
    """

    value: float | None
    stderr: float | None = None
    reason: str = ""
    ci: tuple[float, float] | None = None


# What a selector names, one entry a group or row that it takes, by its name; "" is the whole.
Lookup: TypeAlias = Callable[[Gate], "Measurement | Mapping[str, Measurement]"]


class GateResult(NamedTuple):
    """A gate and what became of it. limit: the number that it came to, None where it has none.

    run: the name of the evaluation or benchmark that it is of, None where there is but one.
    """

    gate: Any
    limit: float | None
    value: float | None
    stderr: float | None
    status: Status
    reason: str
    run: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it bears on the exit code."""
        return bool(self.gate.level == "fail")

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "run": self.run,
            "expr": self.gate.expr,
            "level": self.gate.level,
            "value": self.value,
            "limit": self.limit,
            "status": self.status,
            "reason": self.reason,
        }


def without_baseline(_: Gate) -> Measurement:
    """What a gate finds where no baseline was named."""
    return Measurement(None, reason="there is no baseline")


def judge(
    gates: Sequence[Gate], find: Lookup, baseline: Lookup = without_baseline
) -> tuple[GateResult, ...]:
    """Each gate beside what it names, in their order; baseline: what it names in a saved result."""
    return tuple(_judged(gate, find, baseline) for gate in gates)


def exit_code(judged: Sequence[GateResult]) -> int:
    """1 where a gate that counts failed or could not be judged, 6 where one is undecided."""
    states = {each.status for each in judged if each.counts}
    if states & {"fail", "error"}:
        return 1
    return 6 if "undecided" in states else 0


def worst_first(judged: Iterable[_R]) -> list[_R]:
    """Failed, in error, undecided, of no weight though not passed, passed; else in their order."""

    def rank(each: _R) -> int:
        light = not each.counts and each.status != "pass"
        return ORDER.index("warn" if light else each.status)

    return sorted(judged, key=rank)


def apply_undecided_policy(judged: GateResult, policy: Policy) -> GateResult:
    """The same, with what an undecided gate counts as."""
    if judged.status != "undecided" or policy == "undecided":
        return judged
    return judged._replace(status=policy, reason=f"undecided: {judged.reason}")


def _judged(gate: Gate, find: Lookup, baseline: Lookup) -> GateResult:
    """A gate on all that it takes; the worst of it stands for the whole."""
    cases = _cases(find(gate))
    saved = _cases(baseline(gate.saved)) if isinstance(gate.limit, BaselineLimit) else {}
    if not cases:
        cases = {"": Measurement(None, reason="there is no such number")}
    found = [(key, _one(gate, case, _beside(key, saved))) for key, case in cases.items()]
    gone = [key for key in saved if key and key not in cases]
    return worst_result([*found, *(missing_result(gate, key) for key in gone)])


def missing_result(gate: Gate, name: str) -> tuple[str, GateResult]:
    """The judgement of a group or row that only the baseline has: what is gone is no evidence."""
    words = "the baseline has it, and the result does not"
    return name, GateResult(gate, None, None, None, "error", words, gate.run)


def worst_result(found: Sequence[tuple[str, GateResult]]) -> GateResult:
    """The worst of a gate's groups or rows, with its name where there are several."""
    name, worst = min(found, key=lambda item: _badness(item[1]))
    if len(found) > 1:
        reason = f"worst of {len(found)} is {name}"
        return worst._replace(reason="; ".join(filter(None, (worst.reason, reason))))
    if name and worst.reason:
        return worst._replace(reason=f"{name}: {worst.reason}")
    return worst


def _cases(found: "Measurement | Mapping[str, Measurement]") -> dict[str, Measurement]:
    return {"": found} if isinstance(found, Measurement) else dict(found)


def _beside(key: str, saved: Mapping[str, Measurement]) -> Measurement:
    if key in saved:
        return saved[key]
    return saved.get("") or Measurement(None, reason=f"the baseline has no {key}")


def _badness(judged: GateResult) -> tuple[int, float]:
    """The worst status first, and of one status what is farthest beyond its limit."""
    beyond = 0.0
    if judged.value is not None and judged.limit is not None:
        beyond = judged.value - judged.limit
        beyond = -beyond if judged.gate.op[0] == "<" else beyond
    return ORDER.index(judged.status), beyond


def _one(gate: Gate, found: Measurement, saved: Measurement) -> GateResult:
    limits, reason = _limits(gate, saved)
    limit = None if limits is None else limits[1]
    reason = found.reason or reason
    if found.value is None:
        words = reason or "there is no such number"
        return GateResult(gate, limit, None, None, "error", words, gate.run)
    if not math.isfinite(found.value):
        words = reason or "not a finite number"
        return GateResult(gate, limit, found.value, None, "error", words, gate.run)
    if reason or limits is None:
        return GateResult(gate, limit, found.value, found.stderr, "error", reason, gate.run)
    status, words = _decided(gate, found, limits)
    return GateResult(gate, limit, found.value, found.stderr, status, words, gate.run)


def _decided(
    gate: Gate, found: Measurement, limits: tuple[float, float, float]
) -> tuple[Status, str]:
    assert found.value is not None
    low, limit, high = limits
    failed: Status = "fail" if gate.level == "fail" else "warn"
    holds = _HOLDS[gate.op]
    if found.ci is None and low == high:
        if holds(found.value, limit):
            return "pass", ""
        return failed, _excess(gate, limit, found)
    ends = found.ci or (found.value, found.value)
    if not all(map(math.isfinite, ends)):
        return "error", "it has no interval"
    words = f"[{', '.join(_in_unit(gate, end, 4) for end in ends)}]"
    held = [holds(end, bar) for end in ends for bar in (low, high)]
    if all(held):
        return "pass", ""
    if not any(held):
        return failed, f"{_excess(gate, limit, found)}, all of {words}"
    return "undecided", f"{words} spans the limit of {_in_unit(gate, limit, 6)}"


def _limits(gate: Gate, saved: Measurement) -> tuple[tuple[float, float, float] | None, str]:
    """The least, the likely and the greatest number of a limit, or why there is none."""
    if not isinstance(gate.limit, BaselineLimit):
        return (gate.limit, gate.limit, gate.limit), ""
    if saved.value is None or saved.reason or not math.isfinite(saved.value):
        return None, saved.reason or "the baseline is not a finite number"
    if gate.limit.factor != 1.0 and saved.value <= 0.0:
        return None, f"the baseline is {saved.value:g}: a factor of it says nothing; use + N"
    low, high = saved.ci or (saved.value, saved.value)
    limits = (gate.limit.of(low), gate.limit.of(saved.value), gate.limit.of(high))
    if not all(map(math.isfinite, limits)):
        return None, "the limit is past every number"
    return limits, ""


def _excess(gate: Gate, limit: float, found: Measurement) -> str:
    """How far a value lies beyond its limit, in its unit, as a share, and in standard errors."""
    assert found.value is not None
    beyond = abs(found.value - limit)
    side = "over" if gate.op[0] == "<" else "under"
    if gate.label in COUNTS:
        return f"{side} by {beyond:.0f}"
    share = 100 * beyond / abs(limit) if limit else 0.0
    parts = [f"{share:.2g} %" if share < 99.5 else f"{share:.0f} %"] if limit else []
    if found.stderr:
        parts.append(_errors(beyond / found.stderr))
    words = f"{side} by {_in_unit(gate, beyond, 2 if beyond < 99.5 else 6)}"
    if isinstance(gate.limit, BaselineLimit):
        words += f" of {_in_unit(gate, limit, 6)}"
    return f"{words} ({', '.join(parts)})" if parts else words


def _in_unit(gate: Gate, value: float, places: int) -> str:
    """A number as the gate's statistic is told: times and bytes in their units."""
    if gate.stat == "time" and value > 0:
        return duration(value)
    if gate.stat == "peak_memory_bytes" and value > 0:
        return mebibytes(value)
    return f"{value:.{places}g}"


def _errors(count: float) -> str:
    """A number of standard errors; less than one is said in words, as it may be chance."""
    if count >= 0.95:
        return "1 standard error" if count < 1.05 else f"{count:.2g} standard errors"
    if count < 0.05:
        return "next to nothing beside a standard error"
    share = min(_SHARES, key=lambda share: abs(share - count))
    return f"{_SHARES[share]} standard error"
