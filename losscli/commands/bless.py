"""`bless`: make a result the baseline, which is the only way that one changes."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from losscli.commands.results import path_of
from losscli.errors import DataError, UsageError
from losscli.plans.files import BlessPlan
from losscli.results.document import Document, Note, json_numbers
from losscli.results.documents.bench import Benchmark
from losscli.results.documents.bless import BlessResult, ValueChange
from losscli.results.documents.compare import ModelComparison
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Blessing, Run
from losscli.results.files import OutputFile, make_folder
from losscli.results.gate import groups_text
from losscli.results.reader import load, read
from losscli.results.repository import state

Result: TypeAlias = Benchmark | Evaluation | Run


def run_bless(plan: BlessPlan) -> BlessResult:
    """Make a saved result of `run` the baseline, with the reason in it.

    result: a path, or a config's name for its latest result. to: the file; by default the
    `baseline:` of the config that is recorded in the result.

    Gates that failed are noted and do not prevent it: some of them wait for a baseline.

    Raises UsageError without a reason or a place, or where the file holds something else;
    DataError for a result that cannot be a baseline: not a run, or one in which something failed.
    """
    path, reason = path_of(os.fspath(plan.result), plan.results), plan.reason.strip()
    new = load(path)
    if not isinstance(new, Benchmark | Evaluation | Run):
        kind = new.document_kind()
        raise DataError(f"{path} cannot be a baseline: it is a result of {kind}")
    _check_complete(path, new)
    named = new.config.baseline if isinstance(new, Run) else None
    target = named if plan.to is None else plan.to
    if target is None:
        raise UsageError(
            f"{path} does not say where its baseline is", hint="--to baselines/main.json"
        )
    old = _old(target)
    blessed = Blessing(
        reason=reason,
        user=_user(),
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        from_=path,
        git=state(),
    )
    # The file as it is: it may hold more than this version knows.
    document = {**read(path), "blessed": json_numbers(blessed.to_dict())}
    make_folder(Path(target).parent, "--to baselines/main.json names another place")
    with OutputFile(target) as file:
        file.write(f"{json.dumps(document, indent=2)}\n".encode(errors="backslashreplace"))
        file.commit()
    return BlessResult(
        result=path,
        to=os.fspath(target),
        reason=reason,
        replaced=old is not None,
        changes=tuple(_changes(old, new)),
        notes=tuple(_notes(new, old)),
    )


def _old(target: str | os.PathLike[str]) -> Document | None:
    """The baseline that is to be replaced; raises UsageError where the file is something else."""
    if not os.path.lexists(target):
        return None
    try:
        found = load(target)
    except DataError as error:
        raise UsageError(
            f"{os.fspath(target)} exists and is not a baseline: {error.message}",
            hint="remove it first, or name another file with --to",
        ) from error
    return found if isinstance(found, Document) else None


def _user() -> str | None:
    import getpass

    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return None


def _notes(new: Result, old: Document | None) -> Iterator[Note]:
    gates = () if isinstance(new, Benchmark) else new.gates
    left = [gate for gate in gates if gate.status not in ("pass", "warn")]
    if left:
        words = "; ".join(f"{gate.status} {gate.expr}" for gate in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        yield Note("gates", f"{len(left)} of its {len(gates)} gates did not pass: {words}{more}")
    lost = [name for name in _parts(old) if name and name not in _parts(new)]
    if lost:
        yield Note("runs_lost", f"the baseline had {', '.join(lost)}, and this result has not")
    if not isinstance(new, Benchmark) and new.git is not None and new.git.dirty:
        yield Note("dirty", "it was made with changes that are in no commit")


def _check_complete(path: str, new: Result) -> None:
    """Raise DataError where a step of a run has no result."""
    failed = list(new.failures) if isinstance(new, Run) else []
    if failed:
        raise DataError(
            f"{path} cannot be a baseline: {', '.join(failed)} gave no result",
            hint="fix the run first; a gate that failed does not matter",
        )


def _changes(old: Document | None, new: Result) -> Iterator[ValueChange]:
    before, after = _values(old), _values(new)
    for key in dict.fromkeys([*before, *after]):
        if repr(before.get(key)) != repr(after.get(key)):  # nan is nan
            yield ValueChange(*key, before.get(key), after.get(key))


def _parts(result: Document | None) -> dict[str, Any]:
    """The results of a run by their names; another result is its only part, and has no name."""
    if isinstance(result, Run):
        return {**result.evals, **result.benches, **result.comparisons}
    return {} if result is None else {"": result}


def _values(result: Document | None) -> dict[tuple[str, str], float]:
    """The values of losses and groups, differences of models, and median times of benchmarks."""
    found: dict[tuple[str, str], float | None] = {}
    for name, part in _parts(result).items():
        if isinstance(part, Evaluation):
            found |= {(name, loss.label): loss.value for loss in part.losses}
            for group in part.groups:
                key = groups_text(list(group.by.items()))
                found |= {(name, f"{loss.label}{key}"): loss.value for loss in group.losses}
        elif isinstance(part, ModelComparison):
            pairs = ((each.label, pair) for each in part for pair in each.pairs)
            found |= {
                (name, f"{label}: {pair.model} - {pair.baseline}"): pair.difference
                for label, pair in pairs
            }
        elif isinstance(part, Benchmark):
            for row in part.rows:
                words = f"{row.label} {row.impl} {row.size} {row.dtype} {row.passes} {row.device}"
                found[name, f"{words}, s"] = row.times.median if row.times else None
    return {key: value for key, value in found.items() if value is not None}
