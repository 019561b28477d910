"""Gates: what a result must hold, in one line each, and the judgement of it.

    gate     = selector OP limit                    OP = <= | < | >= | >
    selector = LABEL [.STAT] | rows | skipped | ignored
    limit    = NUMBER | baseline[.STAT] [* F] [+ N | - N]

A gate passes on evidence only: nan, an infinity, a missing loss, statistic or row are each an
error with its reason. Nothing here knows what a result is: numbers are asked for by selector.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from losscli.errors import MissingError, UsageError

Status: TypeAlias = Literal["pass", "warn", "fail", "undecided", "error"]
Level: TypeAlias = Literal["fail", "warn"]

STATS = ("value", "mean", "sum", "min", "max", "stderr", "ci_low", "ci_high", "rmse", "rmsle")
COUNTS = ("rows", "skipped", "ignored")

_WORST_FIRST = ("fail", "error", "undecided", "warn", "pass")
_COMPARISON = re.compile(r"<=|>=|<|>")
_RELATIVE = re.compile(
    r"baseline(?:\.(\w+))?\s*(?:\*\s*([^\s+-]+(?:[eE][+-]?\d+)?))?\s*(?:([+-])\s*(\S+))?"
)
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
}


class Ranked(Protocol):
    """What has a status, and bears on the exit code or not."""

    @property
    def status(self) -> Status:
        """What became of it."""

    @property
    def counts(self) -> bool:
        """Whether it bears on the exit code."""


_R = TypeVar("_R", bound=Ranked)


class Relative(NamedTuple):
    """A limit that a saved result gives: its statistic, times a factor, plus an offset.

    stat: None is that of the gate's left side, and the mean where that is an end of the interval.
    """

    stat: str | None = None
    factor: float = 1.0
    offset: float = 0.0

    def __str__(self) -> str:
        words = "baseline" if self.stat is None else f"baseline.{self.stat}"
        words += f" * {_short(self.factor)}" if self.factor != 1.0 else ""
        sign = "-" if self.offset < 0 else "+"
        return f"{words} {sign} {_short(abs(self.offset))}" if self.offset else words

    def of(self, saved: float) -> float:
        """The limit that a saved number makes."""
        return saved * self.factor + self.offset


class Gate(NamedTuple):
    """A parsed gate: a label, or one of COUNTS; a statistic; a comparison; a limit."""

    label: str
    stat: str
    op: str
    limit: float | Relative
    level: Level = "fail"

    @property
    def expr(self) -> str:
        """The gate, normalised."""
        stat = "" if self.stat == "value" else f".{self.stat}"
        limit = str(self.limit) if isinstance(self.limit, Relative) else _short(self.limit)
        return f"{self.label}{stat} {self.op} {limit}"

    @property
    def saved(self) -> "Gate":
        """What the baseline is asked for."""
        stat = self.limit.stat if isinstance(self.limit, Relative) else None
        return self._replace(stat=stat or ("mean" if self.stat[:3] == "ci_" else self.stat))


class Found(NamedTuple):
    """What a selector names: a number, its standard error where it has one, or why it has none."""

    value: float | None
    stderr: float | None = None
    reason: str = ""


class Judged(NamedTuple):
    """A gate and what became of it. limit: the number that it came to, None where it has none.

    run: the name of the evaluation or benchmark that it is of, None where there is but one.
    """

    gate: Gate
    limit: float | None
    value: float | None
    stderr: float | None
    status: Status
    reason: str
    run: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it bears on the exit code."""
        return self.gate.level == "fail"

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


def parse(text: str, level: Level = "fail") -> Gate:
    """A gate from its text.

    Raises UsageError for what is no gate, MissingError for groups, which have their grammar and
    nothing behind it yet.
    """
    found = _COMPARISON.search(text)
    if found is None:
        raise UsageError(
            f"the gate {text.strip()!r} has no comparison",
            hint=f'the shell takes < and > for files: --gate "{text.strip()} <= NUMBER"',
        )
    selector, op = text[: found.start()].strip(), found[0]
    limit = text[found.end() :].strip()
    if "[" in selector:
        raise MissingError(f"gates on groups are not there yet: {text.strip()}")
    if not selector:
        raise UsageError(f"the gate {text.strip()!r} names no loss", hint='--gate "mse <= 0.5"')
    label, dot, stat = selector.rpartition(".")
    if not dot or stat not in STATS:
        label, stat = selector, "value"
    return Gate(label, stat, op, _limit(limit, text), level)


