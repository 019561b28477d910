"""Gates in text: worst first, each with its value and its reason, and a line of counts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from losscli.gates import COUNTS, ORDER, GateResult, NotWorse, gate_of, worst_first
from losscli.render.page import Table, TableRow
from losscli.results.text import escape
from losscli.stats.formatting import duration, mebibytes, number

_STYLES = {"pass": "green", "warn": "yellow", "fail": "red", "error": "red", "undecided": "yellow"}
STATUS_WORDS = {
    "fail": "failed",
    "error": "in error",
    "undecided": "undecided",
    "warn": "warned",
    "pass": "passed",
}
_NOUNS = {"error": "error", "warn": "warning"}
_WORST = "worst of "
_COMMAND = ": losscli "  # a reason may end with what to type


def status_of(gate: GateResult) -> str:
    """The status, in capitals where it is not pass."""
    return gate.status if gate.status == "pass" else gate.status.upper()


def words_of(gate: GateResult) -> str:
    """The gate's value and the reason, in one line."""
    value, reason = value_of(gate), escape(gate.reason)
    if value and reason.startswith(_WORST):
        return f"{reason} with {value}"
    return ", ".join(filter(None, (value, reason)))


def gate_lines(gates: Sequence[GateResult]) -> list[tuple[str, str]]:
    """The lines of all gates, each with its style.

    Gates of one result have their messages in a column. Those of several runs have them on the
    same line where they passed or warn, and below elsewhere, since these are longer; a command to
    type has a line of its own.
    """
    ordered = worst_first(gates)
    if not ordered:
        return []
    of_runs = any(gate.run is not None for gate in ordered)
    first = [[status_of(gate)] + [escape(gate.run or "")] * of_runs for gate in ordered]
    widths = [max(map(len, column)) for column in zip(*first, strict=True)]
    exprs = max(len(escape(gate.expr)) for gate in ordered)
    lines = []
    for gate, cells in zip(ordered, first, strict=True):
        head = "".join(f"  {cell.ljust(width)}" for cell, width in zip(cells, widths, strict=True))
        for at, line in enumerate(_of_runs(gate) if of_runs else _alone(gate, exprs)):
            start = " " * len(head) if at else head
            lines.append((f"{start}  {line}".rstrip(), _STYLES[gate.status]))
    return lines


def gates_table(gates: Sequence[GateResult]) -> Table:
    """The same as a table, with a column of the run where there are several."""
    of_runs = any(gate.run is not None for gate in gates)
    rows = []
    for gate in worst_first(gates):
        run = [escape(gate.run or "")] * of_runs
        cells = (status_of(gate), *run, escape(gate.expr), words_of(gate))
        rows.append(TableRow(cells, _STYLES[gate.status]))
    return Table(("",) * (4 if of_runs else 3), rows)


def gates_line(gates: Sequence[GateResult], code: int) -> str:
    """The number of gates of each status, and the exit code."""
    by_status = Counter(gate.status for gate in gates)
    present = [status for status in ORDER if by_status[status]]
    if not present:
        return f"no gates; exit code {code}"
    counts = [_counted(by_status[s], _NOUNS.get(s, STATUS_WORDS[s])) for s in present]
    if any(gate.run is not None for gate in gates):
        return f"{_counted(len(gates), 'gate')}: {', '.join(counts)}; exit code {code}"
    first = f"{_counted(by_status[present[0]], 'gate')} {STATUS_WORDS[present[0]]}"
    return f"{', '.join([first, *counts[1:]])}; exit code {code}"


def _counted(many: int, word: str) -> str:
    plural = "s" if many > 1 and word in ("gate", *_NOUNS.values()) else ""
    return f"{many:,} {word}{plural}"


def _of_runs(gate: GateResult) -> Iterator[str]:
    expr, words = escape(gate.expr), words_of(gate)
    if gate.status in ("pass", "warn"):
        yield f"{expr}: {words}" if words else expr
        return
    yield expr
    yield from _split(words)


def _alone(gate: GateResult, width: int) -> Iterator[str]:
    head, *rest = _split(words_of(gate))
    yield f"{escape(gate.expr).ljust(width)}    {head}"
    yield from rest


def _split(words: str) -> list[str]:
    """A reason, and the command that it ends with on a line of its own."""
    reason, separator, command = words.rpartition(_COMMAND)
    return [f"{reason}:", f"{_COMMAND[2:]}{command}"] if separator else [words]


def value_of(gate: GateResult) -> str:
    """A gate's value in its unit; empty where it has none, or its reason begins with it."""
    parsed = gate_of(gate)
    if gate.value is None or isinstance(parsed, NotWorse):
        return ""
    if parsed is not None and parsed.label in COUNTS:
        return f"{gate.value:,.0f}"
    if parsed is not None and parsed.stat == "time":
        return duration(gate.value)
    if parsed is not None and parsed.stat == "peak_memory_bytes":
        return mebibytes(gate.value)
    return number(gate.value, gate.stderr)
