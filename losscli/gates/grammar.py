"""The grammar of gates.

    gate     = selector OP limit                    OP = <= | < | >= | >
    selector = LABEL [groups] [.STAT] | rows | skipped | ignored
    groups   = "[" KEY=VALUE {,KEY=VALUE} "]"       VALUE: bare, 'quoted', or * (every one)
    limit    = NUMBER | baseline[.STAT] [* F] [+ N | - N]

Of a comparison of models also, where VERDICT is one of CLAIMS:

    gate     = LABEL [groups] is VERDICT

A quote inside quotes is doubled. NUMBER is finite; `5%` is 0.05. This module knows no result.

Of paired predictions a model must not be worse than another on the same rows:

    gate   = LABEL not_worse_than PREDS by MARGIN
    MARGIN = NUMBER, in the loss's unit | NUMBER%, of the mean loss of PREDS

The mean that a percentage refers to is taken as known: the interval is of the difference alone.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from losscli.errors import UsageError
from losscli.gates.claims import CLAIMS, VerdictGate, selects
from losscli.losses.registry import all_losses, is_derived
from losscli.results.gate import GateLevel, GateResult, groups_text

# Statistics of an evaluation that are not derived from a loss.
STATS = ("value", "mean", "sum", "min", "max", "stderr", "ci_low", "ci_high")
BENCH_STATS = ("time", "peak_memory_bytes", "speedup")
PAIR_STATS = ("difference", "relative", "p_adjusted", "win_rate")  # of two models
COUNTS = ("rows", "skipped", "ignored")

# Possessive repeats (`*+`): a text that is not a gate is refused in one pass over it.
_GATE = re.compile(
    r"(?P<label>[^\[<>]*+)"
    r"(?P<groups>\[(?:[^\]']|'(?:[^']|'')*+')*+\])?"
    r"(?P<stat>[^<>\[\]]*+)"
    r"(?P<op><=|>=|<|>)(?P<limit>.*)",
    re.DOTALL,
)
_PAIR = re.compile(r"([^=,\[\]']++)=\s*+('(?:[^']|'')*+'\s*+|[^,\[\]']*+)(?:,|$)")
_NUMBER = re.compile(r"([+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)\s*+(%)?")
_BASELINE = re.compile(
    r"baseline(?:\.(\w+))?\s*+(?:\*\s*+([\d.]++(?:[eE][+-]?\d++)?+|[^\s+-]++))?"
    r"\s*+(?:([+-])\s*+(\S+))?"
)
_JUDGED = re.compile(r"(?P<label>[^\[<>]++)(?P<groups>\[(?:[^\]']|'(?:[^']|'')*+')*+\])?")
_PAIRED = re.compile(r"(.*?) not_worse_than (.+) by (\S+)", re.DOTALL)


class BaselineLimit(NamedTuple):
    """A limit taken from the baseline: its statistic, times a factor, plus an offset.

    stat: None means the statistic of the gate's left side, or the value if that is an interval end.
    """

    stat: str | None = None
    factor: float = 1.0
    offset: float = 0.0

    def __str__(self) -> str:
        text = "baseline" if self.stat is None else f"baseline.{self.stat}"
        text += f" * {shortest(self.factor)}" if self.factor != 1.0 else ""
        sign = "-" if self.offset < 0 else "+"
        return f"{text} {sign} {shortest(abs(self.offset))}" if self.offset else text

    def of(self, baseline: float) -> float:
        """Return the limit for a number of the baseline."""
        return baseline * self.factor + self.offset


class Gate(NamedTuple):
    """A parsed gate: a label or one of COUNTS, a statistic, a comparison and a limit.

    groups: the value required of each key of a group, or of a benchmark's row; None is any value.
    run: the name of the evaluation or benchmark that it checks; None if there is only one.
    """

    label: str
    stat: str
    op: str
    limit: float | BaselineLimit
    level: GateLevel = "fail"
    groups: tuple[tuple[str, str | None], ...] = ()
    run: str | None = None

    @property
    def selector(self) -> str:
        """The left side of the gate, normalised."""
        # A label such as `v1.max` keeps its end only if a statistic follows it.
        ambiguous = not self.groups and _split_statistic(self.label)[0] != self.label
        stat = "" if self.stat == "value" and not ambiguous else f".{self.stat}"
        return f"{self.label}{groups_text(self.groups)}{stat}"

    @property
    def expr(self) -> str:
        """The gate, normalised; `parse` reads it back."""
        relative = isinstance(self.limit, BaselineLimit)
        limit = str(self.limit) if relative else shortest(self.limit)  # type: ignore[arg-type]
        return f"{self.selector} {self.op} {limit}"

    @property
    def for_baseline(self) -> "Gate":
        """The gate with the statistic that is looked up in the baseline."""
        stat = self.limit.stat if isinstance(self.limit, BaselineLimit) else None
        return self._replace(stat=stat or ("value" if self.stat[:3] == "ci_" else self.stat))

    def matches(self, by: Mapping[str, object]) -> bool:
        """True if a group with these keys and values is selected; it must have every key."""
        return selects(self.groups, by)


class Margin(NamedTuple):
    """The largest increase that is still not worse: a number >= 0, or a fraction of a mean."""

    size: float = 0.0
    relative: bool = True

    @classmethod
    def of(cls, value: float | str) -> "Margin":
        """Parse 0.5, "0.5" or "1%"; raises UsageError unless it is a finite number >= 0.

        >>> Margin.of("1%")
        Margin(size=0.01, relative=True)
        """
        text = str(value).strip()
        relative = text.endswith("%")
        try:
            size = float(text[:-1]) / 100 if relative else float(text)
        except ValueError:
            size = math.nan
        if not 0.0 <= size < math.inf or "_" in text:
            raise UsageError(
                f"margin {text!r} is not a finite number >= 0",
                hint="1% of the mean of the reference, or 0.5 in the loss's unit",
            )
        return cls(size, relative)

    def __str__(self) -> str:
        return f"{100 * self.size:.15g}%" if self.relative else shortest(self.size)

    def absolute(self, mean: float) -> float:
        """Return the margin in the loss's unit; mean: the mean loss of the reference."""
        return self.size * abs(mean) if self.relative else self.size


