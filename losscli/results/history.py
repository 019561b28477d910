"""`frame`: the saved results as one table."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
from losscli.results.store import Entry, entries


def frame(folder: str | os.PathLike[str] = "results") -> "pd.DataFrame":
    """The history: one row a loss of each saved evaluation, alone or of a run, the oldest first.

    Columns: config and run (None of an evaluation alone), started, label, value, stderr, ci_low,
    ci_high, n, rows, status of the whole, commit, path. What cannot be read is left out, with a
    warning.
    """
    import warnings

    import pandas as pd

    records: list[dict[str, Any]] = []
    for entry in entries(folder):
        if entry.document is None:
            warnings.warn(f"left out: {entry.problem}", stacklevel=2)
        records += _records(entry)
    return pd.DataFrame(records, columns=list(_FRAME))


_FRAME = (
    "config", "started", "run", "label", "value", "stderr", "ci_low", "ci_high", "n", "rows",
    "status", "commit", "path",
)  # fmt: skip


def _records(entry: Entry) -> Iterator[dict[str, Any]]:
    document = entry.document or {}
    alone = document.get("schema") == "losscli/eval/1"
    evals = {None: document} if alone else document.get("evals")
    whole = {
        "config": (document.get("config") or {}).get("name"),
        "started": document.get("started"),
        "status": document.get("status"),
        "commit": (document.get("git") or {}).get("commit"),
        "path": entry.path,
    }
    for run, part in evals.items() if isinstance(evals, dict) else ():
        for loss in part.get("losses", ()):
            low, high = loss.get("ci") or (None, None)
            numbers = {key: _number(loss.get(key)) for key in ("value", "stderr", "n", "rows")}
            ends = {"ci_low": _number(low), "ci_high": _number(high)}
            yield {**whole, "run": run, "label": loss.get("label"), **numbers, **ends}


def _number(value: Any) -> float | None:
    """A number of a document, where nan and infinities are texts."""
    return float(value) if isinstance(value, int | float | str) else None
