"""`results list` and `results show`: the results folder."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from losscli.errors import DataError
from losscli.results.listing import Listing
from losscli.results.reader import read, read_run
from losscli.results.run import SavedSuite
from losscli.results.saved_evaluation import SavedEvaluation, read_back
from losscli.results.store import LATEST, Entry, age, entries


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