class NotWorse(NamedTuple):
    """A gate on a difference: mean loss of the run minus that of a reference <= margin.

    name: the reference predictions as they were given. reference: where they are read from.
    """

    label: str
    name: str
    margin: Margin
    level: GateLevel = "fail"
    run: str | None = None
    reference: Any = None
    stat: str = "difference"

    @property
    def expr(self) -> str:
        """The gate, normalised; `parse_any` reads it back."""
        return f"{self.label} not_worse_than {self.name} by {self.margin}"


def parse(text: str, level: GateLevel = "fail", run: str | None = None) -> Gate:
    """Parse a gate.

    Raises UsageError for a text that is not a gate.

    >>> parse("mae[region=*].max <= baseline * 1.02 + 0.1").expr
    'mae[region=*].max <= baseline * 1.02 + 0.1'
    """
    gate = text.strip()
    match = _GATE.fullmatch(gate)
    if match is None or match["label"].rstrip().endswith("="):
        selector, *_ = [*gate.replace("=", " ").split(), "mse"]
        raise UsageError(
            f"the gate {gate!r} has no comparison",
            hint=f'the shell takes < and > for files: quote --gate "{selector} <= 0.5"',
        )
    label, stat = match["label"].strip(), match["stat"].strip()
    if not label:
        raise UsageError(f"the gate {gate!r} names no loss", hint='--gate "mse <= 0.5"')
    groups = _parse_groups(match["groups"], gate)
    if match["groups"] is None:
        label, stat = _split_statistic(label + stat)
    elif stat and not (stat[0] == "." and is_statistic(stat[1:])):
        raise UsageError(
            f"{stat!r} in the gate {gate!r} is not a statistic",
            hint=f"the statistics are {', '.join(statistics())}",
        )
    if label != label.rstrip():
        raise UsageError(
            f"the gate {gate!r} has a space before the statistic", hint=f"{label.rstrip()}.{stat}"
        )
    limit = _parse_limit(match["limit"].strip(), gate)
    return Gate(label, stat.removeprefix(".") or "value", match["op"], limit, level, groups, run)


def parse_bound(text: str, op: Literal["<=", ">="]) -> Gate:
    """Parse `LABEL=NUMBER`, split at the last `=`, as `--max` and `--min` take it.

    Raises UsageError for any other text.

    >>> parse_bound("smooth_l1:beta=0.5=3", "<=").expr
    'smooth_l1:beta=0.5 <= 3'
    """
    label, equals, limit = text.rpartition("=")
    if not equals or not label.strip():
        flag = "--max" if op == "<=" else "--min"
        raise UsageError(f"{text!r} is not LABEL=NUMBER", hint=f"{flag} mse=0.5")
    return Gate(label.strip(), "value", op, _parse_number(limit.strip(), text))


def parse_condition(
    text: str, level: GateLevel = "fail", run: str | None = None
) -> Gate | VerdictGate:
    """Parse a gate on a number or on a verdict; raises UsageError for another text.

    >>> parse_condition("mae[model=forest] is not worse").expr
    'mae[model=forest] is not worse'
    """
    selector, _, words = text.strip().rpartition(" is ")
    match, claim = _JUDGED.fullmatch(selector.strip()), " ".join(words.split())
    if match is None or set(claim) & set("<>="):
        return parse(text, level, run)
    if claim not in CLAIMS:
        raise UsageError(
            f"{claim!r} in the gate {text.strip()!r} is not a verdict",
            hint=f"a model is {', '.join(CLAIMS)}",
        )
    groups = _parse_groups(match["groups"], text)
    return VerdictGate(match["label"].strip(), claim, level, groups, run)


