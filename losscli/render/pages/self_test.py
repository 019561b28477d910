"""The page of a self-test: each gate, and the injected faults that it detects."""

from collections.abc import Sequence

from losscli.render.gates import STATUS_WORDS
from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.self_test import GateTrial, SelfTest
from losscli.results.text import escape

_VERDICTS = {
    "vacuous": "no fault changes its status",
    "untried": "could not be evaluated with any fault",
}


def page(result: SelfTest) -> Page:
    """The page of a self-test: a row a gate; those that detect nothing are in capitals."""
    rows = [_row(gate) for gate in result.trials]
    tables = [Table(("", "run", "gate", "trips", "on"), rows, (3,))]
    footer = [f"{trial.run}: {trial.fault} was skipped: {trial.reason}" for trial in result.skipped]
    stops: dict[str, list[str]] = {}
    for trip in result.stopped:
        stops.setdefault(trip.run, []).append(trip.fault)
    footer += [f"{run}: the run itself fails on: {', '.join(on)}" for run, on in stops.items()]
    footer += [f"{t.run}: no gate detects: {t.fault}" for t in result.undetected]
    footer.append(f"{_counts(result.trials)}; exit code {result.exit_code}")
    return Page((), tables if rows else [], list(map(escape, footer)))


def _row(gate: GateTrial) -> TableRow:
    tripped = [fault for fault, status in gate.faults.items() if status != "pass"]
    verdict = gate.verdict
    if verdict == "trips":
        words, count = ", ".join(tripped), str(len(tripped))
    else:
        words = _VERDICTS.get(verdict) or f"without a fault already: {gate.reason}"
        count = "0" if verdict == "vacuous" else "-"
    word = verdict if verdict == "trips" else verdict.upper()
    cells = (word, escape(gate.run), escape(gate.expr), count, escape(words))
    return TableRow(cells, "" if verdict == "trips" else "red")


def _counts(gates: Sequence[GateTrial]) -> str:
    words = {s: f"{word} without a fault" for s, word in STATUS_WORDS.items()}
    words["untried"] = "untried"
    verdicts = [gate.verdict for gate in gates]
    counts = [f"{verdicts.count('vacuous')} vacuous"]
    counts += [f"{verdicts.count(v)} {w}" for v, w in words.items() if v in verdicts]
    many = f"{len(gates)} gate{'' if len(gates) == 1 else 's'}" if gates else "no gates"
    return ", ".join([many, *counts])