def bound(text: str, op: Literal["<=", ">="]) -> Gate:
    """A gate from `LABEL=N`, split at the last `=`, as `--max` and `--min` take it."""
    label, equals, limit = text.rpartition("=")
    if not equals or not label.strip():
        flag = "--max" if op == "<=" else "--min"
        raise UsageError(f"{text!r} is no LABEL=NUMBER", hint=f"{flag} mse=0.5")
    return Gate(label.strip(), "value", op, _number(limit.strip(), text))


def judge(
    gates: Sequence[Gate],
    find: Callable[[Gate], Found],
    baseline: Callable[[Gate], Found] = lambda _: Found(None, reason="there is no baseline"),
) -> tuple[Judged, ...]:
    """Each gate beside what it names, in their order; baseline: what it names in a saved result."""
    return tuple(_judged(gate, find(gate), baseline) for gate in gates)


def exit_code(judged: Sequence[Judged]) -> int:
    """1 where a gate that counts failed or could not be judged, 6 where one is undecided."""
    states = {each.status for each in judged if each.counts}
    if states & {"fail", "error"}:
        return 1
    return 6 if "undecided" in states else 0


def worst_first(judged: Iterable[_R]) -> list[_R]:
    """Failed, in error, undecided, of no weight though not passed, passed; else in their order."""

    def rank(each: _R) -> int:
        light = not each.counts and each.status != "pass"
        return _WORST_FIRST.index("warn" if light else each.status)

    return sorted(judged, key=rank)


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


def _judged(gate: Gate, found: Found, baseline: Callable[[Gate], Found]) -> Judged:
    limit, reason = _limit_of(gate, baseline)
    reason = found.reason or reason
    if found.value is None:
        return Judged(gate, limit, None, None, "error", reason or "there is no such number")
    if not math.isfinite(found.value):
        return Judged(gate, limit, found.value, None, "error", reason or "not a finite number")
    if reason or limit is None:
        return Judged(gate, limit, found.value, found.stderr, "error", reason)
    if _HOLDS[gate.op](found.value, limit):
        return Judged(gate, limit, found.value, found.stderr, "pass", "")
    status: Status = "fail" if gate.level == "fail" else "warn"
    words = _excess(gate, limit, found)
    return Judged(gate, limit, found.value, found.stderr, status, words)


def _limit_of(gate: Gate, baseline: Callable[[Gate], Found]) -> tuple[float | None, str]:
    """The number that a limit comes to, or why it comes to none."""
    if not isinstance(gate.limit, Relative):
        return gate.limit, ""
    saved = baseline(gate.saved)
    if saved.value is None or saved.reason or not math.isfinite(saved.value):
        return None, saved.reason or "the baseline is not a finite number"
    if gate.limit.factor != 1.0 and saved.value <= 0.0:
        return None, f"the baseline is {saved.value:g}: a factor of it says nothing; use + N"
    return gate.limit.of(saved.value), ""


def _excess(gate: Gate, limit: float, found: Found) -> str:
    """How far a value lies beyond its limit, in its unit, as a share, and in standard errors."""
    assert found.value is not None
    beyond = abs(found.value - limit)
    side = "over" if gate.op[0] == "<" else "under"
    if gate.label in COUNTS:
        return f"{side} by {beyond:.0f}"
    share = 100 * beyond / abs(limit) if limit else 0.0
    parts = [f"{share:.2g} %" if share < 99.5 else f"{share:.0f} %"] if limit else []
    if found.stderr:  # an excess below one of them may be chance
        parts.append(f"{beyond / found.stderr:.2g} standard errors")
    words = f"{side} by {beyond:.3g}"
    if isinstance(gate.limit, Relative):
        words += f" of {limit:.6g}"
    return f"{words} ({', '.join(parts)})" if parts else words


def _limit(text: str, gate: str) -> float | Relative:
    """A number, or what is asked of the baseline."""
    if not text.startswith("baseline"):
        return _number(text, gate)
    found = _RELATIVE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text!r} in the gate {gate.strip()!r} is no limit",
            hint='"mse <= baseline * 1.02", "mse <= baseline + 0.1"',
        )
    stat, factor, sign, offset = found.groups()
    if stat is not None and stat not in STATS:
        raise UsageError(f"a baseline has no {stat!r}", hint=f"it has {', '.join(STATS)}")
    shift = 0.0 if offset is None else _number(offset, gate)
    times = 1.0 if factor is None else _number(factor, gate)
    return Relative(stat, times, -shift if sign == "-" else shift)


def _short(number: float) -> str:
    """The shortest digits that read back to a number."""
    return repr(number).removesuffix(".0")


def _number(text: str, gate: str) -> float:
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise UsageError(f"{text!r} in the gate {gate.strip()!r} is no number")
    return number
