"""The page of a self-test: each gate, and the faults that it trips on."""

from typing import Any

from losscli.render.page import Page, Table, TableRow
from losscli.results.text import escape

_SAYS = {
    "vacuous": "on none of the faults",
    "untried": "no fault let it be judged",
}


def page(result: Any) -> Page:
    """A line a gate; those that prove nothing are loud."""
    document = result.to_dict()
    lines = [_line(gate) for gate in document["gates"]]
    tables = [Table(("", "run", "gate", "trips", "on"), lines, frozenset({0, 1, 2, 4}))]
    tail = [f"{t['run']}: {t['fault']} was not tried: {t['reason']}" for t in document["skipped"]]
    stops: dict[str, list[str]] = {}
    for trip in document["stopped"]:
        stops.setdefault(trip["run"], []).append(trip["fault"])
    tail += [f"{run}: the run itself stops on: {', '.join(on)}" for run, on in stops.items()]
    tail += [f"{t['run']}: no gate noticed: {t['fault']}" for t in document["undetected"]]
    tail.append(f"{_counts(document['gates'])}; exit code {document['exit_code']}")
    return Page((), tables if lines else [], [escape(line) for line in tail])


def _line(gate: dict[str, Any]) -> TableRow:
    tripped = [fault for fault, status in gate["faults"].items() if status != "pass"]
    verdict = gate["verdict"]
    if verdict == "trips":
        told, count = ", ".join(tripped), str(len(tripped))
    else:
        told = _SAYS.get(verdict) or f"without a fault already: {gate['reason']}"
        count = "0" if verdict == "vacuous" else "-"
    word = verdict if verdict == "trips" else verdict.upper()
    cells = (word, escape(gate["run"]), escape(gate["expr"]), count, escape(told))
    return TableRow(cells, "" if verdict == "trips" else "red")


def _counts(gates: list[dict[str, Any]]) -> str:
    """How many gates there are, and how many of them prove nothing, and why."""
    words = {
        "fail": "failed without a fault",
        "error": "in error without a fault",
        "undecided": "undecided without a fault",
        "warn": "warned without a fault",
        "untried": "untried",
    }
    verdicts = [gate["verdict"] for gate in gates]
    counts = [f"{verdicts.count('vacuous')} vacuous"]
    counts += [f"{verdicts.count(v)} {w}" for v, w in words.items() if v in verdicts]
    many = f"{len(gates)} gate{'' if len(gates) == 1 else 's'}" if gates else "no gates"
    return ", ".join([many, *counts])
