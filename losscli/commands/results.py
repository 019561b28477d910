"""`results list` and `results show`: the results folder."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from losscli.errors import DataError
from losscli.plans.files import HistoryPlan, ShowPlan
from losscli.render.files import outputs
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.results import ResultsListing, SavedResult
from losscli.results.documents.run import Run
from losscli.results.reader import load
from losscli.results.store import LATEST, Entry, age, entries


def run_list(plan: HistoryPlan) -> ResultsListing:
    """The results of a folder, the newest first; of one config, or `eval`, if that is named."""
    found = sorted(entries(plan.results), key=lambda entry: age(Path(entry.path)), reverse=True)
    if plan.config is not None:
        found = [entry for entry in found if Path(entry.path).parent.name == plan.config]
    rows = tuple(_row(entry, plan.results) for entry in found)
    return ResultsListing(rows=rows, folder=os.fspath(plan.results))


def run_show(plan: ShowPlan) -> Evaluation | Run:
    """A saved result.

    Raises DataError where there is none, and where it cannot be shown.
    """
    with outputs(plan.output) as publish:
        found = _shown(path_of(os.fspath(plan.result), plan.results))
        publish(found)
    return found


def _row(entry: Entry, folder: str | os.PathLike[str]) -> SavedResult:
    """A row of the history; a result that names no config is of the one that its folder is of."""
    result = entry.result
    known = result if isinstance(result, Evaluation | Run) else None
    gates = () if known is None else known.gates
    git = None if known is None else known.git
    status: Any = "unreadable" if result is None else getattr(result, "status", "error")
    return SavedResult(
        result=os.path.relpath(entry.path, folder),
        config=result.config.name if isinstance(result, Run) else Path(entry.path).parent.name,
        started=known.started if known is not None else None,
        status=status,
        gates=len(gates),
        passed=sum(gate.status == "pass" for gate in gates),
        commit=git.commit if git else None,
        problem=entry.problem or None,
    )


def _shown(path: str) -> Evaluation | Run:
    result = load(path)
    if not isinstance(result, Evaluation | Run):
        raise DataError(
            f"{path} is not a run or an evaluation but losscli/{result.document_kind()}/1",
            hint="name a file that losscli run or losscli eval --save wrote",
        )
    for part in (result,) if isinstance(result, Evaluation) else result.results.values():
        if isinstance(part, Evaluation):
            _check_table(part, path)
    if isinstance(result, Run):
        return result
    return result.replace(saved=path, status=result.status, exit_code=result.exit_code)


def _check_table(part: Evaluation, path: str) -> None:
    """Raise DataError where the losses of an evaluation make no table."""
    labels = [loss.label for loss in part.losses]
    if not labels:
        raise DataError(f"{path} cannot be shown: it has no losses")
    if any([loss.label for loss in group.losses] != labels for group in part.groups):
        raise DataError(
            f"{path} cannot be shown: a group of it has other losses",
            hint="evaluate again with --save",
        )


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
