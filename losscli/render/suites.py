"""The page of a run of a config: its results, its gates worst first, and what was written."""

from collections.abc import Iterator, Mapping
from typing import Any

from losscli.documents import shown
from losscli.gates import COUNTS, ORDER
from losscli.render import benchmarks, words
from losscli.render.page import Line, Page, Table

_EVALS = ("run", "loss", "mean", "interval", "n")
_BENCHES = ("run", "implementation", "median", "speed-up", "")
_MOST_GROUPS = 40
_WORDS = {
    "fail": "failed",
    "error": "error",
    "undecided": "undecided",
    "warn": "warning",
    "pass": "passed",
}


def page(result: Any) -> Page:
    """A run, fresh or read back, from its document."""
    document = result.to_dict()
    tables = [table for table in (_evals(document), _benches(document), _gates(document)) if table]
    tail = list(_failures(document))
    if getattr(result, "saved", None):
        tail.append(f"saved {shown(result.saved)}")
    tail.append(summary(document))
    return Page((), tables, tail, [note.message for note in result.notes])


def summary(document: Mapping[str, Any]) -> str:
    """How many gates ended how, and the exit code."""
    states = [gate["status"] for gate in document["gates"]]
    counts = [f"{states.count(state)} {_WORDS[state]}" for state in ORDER if states.count(state)]
    many = f"{len(states)} gate{'' if len(states) == 1 else 's'}"
    said = f"{many}: {', '.join(counts)}" if states else "no gates"
    return f"{said}; exit code {document['exit_code']}"


def _evals(document: Mapping[str, Any]) -> Table | None:
    lines = [line for name, part in document["evals"].items() for line in _losses(name, part)]
    if not lines:
        return None
    return Table(_EVALS, lines, frozenset({0, 1, 3}), ("interval",))


def _losses(name: str, part: Mapping[str, Any]) -> Iterator[Line]:
    for loss in part.get("losses", ()):
        yield Line((shown(name), shown(loss["label"]), *_cells(loss)))
    groups = part.get("groups") or ()
    for group in groups[:_MOST_GROUPS]:
        by = ",".join(f"{key}={value}" for key, value in group["by"].items())
        for loss in group["losses"]:
            yield Line((shown(name), shown(f"{loss['label']}[{by}]"), *_cells(loss)))
    if len(groups) > _MOST_GROUPS:
        more = f"… and {len(groups) - _MOST_GROUPS:,} more groups: the JSON has all"
        yield Line((shown(name), more, "", "", ""))


def _cells(loss: Mapping[str, Any]) -> tuple[str, str, str]:
    value, stderr = _number(loss.get("value")), _number(loss.get("stderr"))
    ci = loss.get("ci")
    ends = None if ci is None else (float(ci[0]), float(ci[1]))
    mean = loss.get("reduction") == "mean"
    return (
        "-" if value is None else words.number(value, stderr if mean else None),
        words.interval(ends, stderr) if mean else "-",
        f"{loss['n']:,}",
    )


def _benches(document: Mapping[str, Any]) -> Table | None:
    lines = [
        Line(
            (
                shown(name),
                shown(_name_of(row)),
                _time(row),
                _speedup(row),
                "" if row["correct"] else "WRONG",
            ),
            "" if row["correct"] else "red",
        )
        for name, part in document["benches"].items()
        for row in part.get("rows", ())
    ]
    return Table(_BENCHES, lines, frozenset({0, 1, 4})) if lines else None


def _name_of(row: Mapping[str, Any]) -> str:
    shape = "x".join(map(str, row["shape"]))
    where = "" if row["device"] == "cpu" else f" {row['device']}"
    return f"{row['label']} {row['impl']} {shape} {row['dtype']} {row['pass']}{where}"


def _time(row: Mapping[str, Any]) -> str:
    times = row.get("time_s")
    return benchmarks.duration(float(times["median"])) if times else "-"


def _speedup(row: Mapping[str, Any]) -> str:
    value = row.get("speedup")
    return "-" if value is None else f"{value:.3g}"


def _gates(document: Mapping[str, Any]) -> Table | None:
    gates = sorted(document["gates"], key=lambda gate: ORDER.index(gate["status"]))
    timed = document["benches"].keys()
    lines = [
        Line(gate_cells(gate, timed=gate["run"] in timed), words.STYLES[gate["status"]])
        for gate in gates
    ]
    return Table(("", "", "", ""), lines, frozenset({0, 1, 2, 3})) if lines else None


def gate_cells(gate: Mapping[str, Any], *, timed: bool = False) -> tuple[str, str, str, str]:
    """The status, loud where it is not pass; the run; the gate; its value and the reason."""
    status = gate["status"] if gate["status"] == "pass" else gate["status"].upper()
    value = _number(gate["value"])
    said = "" if value is None else words.number(value, None)
    if value is not None and timed:
        said = _measure(gate["expr"], value)
    elif value is not None and gate["expr"].split()[0].split("[")[0] in COUNTS:
        said = f"{value:,.0f}"
    reason = ", ".join(filter(None, (said, shown(gate["reason"]))))
    return status, shown(gate["run"] or ""), shown(gate["expr"]), reason


def _measure(expr: str, value: float) -> str:
    """A number of a benchmark in its unit."""
    if ".peak_memory_bytes" in expr:
        return f"{value / (1 << 20):.3g} MiB"
    if ".speedup" in expr or "baseline" in expr:
        return f"{value:.3g}"
    return benchmarks.duration(value)


def _failures(document: Mapping[str, Any]) -> Iterator[str]:
    for name, part in {**document["evals"], **document["benches"]}.items():
        if part.get("schema") == "losscli/error/1":
            place = f" ({shown(part['place'])})" if part.get("place") else ""
            yield f"{shown(name)} failed: {shown(part['message'])}{place}"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
