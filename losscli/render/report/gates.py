"""The gates of a result in its report: worst first, with value, limit and distance."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from losscli.gates import ORDER, Gate, GateResult, gate_of, worst_first
from losscli.render.gates import STATUS_WORDS, status_of, value_of, words_of
from losscli.render.report.blocks import TONES, Cell, Column, Grid
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import Statistic

Find: TypeAlias = Callable[[str | None], Evaluation | None]

MOST_ROWS = 500
_STATS = {"value": "of_mean", "mean": "mean"}  # with a standard error, and the field


def gates_grid(gates: Sequence[GateResult], evaluation_of: Find) -> Grid:
    """A row a gate; evaluation_of: the evaluation of a run, which has the standard errors."""
    of_runs = any(gate.run is not None for gate in gates)
    columns = [
        Column("status"), *([Column("run")] if of_runs else []), Column("gate"),
        Column("value", "number"), Column("limit", "number"),
        Column("distance", "number"), Column("reason"),
    ]  # fmt: skip
    shown = ordered(gates)[:MOST_ROWS]
    rows = [list(_row(gate, evaluation_of(gate.run), of_runs=of_runs)) for gate in shown]
    note = "distance: value minus limit, in standard errors; a warning never changes the exit code"
    left_out = len(gates) - MOST_ROWS
    if left_out > 0:
        note += f"; {left_out:,} of {len(gates):,} gates are not shown: --format json has all"
    return Grid("", columns, rows, note)


def ordered(gates: Sequence[GateResult]) -> list[GateResult]:
    """The gates, worst first."""
    return list(worst_first(gates))


def headline(gates: Sequence[GateResult]) -> str:
    """The number of gates of each status."""
    counts = Counter(gate.status for gate in gates)
    words = [f"{counts[status]:,} {STATUS_WORDS[status]}" for status in ORDER if counts[status]]
    return f"{len(gates):,} gate{'' if len(gates) == 1 else 's'}: {', '.join(words)}"


def reasons(gates: Sequence[GateResult]) -> list[tuple[str, str]]:
    """The status of each gate that did not pass, and what it says."""
    return [
        (status_of(gate), " ".join(filter(None, (gate.run, f"{gate.expr}: {words_of(gate)}"))))
        for gate in ordered(gates)
        if gate.status != "pass"
    ]


def _row(gate: GateResult, part: Evaluation | None, *, of_runs: bool) -> Iterator[Cell]:
    yield Cell(status_of(gate), float(ORDER.index(gate.status)), tone=TONES[gate.status])
    if of_runs:
        yield Cell(gate.run or "")
    yield Cell(gate.expr)
    for number in (gate.value, gate.limit):
        yield Cell(value_of(gate.replace(value=number)) or "-", number)
    distance = _distance(gate, part)
    yield Cell("-" if distance is None else f"{distance:+.2f}", distance)
    yield Cell(gate.reason)


def _distance(gate: GateResult, part: Evaluation | None) -> float | None:
    """Value minus limit over the standard error of the value; None where that is unknown."""
    if gate.value is None or gate.limit is None:
        return None
    stderr = gate.stderr or (None if part is None else _stderr(gate, part))
    return (gate.value - gate.limit) / stderr if stderr else None


def _stderr(gate: GateResult, part: Evaluation) -> float | None:
    """The standard error of the loss or metric that a gate's value is of."""
    parsed = gate_of(gate)
    stat = _STATS.get(parsed.stat) if isinstance(parsed, Gate) else None
    if parsed is None or stat is None:
        return None
    every = [*part.statistics, *(each for group in part.groups for each in group.statistics)]
    for each in every:
        if each.label == parsed.label and _same(each, stat, gate.value):
            return each.stderr
    return None


def _same(each: Statistic, stat: str, value: float | None) -> bool:
    found = getattr(each, stat, None)  # a metric has no mean next to its value
    return value is not None and found is not None and math.isclose(found, value, rel_tol=1e-12)
