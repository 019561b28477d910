"""`frame`: the saved results as one table."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Run
from losscli.results.store import Entry, entries

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    "config", "started", "run", "label", "value", "stderr", "ci_low", "ci_high", "n", "rows",
    "status", "commit", "path",
)  # fmt: skip


def frame(folder: str | os.PathLike[str] = "results") -> "pd.DataFrame":
    """The history: one row a loss of each saved evaluation, alone or of a run, the oldest first.

    Columns: config and run (None of an evaluation alone), started, label, value, stderr, ci_low,
    ci_high, n, rows, status of the whole, commit, path. Files that cannot be read are left out,
    with a warning.
    """
    import warnings

    import pandas as pd

    records: list[dict[str, Any]] = []
    for entry in entries(folder):
        if entry.result is None:
            warnings.warn(f"left out: {entry.problem}", stacklevel=2)
        records += _records(entry)
    return pd.DataFrame(records, columns=list(_COLUMNS))


def _records(entry: Entry) -> Iterator[dict[str, Any]]:
    result = entry.result
    if not isinstance(result, Evaluation | Run):
        return
    evals = {None: result} if isinstance(result, Evaluation) else result.evals
    whole = {
        "config": result.config.name if isinstance(result, Run) else None,
        "started": result.started,
        "status": result.status,
        "commit": result.git.commit if result.git else None,
        "path": entry.path,
    }
    for run, part in evals.items():
        for loss in part.losses if isinstance(part, Evaluation) else ():
            found = {**loss.to_record(), **whole, "run": run}
            yield {name: _valid(found.get(name)) for name in _COLUMNS}


def _valid(value: Any) -> Any:
    """The value for pandas, whose texts hold no halves of surrogate pairs."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
