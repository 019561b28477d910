"""How numbers and names are written for people, the same in every format."""

import math
from collections.abc import Sequence

from losscli.documents import shown
from losscli.evaluation.result import Evaluation, Input, LossResult
from losscli.gates import COUNTS, Judged, worst_first
from losscli.render.page import Line, Outcome, Page, Table
from losscli.render.units import duration, mebibytes

ROW = tuple[str, ...]
LEAVING = ("min", "at row", "max")  # in a narrow terminal, in this order
_STYLES = {"pass": "green", "warn": "yellow", "fail": "red", "error": "red", "undecided": "yellow"}
HEADS: ROW = ("loss", "mean", "{level} interval", "min", "max", "at row")


def page(result: Evaluation) -> Page:
    """An evaluation as a page: one line a loss."""
    heads, rows = table_of(result)
    tables = [Table(heads, [Line(row) for row in rows], frozenset({0, 2}), LEAVING)]
    if result.groups:
        from losscli.render.groups import groups_table  # here: it needs the words of this module

        tables.append(groups_table(result))
    tail = [rows_line(result), how_line(result)]
    notes = [note.message for note in result.notes]
    if not result.gates:
        return Page((), tables, tail, notes)
    return Page(
        (),
        tables,
        [*tail, gates_line(result.gates, result.exit_code)],
        notes,
        gates_table(result.gates),
    )


def outcomes(result: Evaluation) -> list[Outcome]:
    """A loss that has a number was evaluated, whatever the number is."""
    found = []
    for loss in result.losses:
        _, value, ci, *_ = _cells(loss)
        words = f"{value}, {percent(loss.ci_level)} interval {ci}, {_counts(loss)}"
        found.append(Outcome(f"{loss.label} evaluated", "pass", words))
    return found


def gates_table(gates: Sequence[Judged]) -> Table:
    """Worst first; with a column of the run where there are several."""
    several = any(gate.run is not None for gate in gates)
    lines = []
    for gate in worst_first(gates):
        status, *rest = gate_cells(gate)
        run = (shown(gate.run or ""),) if several else ()
        lines.append(Line((status, *run, *rest), _STYLES[gate.status]))
    heads = ("",) * (4 if several else 3)
    return Table(heads, lines, frozenset(range(len(heads))))


def gate_cells(gate: Judged) -> ROW:
    """The status, loud where it is not pass; the gate; its value and the reason."""
    status = gate.status if gate.status == "pass" else gate.status.upper()
    return status, shown(gate.gate.expr), ", ".join(filter(None, (_of(gate), shown(gate.reason))))


def _of(gate: Judged) -> str:
    """A gate's value in its unit; empty where it has none."""
    if gate.value is None:
        return ""
    if gate.gate.label in COUNTS:
        return f"{gate.value:,.0f}"
    if gate.gate.stat == "time":
        return duration(gate.value)
    if gate.gate.stat == "peak_memory_bytes":
        return mebibytes(gate.value)
    return number(gate.value, gate.stderr)


def gates_line(gates: Sequence[Judged], code: int) -> str:
    """How many gates ended how, and the exit code."""
    states: list[str] = [gate.status for gate in gates]
    words = {"fail": "failed", "error": "in error", "undecided": "undecided", "warn": "warned"}
    words["pass"] = "passed"
    counts = [f"{states.count(s)} {word}" for s, word in words.items() if states.count(s)]
    if not counts:
        return f"no gates; exit code {code}"
    first, *rest = counts
    many, word = first.split(" ", 1)
    head = f"{many} gate{'' if many == '1' else 's'} {word}"
    return f"{', '.join([head, *rest])}; exit code {code}"


