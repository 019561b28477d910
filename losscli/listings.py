"""Listings: what a run would do, what its settings are, which results there are."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from losscli.config.plan import RunPlan, Step
from losscli.documents import Document, Note, ending
from losscli.errors import DataError, LossCliError
from losscli.gates import Judged, exit_code
from losscli.results import LATEST, entries
from losscli.runs import opened
from losscli.saved import read
from losscli.suite import SavedSuite

_RATE = {"npy": 1.0e9, "csv": 6.0e7}  # bytes a second: what a small machine manages


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
    """Each value that is not built in, and where it came from."""
    records = [
        {"key": key, "value": value.value, "origin": value.origin}
        for key, value in plan.values.items()
    ]
    rows = [(str(r["key"]), _text(r["value"]), str(r["origin"])) for r in records]
    tail = ("what is not listed is built in: losscli eval --help, losscli bench --help",)
    heads = ("key", "value", "from")
    notes = tuple(Note("setting", words) for words in plan.notes)
    return Listing("losscli/settings/1", heads, tuple(rows), tuple(records), tail, notes)


def outline(plans: Sequence[RunPlan]) -> Listing:
    """What each run would read and how long it might take; headers are read, no more.

    A gate on a run or a loss that is not there is a problem already, with exit code 1.
    """
    records = [{"config": plan.path, **_outline_of(step)} for plan in plans for step in plan.steps]
    rows = []
    for record in records:
        count = record["rows"]
        size, took = record["bytes"], record["seconds"]
        rows.append(
            (
                *((str(record["config"]),) if len(plans) > 1 else ()),
                str(record["run"]),
                str(record["kind"]),
                ", ".join(record["losses"]),
                "?" if count is None else f"{count:,}",
                "-" if size is None else f"{size / 1e6:,.1f} MB",
                "-" if took is None else f"about {max(took, 0.1):.1f} s",
                str(record["problem"] or ""),
            )
        )
    heads = ("run", "kind", "losses", "rows", "size", "time", "")
    several = len(plans) > 1
    lost = tuple(gate for plan in plans for gate in _lost(plan, several=several))
    code = exit_code(lost)
    gates = sum(len(step.gates) for plan in plans for step in plan.steps)
    gates += sum(len(plan.stray) for plan in plans)
    words = f"{len(records)} runs, {gates} gates; nothing was computed"
    return Listing(
        "losscli/plan/1",
        ("config", *heads) if several else heads,
        tuple(rows),
        tuple(records),
        (f"{words}; exit code {code}" if code else words,),
        tuple(Note("setting", words) for plan in plans for words in plan.notes),
        code,
        lost,
    )


def _lost(plan: RunPlan, *, several: bool) -> Iterator[Judged]:
    """The gates for which there can be no evidence, whatever the data are."""
    for gate in (*plan.strays(), *plan.unlabelled()):
        yield gate._replace(run=f"{plan.path}: {gate.run}") if several else gate


def _outline_of(step: Step) -> dict[str, Any]:
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
        return found | {"seconds": step.plan.time}
    try:
        with opened(step.plan) as source:
            size = sum(table.size for table in source.tables)
            speed = [_RATE.get(table.format, 1.0e9) for table in source.tables]
            took = sum(t.size / rate for t, rate in zip(source.tables, speed, strict=True))
            found |= {
                "rows": source.rows,
                "bytes": size,
                "seconds": took * len(found["losses"]),
            }
        for gate in step.pairs:
            with opened(step.plan, gate.others):
                pass
    except LossCliError as error:
        found["problem"] = error.message
    return found


def listing(folder: str | os.PathLike[str], name: str | None = None) -> Listing:
    """The results of a folder, the newest first; name: of one config only."""
    found = sorted(entries(folder), key=lambda entry: Path(entry.path).name, reverse=True)
    records = []
    for entry in found:
        document = entry.document or {}
        gates = [gate.get("status") for gate in document.get("gates", ())]
        records.append(
            {
                "result": os.path.relpath(entry.path, folder),
                "config": (document.get("config") or {}).get("name"),
                "started": document.get("started"),
                "status": document.get("status") or "unreadable",
                "gates": len(gates),
                "passed": gates.count("pass"),
                "commit": (document.get("git") or {}).get("commit"),
                "problem": entry.problem or None,
            }
        )
    if name is not None:
        records = [record for record in records if record["config"] == name]
    rows = [
        (
            str(r["result"]),
            str(r["status"]),
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


def saved(name: str, folder: str | os.PathLike[str]) -> SavedSuite:
    """A result by its path, by `CONFIG/FILE` in the folder, or the latest of a config.

    Raises DataError where there is none.
    """
    path = path_of(name, folder)
    document = read(path)
    if document["schema"] != "losscli/run/1":
        raise DataError(f"{path} is no result of losscli run: {document['schema']}")
    return SavedSuite(document, path)


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
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
