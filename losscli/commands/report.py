"""`report`: saved results of any kind as one page of HTML."""

import os
from typing import Any

from losscli.commands.results import path_of
from losscli.errors import LossCliError, UsageError
from losscli.plans.functions import public
from losscli.plans.report import ReportPlan
from losscli.render.formats import of_path
from losscli.render.report import Source, html
from losscli.results.document import Note, Record
from losscli.results.documents.report import ReportedResult, ReportResult
from losscli.results.documents.run import Run
from losscli.results.files import OutputFile, resolve_links
from losscli.results.history import Past, history_of
from losscli.results.reader import load


def run_report(plan: ReportPlan) -> ReportResult:
    """One page of saved results: verdict and gates first, then the numbers and their origin.

    It needs no other file, no network and no script to be read. Losses are drawn next to those of
    the baseline that the config of a run names, and after those of earlier results of the config.

    Raises UsageError for an output that cannot be written, before any work; DataError for a file
    that is not a result.
    """
    if of_path(plan.output) != "html":
        raise UsageError(
            f"a report is a page of HTML, which {os.fspath(plan.output)} is not",
            hint="-o report.html",
        )
    _check_inputs(plan)
    with OutputFile(plan.output) as file:
        notes: list[Note] = []
        sources = [_source(given, plan, notes) for given in plan.result]
        data = html(sources, plan.title).encode(errors="backslashreplace")
        file.write(data)
        file.commit()
    shown = tuple(map(_shown, sources))
    path = os.fspath(plan.output)
    return ReportResult(output=path, bytes=len(data), results=shown, notes=tuple(notes))


report = public("report", ReportPlan, run_report)


def _check_inputs(plan: ReportPlan) -> None:
    """Raise UsageError where the page would replace one of the results."""
    output = resolve_links(plan.output)
    for given in plan.result:
        path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
        if path is not None and resolve_links(path) == output:
            raise UsageError(f"{path} is an input: it cannot be an output too")


def _source(given: Any, plan: ReportPlan, notes: list[Note]) -> Source:
    """A result with its baseline and history; given: a path, a config's name, or the result."""
    path = None
    result = given
    if isinstance(given, str | os.PathLike):
        path = path_of(os.fspath(given), plan.results)
        result = load(path)
    elif not isinstance(given, Record):
        raise UsageError(f"a report is made of results, not of {type(given).__name__}")
    name = _name(result, path)
    history: list[Past] = []
    if isinstance(result, Run):
        history = list(history_of(result, path, plan.results, plan.history))
    return Source(name, result, _baseline(result, notes), history, path or "")


def _name(result: Any, path: str | None) -> str:
    if isinstance(result, Run):
        return result.config.name
    return result.document_kind() if path is None else path


def _baseline(result: Any, notes: list[Note]) -> Any:
    """The baseline that the config of a run names; None without one, or where it is unreadable."""
    path = result.config.baseline if isinstance(result, Run) else None
    if path is None:
        return None
    try:
        return load(path)
    except LossCliError as error:
        notes.append(Note("no_baseline", f"drawn without the baseline: {error.message}"))
        return None


def _shown(source: Source) -> ReportedResult:
    result = source.result
    earlier = max(0, len({past.started for past in source.history}) - 1)
    status = getattr(result, "status", "error")
    return ReportedResult(source.name, result.document_kind(), status, earlier)
