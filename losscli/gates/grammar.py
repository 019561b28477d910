"""The grammar of gates.

    gate     = selector OP limit                    OP = <= | < | >= | >
    selector = LABEL [groups] [.STAT] | rows | skipped | ignored
    groups   = "[" KEY=VALUE {,KEY=VALUE} "]"       VALUE: bare, 'quoted', or * (every one)
    limit    = NUMBER | baseline[.STAT] [* F] [+ N | - N]

In quotes a quote is written twice. Nothing here knows what a result is.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from losscli.errors import UsageError

Level: TypeAlias = Literal["fail", "warn"]

STATS = ("value", "mean", "sum", "min", "max", "stderr", "ci_low", "ci_high", "rmse", "rmsle")
BENCH_STATS = ("time", "peak_memory_bytes", "speedup")
COUNTS = ("rows", "skipped", "ignored")

# Repeats that give nothing back (`*+`): a text that is no gate is refused in one pass over it.
_GATE = re.compile(
    r"(?P<label>[^\[<>]*+)"
    r"(?P<groups>\[(?:[^\]']|'(?:[^']|'')*+')*+\])?"
    r"(?P<stat>[^<>\[\]]*+)"
    r"(?P<op><=|>=|<|>)(?P<limit>.*)",
    re.DOTALL,
)
_PAIR = re.compile(r"([^=,\[\]']++)=\s*+('(?:[^']|'')*+'\s*+|[^,\[\]']*+)(?:,|$)")
_RELATIVE = re.compile(
    r"baseline(?:\.(\w+))?\s*+(?:\*\s*+([^\s+-]+(?:[eE][+-]?\d+)?))?\s*+(?:([+-])\s*+(\S+))?"
)


class BaselineLimit(NamedTuple):
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
    """A parsed gate: a label, or one of COUNTS; a statistic; a comparison; a limit.

    groups: what a group, or a row of a benchmark, must be of, key by key; None is every value.
    run: the evaluation or benchmark that it is of, None where there is but one.
    """

    label: str
    stat: str
    op: str
    limit: float | BaselineLimit
    level: Level = "fail"
    groups: tuple[tuple[str, str | None], ...] = ()
    run: str | None = None

    @property
    def selector(self) -> str:
        """What it asks for, normalised."""
        stat = "" if self.stat == "value" else f".{self.stat}"
        return f"{self.label}{groups_text(self.groups)}{stat}"

    @property
    def expr(self) -> str:
        """The gate, normalised."""
        limit = str(self.limit) if isinstance(self.limit, BaselineLimit) else _short(self.limit)
        return f"{self.selector} {self.op} {limit}"

    @property
    def saved(self) -> "Gate":
        """What the baseline is asked for."""
        stat = self.limit.stat if isinstance(self.limit, BaselineLimit) else None
        return self._replace(stat=stat or ("value" if self.stat[:3] == "ci_" else self.stat))

    def takes(self, by: Mapping[str, object]) -> bool:
        """Whether a group of these keys and values is meant; every key must be one that it has."""
        return all(key in by and value in (None, str(by[key])) for key, value in self.groups)


def groups_text(groups: Sequence[tuple[str, str | None]]) -> str:
    """Groups as the grammar writes them; empty where there are none."""
    pairs = ",".join(f"{key}={_value_text(value)}" for key, value in groups)
    return f"[{pairs}]" if groups else ""


def parse(text: str, level: Level = "fail", run: str | None = None) -> Gate:
    """A gate from its text.

    Raises UsageError for what is no gate.
    """
    found = _GATE.fullmatch(text.strip())
    if found is None or found["label"].rstrip().endswith("="):
        raise UsageError(
            f"the gate {text.strip()!r} has no comparison",
            hint=f'the shell takes < and > for files: --gate "{_bare(text)} <= NUMBER"',
        )
    label, stat = found["label"].strip(), found["stat"].strip()
    if not label:
        raise UsageError(f"the gate {text.strip()!r} names no loss", hint='--gate "mse <= 0.5"')
    groups = _groups(found["groups"], text)
    if found["groups"] is None:
        label, stat = _split(label + stat)
    elif stat and (stat[0] != "." or stat[1:] not in (*STATS, *BENCH_STATS)):
        raise UsageError(
            f"{stat!r} in the gate {text.strip()!r} is no statistic",
            hint=f"they are {', '.join(STATS)}",
        )
    limit = _limit(found["limit"].strip(), text)
    return Gate(label, stat.removeprefix(".") or "value", found["op"], limit, level, groups, run)


def parse_bound(text: str, op: Literal["<=", ">="]) -> Gate:
    """A gate from `LABEL=N`, split at the last `=`, as `--max` and `--min` take it."""
    label, equals, limit = text.rpartition("=")
    if not equals or not label.strip():
        flag = "--max" if op == "<=" else "--min"
        raise UsageError(f"{text!r} is no LABEL=NUMBER", hint=f"{flag} mse=0.5")
    return Gate(label.strip(), "value", op, _number(limit.strip(), text))


def resolve_labels(gates: Sequence[Gate], names: Mapping[str, str]) -> tuple[Gate, ...]:
    """Gates whose bare names of losses are labels; names: the canonical loss of each label.

    Raises UsageError where a name fits several labels.
    """
    return tuple(_resolved(gate, names) for gate in gates)


def _resolved(gate: Gate, names: Mapping[str, str]) -> Gate:
    if gate.label in COUNTS:
        return gate
    return gate._replace(label=resolve_label(gate.label, names, gate.expr))


def resolve_label(name: str, names: Mapping[str, str], gate: str) -> str:
    """The label that a gate means by a label or a loss's bare name; as it is, where by neither.

    names: the canonical loss of each label. Raises UsageError where a name fits several labels.
    """
    fitting = [label for label, loss in names.items() if loss == name]
    if name in names or not fitting:
        return name
    if len(fitting) > 1:
        raise UsageError(
            f"the gate {gate!r} could mean {' or '.join(fitting)}", hint="name the label"
        )
    return fitting[0]


def _split(selector: str) -> tuple[str, str]:
    """The label and the statistic: a dot splits only before the name of one."""
    label, dot, stat = selector.rpartition(".")
    if not dot or stat not in (*STATS, *BENCH_STATS):
        return selector, "value"
    return label, stat


def _groups(text: str | None, gate: str) -> tuple[tuple[str, str | None], ...]:
    if text is None:
        return ()
    inner, at = text[1:-1], 0
    found: dict[str, str | None] = {}
    while at < len(inner):
        pair = _PAIR.match(inner, at)
        key, value = (pair[1].strip(), pair[2].strip()) if pair else ("", "")
        if pair is None or not key or key in found or not value:
            break
        quoted = value.startswith("'")
        found[key] = value[1:-1].replace("''", "'") if quoted else value
        if value == "*":
            found[key] = None
        at = pair.end()
    if at < len(inner) or not found or inner.rstrip().endswith(","):
        raise UsageError(
            f"{text} in the gate {gate.strip()!r} names no groups",
            hint='"mae[region=eu] <= 2", "mae[region=*] <= 2", "mae[city=\'a, b\'] <= 2"',
        )
    return tuple(found.items())


def _value_text(value: str | None) -> str:
    if value is None:
        return "*"
    if value and value != "*" and value == value.strip() and not set("',[]<>") & set(value):
        return value
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def _bare(text: str) -> str:
    """The selector of a gate that has no comparison, for a hint."""
    return text.replace("=", " ").split()[0] if text.replace("=", " ").split() else "mse"


def _limit(text: str, gate: str) -> float | BaselineLimit:
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
    if stat is not None and stat not in (*STATS, *BENCH_STATS):
        raise UsageError(f"a baseline has no {stat!r}", hint=f"it has {', '.join(STATS)}")
    shift = 0.0 if offset is None else _number(offset, gate)
    times = 1.0 if factor is None else _number(factor, gate)
    return BaselineLimit(stat, times, -shift if sign == "-" else shift)


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