def parse_any(
    text: str, level: GateLevel = "fail", run: str | None = None
) -> Gate | NotWorse | VerdictGate:
    """Parse the text of a gate of any kind; raises UsageError for another text."""
    match = _PAIRED.fullmatch(text)
    if match is None:
        return parse_condition(text, level, run)
    label, name, margin = match.groups()
    return NotWorse(label, name, Margin.of(margin), level, run)


def gate_of(result: GateResult) -> Gate | NotWorse | VerdictGate | None:
    """Return the gate of a result; None for a form that this version does not parse."""
    try:
        return parse_any(result.expr, result.level, result.run)
    except UsageError:
        return None


_Labelled = TypeVar("_Labelled", bound=Gate | VerdictGate)


def resolve_labels(gates: Sequence[_Labelled], names: Mapping[str, str]) -> tuple[_Labelled, ...]:
    """Replace bare names of losses by labels; names: the canonical loss of each label.

    Raises UsageError if several labels have the loss of a bare name.
    """
    labels = [resolve_label(gate.label, names, gate.expr) for gate in gates]
    found: Any = [
        gate if gate.label in COUNTS else gate._replace(label=label)
        for gate, label in zip(gates, labels, strict=True)
    ]
    return tuple(found)


def resolve_label(name: str, names: Mapping[str, str], gate: str) -> str:
    """Return the label that a gate means by a label or by a loss's bare name.

    A name that is neither is returned as it is. names: the canonical loss of each label.
    Raises UsageError if several labels have that loss.
    """
    labels = [label for label, loss in names.items() if loss == name]
    if name in names or not labels:
        return name
    if len(labels) > 1:
        raise UsageError(f"the gate {gate!r} could mean {' or '.join(labels)}", hint="give a label")
    return labels[0]


def statistics() -> tuple[str, ...]:
    """Return the statistics of an evaluation, those that losses derive last; imports all losses."""
    return (*STATS, *dict.fromkeys(name for loss in all_losses() for name, _ in loss.derived))


def is_statistic(name: str) -> bool:
    """True if a selector may end in `.name`."""
    return name in (*STATS, *BENCH_STATS, *PAIR_STATS) or (name.isidentifier() and is_derived(name))


def _split_statistic(selector: str) -> tuple[str, str]:
    """Split a selector into label and statistic, at its last dot if a statistic follows it."""
    label, dot, stat = selector.rpartition(".")
    return (label, stat) if dot and is_statistic(stat) else (selector, "value")


def _parse_groups(text: str | None, gate: str) -> tuple[tuple[str, str | None], ...]:
    if text is None:
        return ()
    inner, at = text[1:-1], 0
    groups: dict[str, str | None] = {}
    while at < len(inner):
        pair = _PAIR.match(inner, at)
        key, value = (pair[1].strip(), pair[2].strip()) if pair else ("", "")
        if pair is None or not key or key in groups or not value:
            break
        quoted = value.startswith("'")
        groups[key] = value[1:-1].replace("''", "'") if quoted else None if value == "*" else value
        at = pair.end()
    if at < len(inner) or not groups or inner.rstrip().endswith(","):
        raise UsageError(
            f"{text} in the gate {gate!r} is not [KEY=VALUE]",
            hint='"mae[region=eu] <= 2", "mae[region=*] <= 2", "mae[city=\'a, b\'] <= 2"',
        )
    return tuple(groups.items())


def _parse_limit(text: str, gate: str) -> float | BaselineLimit:
    if not text.startswith("baseline"):
        return _parse_number(text, gate)
    match = _BASELINE.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} in the gate {gate!r} is not a limit",
            hint='"mse <= baseline * 1.02", "mse <= baseline + 0.1"',
        )
    stat, factor, sign, offset = match.groups()
    if stat is not None and not is_statistic(stat):
        raise UsageError(
            f"unknown statistic {stat!r} of the baseline in the gate {gate!r}",
            hint=f"the statistics are {', '.join(statistics())}",
        )
    shift = 0.0 if offset is None else _parse_number(offset, gate)
    times = 1.0 if factor is None else _parse_number(factor, gate)
    return BaselineLimit(stat, times, -shift if sign == "-" else shift)


def shortest(number: float) -> str:
    """Return the shortest digits that read back to a number."""
    return repr(number).removesuffix(".0")


def _parse_number(text: str, gate: str) -> float:
    """Parse a decimal number or a percentage; Python's `1_0`, `inf` and `nan` are refused."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} in the gate {gate!r} is not a finite number", hint='"mse <= 0.5"'
        )
    number = float(match[1]) / 100 if match[2] else float(match[1])
    if math.isinf(number):
        raise UsageError(
            f"{text!r} in the gate {gate!r} is beyond float64, so the gate would decide nothing",
            hint="the largest limit is 1.7e308",
        )
    return number
