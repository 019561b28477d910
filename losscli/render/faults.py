"""The page of a self-test: each gate, and the faults that it trips on."""

from typing import Any

from losscli.documents import shown
from losscli.render.page import Line, Page, Table


def page(result: Any) -> Page:
    """A line a gate; those that prove nothing are loud."""
    document = result.to_dict()
    lines = []
    for gate in document["gates"]:
        tripped = [fault for fault, status in gate["faults"].items() if status != "pass"]
        word = "VACUOUS" if gate["vacuous"] else "trips"
        said = ", ".join(tripped) if tripped else "on none of the faults"
        cells = (word, shown(gate["run"]), shown(gate["expr"]), f"{len(tripped)}", said)
        lines.append(Line(cells, "red" if gate["vacuous"] else ""))
    tables = [Table(("", "run", "gate", "trips", "on"), lines, frozenset({0, 1, 2, 4}))]
    tail = [f"{t['run']}: {t['fault']} was not tried: {t['reason']}" for t in document["skipped"]]
    stops: dict[str, list[str]] = {}
    for trip in document["stopped"]:
        stops.setdefault(trip["run"], []).append(trip["fault"])
    tail += [f"{run}: the run itself stops on: {', '.join(on)}" for run, on in stops.items()]
    tail += [f"{t['run']}: no gate noticed: {t['fault']}" for t in document["undetected"]]
    vacuous = sum(gate["vacuous"] for gate in document["gates"])
    many = len(document["gates"])
    tail.append(f"{many} gates, {vacuous} vacuous; exit code {document['exit_code']}")
    return Page((), tables if lines else [], [shown(line) for line in tail])
