"""Listings: what a run would do, what its settings are, which results there are."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from losscli.config.layers import Value
from losscli.config.model import BenchFlags, EvalFlags
from losscli.config.plan import RunPlan, Step
from losscli.config.wording import key_of
from losscli.documents import Document, Note, ending
from losscli.errors import DataError, LossCliError, first_code
from losscli.evaluation.saved import SavedEvaluation, read_back
from losscli.gates import Judged, exit_code
from losscli.results import LATEST, Entry, age, entries
from losscli.runs import opened
from losscli.saved import read, read_run
from losscli.suite import SavedSuite
from losscli.units import size

_WHERE = {"eval": "evals", "bench": "benches"}
_WHOLE = ("baseline", "on_undecided", "gates", "outputs")
# Bytes a second, of what a small machine manages: a loss of arrays, and reading text before it.
_ARRAYS, _TEXT = 1.0e9, 2.0e8


@dataclass(frozen=True, slots=True)
class Listing(Document):
    """A table without a computation behind it: heads, cells, and the same as a document.

    gates: those that are in error already.
    """

    schema: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: tuple[Mapping[str, Any], ...]
    tail: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    exit_code: int = 0
    gates: tuple[Judged, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {"schema": self.schema, "rows": list(map(dict, self.records))}
        if self.gates:
            found["gates"] = [gate.to_dict() for gate in self.gates]
        return found | ending(self.exit_code)

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a line."""
        return [dict(record) for record in self.records]


def settings(plan: RunPlan) -> Listing:
    """Each value and where it came from: from `--set`, a variable, a line, or built in."""
    found: dict[str, Value] = {}
    for step in plan.steps:
        start = f"{_WHERE[step.kind]}.{step.name}."
        found |= {key: value for key, value in plan.values.items() if key.startswith(start)}
        found |= _built_in(step, start, plan.values)
    found |= {key: value for key, value in plan.values.items() if key.split(".")[0] in _WHOLE}
    found.setdefault("on_undecided", Value(plan.on_undecided, "built in"))
    records = [
        {"key": key, "value": _plain(value.value), "origin": value.origin}
        for key, value in found.items()
    ]
    rows = [(str(r["key"]), _text(r["value"]), str(r["origin"])) for r in records]
    heads = ("key", "value", "from")
    return Listing("losscli/settings/1", heads, tuple(rows), tuple(records), notes=plan.notes)


def _built_in(step: Step, start: str, known: Mapping[str, Value]) -> dict[str, Value]:
    """The flags of a run that nobody set, as its plan has them."""
    model: Any = EvalFlags if step.kind == "eval" else BenchFlags
    return {
        f"{start}{key_of(name)}": Value(getattr(step.plan, name), "built in")
        for name in model.model_fields
        if f"{start}{key_of(name)}" not in known
    }


def _plain(value: Any) -> Any:
    """As a document has it."""
    return list(value) if isinstance(value, tuple) else value


def outline(plans: Sequence[RunPlan], *, data: bool = True) -> Listing:
    """What each run would read and how long it might take; headers are read, no more.

    A gate on a run or a loss that is not there is a problem already, with exit code 1.
    data: whether headers are read, and must be there.
    """
    found = [(plan, *_outline_of(step, data=data)) for plan in plans for step in plan.steps]
    records = [{"config": plan.path, **record} for plan, record, _ in found]
    several = len(plans) > 1
    rows = [
        (
            *((str(record["config"]),) if several else ()),
            str(record["run"]),
            str(record["kind"]),
            ", ".join(record["losses"]),
            _count(record["rows"]),
            "-" if record["bytes"] is None else size(record["bytes"]),
            _time(record["seconds"]),
            str(record["problem"] or ""),
        )
        for record in records
    ]
    heads = (*(("config",) if several else ()), "run", "kind", "losses", "rows", "size", "time", "")
    lost = tuple(gate for plan in plans for gate in _lost(plan, several=several))
    code = first_code([exit_code(lost), *(code for *_, code in found)])
    gates = sum(len(step.gates) for plan in plans for step in plan.steps)
    gates += sum(len(plan.stray) for plan in plans)
    total = _time(sum(record["seconds"] or 0.0 for record in records))
    runs = f"{len(records)} run{'' if len(records) == 1 else 's'}"
    words = f"{runs}, {gates} gates, {total}; nothing was computed"
    tail = (
        "time is guessed: 1 GB/s a loss, before it 200 MB/s of text; benchmarks take what they may",
        f"{words}; exit code {code}" if code else words,
    )
    notes = tuple(note for plan in plans for note in plan.notes)
    return Listing("losscli/plan/1", heads, tuple(rows), tuple(records), tail, notes, code, lost)


