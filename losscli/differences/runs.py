"""`compare_runs`: the difference of two saved runs of a config, step by step."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from losscli.differences.benchmarks import compare_benchmarks
from losscli.differences.evaluations import compare_evaluations
from losscli.differences.saved import Saved, Terms
from losscli.errors import DataError, LossCliError
from losscli.results.document import Note
from losscli.results.documents.diff import RunDiff, RunSide
from losscli.results.documents.error import ErrorReport
from losscli.results.documents.run import Run

_COMPARE: Mapping[str, Any] = {"evals": compare_evaluations, "benches": compare_benchmarks}


def compare_runs(old: Saved[Run], new: Saved[Run], terms: Mapping[str, Terms]) -> RunDiff:
    """Return the differences of `new` from `old`; terms: the settings of "evals" and "benches".

    Raises DataError if no step has a result in both.
    """
    compared: dict[str, dict[str, Any]] = {}
    gone: dict[str, list[str]] = {"old": [], "new": []}
    for kind in _COMPARE:
        before, after = _parts(old, kind), _parts(new, kind)
        gone["old"] += [name for name in before if name not in after]
        gone["new"] += [name for name in after if name not in before]
        compared[kind] = {
            name: _compared(kind, before[name], after[name], terms[kind])
            for name in after
            if name in before
        }
    if not any(compared.values()):
        raise DataError(
            f"no run of {new.name} gave a result in {old.name} too",
            place=f"OLD has {', '.join(gone['old']) or 'none'}; "
            f"NEW has {', '.join(gone['new']) or 'none'}",
            hint="runs match by their names in the config",
        )
    parts = {name: part for kind in compared.values() for name, part in kind.items()}
    successful = {n: part for n, part in parts.items() if not isinstance(part, ErrorReport)}
    return RunDiff(
        old=_side(old),
        new=_side(new),
        fail_on=tuple(terms["evals"].fail_on),
        evals=compared["evals"],
        benches=compared["benches"],
        only_old=tuple(gone["old"]),
        only_new=tuple(gone["new"]),
        counts=_counts(successful),
        notes=tuple(_notes(successful)),
    )


def _side(saved: Saved[Run]) -> RunSide:
    run = saved.result
    return RunSide(**saved.side, config=run.config, started=run.started, git=run.git)


def _parts(saved: Saved[Run], kind: str) -> dict[str, Saved[Any]]:
    """Return the steps of a kind that gave a result."""
    return {
        name: Saved(f"{name} of {saved.name}", part, saved.folder)
        for name, part in getattr(saved.result, kind).items()
        if not isinstance(part, ErrorReport)
    }


def _compared(kind: str, old: Saved[Any], new: Saved[Any], terms: Terms) -> Any:
    """Return the differences of a step, or the error that prevents them."""
    try:
        return _COMPARE[kind](old, new, terms)
    except LossCliError as error:
        return ErrorReport.of(error)


def _counts(parts: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of rows of each verdict, in all steps."""
    counts: Counter[str] = Counter()
    for part in parts.values():
        counts.update(part.counts)
    return dict(counts)


def _notes(parts: Mapping[str, Any]) -> list[Note]:
    """Return the notes of all steps, each once, with the names of its steps."""
    steps: dict[Note, list[str]] = {}
    for name, part in parts.items():
        for note in part.notes:
            steps.setdefault(note, []).append(name)
    return [
        note.replace(message=f"{', '.join(names)}: {note.message}") for note, names in steps.items()
    ]