def table_of(result: Evaluation) -> tuple[ROW, list[ROW]]:
    """The header and the rows of cells; a derived statistic stands under its loss, indented."""
    level = percent(result.losses[0].ci_level)
    heads = list(HEADS)
    heads[1] = {"mean": "mean", "sum": "sum", "none": "mean"}[result.losses[0].reduction]
    heads[2] = heads[2].format(level=level)
    rows: list[ROW] = []
    for loss in result.losses:
        rows.append(_cells(loss))
        rows += [
            (f"  {name}", number(value, _slope(loss, value)), "", "", "", "")
            for name, value in loss.derived.items()
            if loss.statistic != name and loss.reduction == "mean"
        ]
    return tuple(heads), rows


def _cells(loss: LossResult) -> ROW:
    value = value_of(loss)
    stderr = loss.stderr if loss.reduction != "sum" else None
    at = "-" if loss.max_row is None else str(loss.max_row)
    return (
        shown(loss.label),
        number(value, stderr),
        "-" if loss.reduction == "sum" else interval(loss.ci, loss.stderr),  # it is the mean's
        _digits(loss.min, 3),
        _digits(loss.max, 6),
        at,
    )


def value_of(loss: LossResult) -> float:
    """What the reduction asks for; under none the mean, or the statistic of it."""
    if loss.value is not None:
        return loss.value
    return loss.of_mean


def _digits(value: float | None, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:#.{digits}g}".rstrip(".") if value else "0"


def _slope(loss: LossResult, value: float) -> float | None:
    """The standard error of a root: that of the mean, halved, over the root."""
    return None if loss.stderr is None or not value else loss.stderr / (2.0 * value)


def number(value: float, stderr: float | None) -> str:
    """At least six digits, and as many more as two digits of the standard error need."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    digits = 6
    if stderr and math.isfinite(stderr):
        digits = max(6, _exponent(value) - _exponent(stderr) + 2)
    text = f"{value:#.{min(digits, 17)}g}"
    return text.rstrip(".")


def interval(ci: tuple[float, float] | None, stderr: float | None) -> str:
    """Both ends, to two digits of the standard error and at least four of their own."""
    if ci is None or stderr is None:
        return "-"
    if not all(math.isfinite(end) for end in (*ci, stderr)):
        return f"[{ci[0]:.4g}, {ci[1]:.4g}]"
    largest = max(abs(end) for end in ci)
    if not largest:
        return "[0, 0]"
    own = 3 - _exponent(largest)
    places = max(own, 1 - _exponent(stderr)) if stderr else own
    if not -4 <= _exponent(largest) < 7:
        return f"[{ci[0]:.4g}, {ci[1]:.4g}]"
    return "[{:.{p}f}, {:.{p}f}]".format(*ci, p=max(0, places))


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def percent(level: float) -> str:
    """A level as people say it: 95 %."""
    return f"{100 * level:.6g} %"


def rows_line(result: Evaluation) -> str:
    """How many rows count, of how many, and what they were read from."""
    labels: dict[str, list[str]] = {}
    for loss in result.losses:
        labels.setdefault(_counts(loss), []).append(shown(loss.label))
    if len(labels) == 1:
        counts = list(labels)
    else:  # a row may count in one loss and not in another
        counts = [f"{words} ({', '.join(names)})" for words, names in labels.items()]
    return " · ".join([*counts, *map(_input, result.inputs)])


def _counts(loss: LossResult) -> str:
    left = [f"{loss.ignored:,} ignored"] if loss.ignored else []
    left += [f"{loss.skipped:,} skipped"] if loss.skipped else []
    tail = f"; {', '.join(left)}" if left else ""
    return f"{loss.n:,} of {loss.rows:,} rows{tail}"


def how_line(result: Evaluation) -> str:
    """Where and how it was computed."""
    where = f"{result.backend} on {result.device} in {result.dtype}, exact sums"
    return f"{where} · {result.wall_s:.2f} s"


def _input(part: Input) -> str:
    columns = f" [{', '.join(part.columns[:3])}{', …' if len(part.columns) > 3 else ''}]"
    name = shown(part.path.rsplit("/", 1)[-1]) + (shown(columns) if part.columns else "")
    shape = ", ".join(map(str, part.shape)) + ("," if len(part.shape) == 1 else "")
    return f"{name} {part.dtype} ({shape})"
