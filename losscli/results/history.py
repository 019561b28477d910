"""The history of a config: the losses and metrics of its saved runs, the oldest first."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Run
from losscli.results.store import entries


class Past(NamedTuple):
    """A value of an earlier result.

    run: the step of the config, empty for an evaluation alone. label: empty where the step failed,
    and value None; problem: why.
    """

    run: str
    label: str
    started: str
    commit: str
    status: str
    value: float | None
    ci: tuple[float, float] | None
    problem: str = ""


def history_of(
    run: Run, path: str | None, folder: str | os.PathLike[str], most: int
) -> Iterator[Past]:
    """The values of at most so many earlier runs of the same config, and its own at the end.

    path: the file of the run, None where it has none. folder: of saved results. Nothing for a run
    that does not say when it was made.
    """
    if run.started is None or not most:
        return
    found = [
        (entry.path, entry.result)
        for entry in entries(folder, run.config.name)
        if isinstance(entry.result, Run) and (entry.result.started or "") <= run.started
    ]
    same = path is not None and os.path.realpath(path)
    found = [(own, old) for own, old in found if os.path.realpath(own) != same and old != run]
    for _, each in [*found[-most:], ("", run)]:
        yield from _values(each)


def _values(run: Run) -> Iterator[Past]:
    when = (run.started or "", run.git.commit if run.git else "")
    for name, part in run.results.items():
        if isinstance(part, Evaluation):
            for each in part.statistics:
                yield Past(name, each.label, *when, run.status, each.of_mean, each.ci)
    for name, failure in run.failures.items():
        yield Past(name, "", *when, run.status, None, None, failure.message)