def _lost(plan: RunPlan, *, several: bool) -> Iterator[Judged]:
    """The gates for which there can be no evidence, whatever the data are."""
    for gate in (*plan.strays(), *plan.unlabelled()):
        yield gate._replace(run=f"{plan.path}: {gate.run}") if several else gate


def _count(rows: int | None) -> str:
    return "?" if rows is None else f"{rows:,}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 0.1:
        return "under 0.1 s"
    return f"about {seconds:.1f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"


def _outline_of(step: Step, *, data: bool) -> tuple[dict[str, Any], int]:
    """A run as it is planned, and the exit code of what is wrong with its headers."""
    found: dict[str, Any] = {
        "run": step.name,
        "kind": step.kind,
        "losses": [getattr(loss, "label", loss) for loss in step.plan.loss],
        "rows": None,
        "bytes": None,
        "seconds": None,
        "gates": [gate.expr for gate in step.gates],
        "problem": None,
    }
    if step.kind == "bench":
        return found | {"seconds": float(step.plan.time)}, 0
    if not data:
        return found, 0
    try:
        with opened(step.plan) as source:
            text = sum(table.size for table in source.tables if table.format == "csv")
            seconds = source.size / _ARRAYS * len(found["losses"]) + text / _TEXT
            if all(table.rows is not None for table in source.tables):
                next(source.blocks())  # cuts of arrays are made of their headers
            found |= {"rows": source.rows, "bytes": source.size, "seconds": seconds}
    except LossCliError as error:
        return found | {"problem": error.message}, error.exit_code
    try:
        for gate in step.pairs:
            with opened(step.plan, gate.others) as source:
                found["seconds"] += 2 * source.size / _ARRAYS
    except LossCliError as error:  # which costs its gates and not the run
        return found | {"problem": f"{gate.expr}: {error.message}"}, 1
    return found, 0


def listing(folder: str | os.PathLike[str], name: str | None = None) -> Listing:
    """The results of a folder, the newest first; name: of one config, or `eval`, only."""
    found = sorted(entries(folder), key=lambda entry: age(Path(entry.path)), reverse=True)
    records = [_listed(entry, folder) for entry in found]
    if name is not None:
        records = [r for r in records if Path(str(r["result"])).parent.name == name]
    rows = [
        (
            str(r["result"]),
            str(r["status"] or "unreadable"),
            f"{r['passed']} of {r['gates']}",
            str(r["started"] or "-"),
            str(r["commit"] or "-")[:10],
            str(r["problem"] or ""),
        )
        for r in records
    ]
    heads = ("result", "status", "gates passed", "started", "commit", "")
    tail = (f"{len(rows)} result{'' if len(rows) == 1 else 's'} in {os.fspath(folder)}",)
    return Listing("losscli/results/1", heads, tuple(rows), tuple(records), tail)


def _listed(entry: Entry, folder: str | os.PathLike[str]) -> dict[str, Any]:
    """A line of the history; what names no config is of the one that its folder is of."""
    document = entry.document or {}
    config, gates = document.get("config"), document.get("gates")
    states = [gate.get("status") for gate in gates] if isinstance(gates, list) else []
    return {
        "result": os.path.relpath(entry.path, folder),
        "config": config["name"] if config else Path(entry.path).parent.name,
        "started": document.get("started"),
        "status": document.get("status", "error") if document else "unreadable",
        "gates": len(states),
        "passed": states.count("pass"),
        "commit": (document.get("git") or {}).get("commit"),
        "problem": entry.problem or None,
    }


def saved(name: str, folder: str | os.PathLike[str]) -> SavedSuite | SavedEvaluation:
    """A result by its path, by `CONFIG/FILE` in the folder, or the latest of a config.

    Raises DataError where there is none.
    """
    path = path_of(name, folder)
    document = read(path)
    if document["schema"] == "losscli/eval/1":
        return read_back(document, path)
    return SavedSuite(read_run(path), path)


def path_of(name: str, folder: str | os.PathLike[str]) -> str:
    """The file of a result: a path, `CONFIG/FILE` in the folder, or the latest of a config.

    Raises DataError where there is none.
    """
    joined = os.path.join(folder, name)  # noqa: PTH118
    for path in (name, joined, f"{joined}.json", os.path.join(joined, LATEST)):  # noqa: PTH118
        with suppress(ValueError):
            if os.path.isfile(path):  # noqa: PTH113
                return path
    raise DataError(f"there is no result {name}", hint="losscli results list shows them")


def _text(value: Any) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
