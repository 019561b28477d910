"""`bless`: make a result the baseline, which is the only way that one changes."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from losscli.errors import DataError, UsageError
from losscli.gates.grammar import groups_text
from losscli.results.document import Document, Note, ending
from losscli.results.files import OutputFile, make_folder
from losscli.results.reader import read
from losscli.results.repository import state
from losscli.results.validation import check_run


@dataclass(frozen=True, slots=True)
class Blessed(Document):
    """A result that became the baseline: from where, to where, why, and what it changes.

    changes: run, label, old and new value, None where one has none. replaced: whether there was one
    before.
    """

    page: ClassVar[str] = "bless"

    source: str
    to: str
    reason: str
    changes: tuple[tuple[str, str, float | None, float | None], ...]
    replaced: bool
    notes: tuple[Note, ...] = ()
    exit_code: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/bless/1`."""
        names = ("run", "label", "old", "new")
        return {
            "schema": "losscli/bless/1",
            "result": self.source,
            "to": self.to,
            "reason": self.reason,
            "replaced": self.replaced,
            "changes": [dict(zip(names, change, strict=True)) for change in self.changes],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a change."""
        return list(self.to_dict()["changes"])


def bless(
    result: str | os.PathLike[str], reason: str, to: str | os.PathLike[str] | None = None
) -> Blessed:
    """Make a saved result of `losscli run` the baseline, with the reason in it.

    to: the file; by default the `baseline:` of the config that is recorded in the result.

    Gates that failed are noted and no obstacle: a baseline is what some of them wait for.

    Raises UsageError without a reason or a place, or where the file holds something else;
    DataError for a result that cannot be one: no run, or one in which something gave no result.
    """
    path = os.fspath(result)
    if not reason.strip():
        raise UsageError("a baseline needs a reason", hint='--reason "new tokenizer, see notes"')
    document = read(path)
    if document["schema"] not in ("losscli/run/1", "losscli/eval/1", "losscli/bench/1"):
        raise DataError(f"{path} is no result that can be a baseline: {document['schema']}")
    if document["schema"] == "losscli/run/1":
        check_run(document, path)
    _check_whole(path, document)
    target = to if to is not None else (document.get("config") or {}).get("baseline")
    if not isinstance(target, str | os.PathLike):
        raise UsageError(
            f"{path} does not say where its baseline is", hint="--to baselines/main.json"
        )
    old = _old(target)
    blessed = {
        **document,
        "blessed": {
            "reason": reason.strip(),
            "user": _user(),
            "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "from": path,
            "git": state(),
        },
    }
    make_folder(Path(target).parent, "--to baselines/main.json names another place")
    with OutputFile(target) as file:
        file.write(f"{json.dumps(blessed, indent=2)}\n".encode(errors="backslashreplace"))
        file.commit()
    changes = tuple(_changes(old or {}, document))
    notes = tuple(_notes(document, old or {}))
    return Blessed(path, os.fspath(target), reason.strip(), changes, old is not None, notes)


def _old(target: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The baseline that is to be replaced; raises UsageError where the file is something else."""
    if not os.path.lexists(target):
        return None
    try:
        return read(target)
    except DataError as error:
        raise UsageError(
            f"{os.fspath(target)} is there and is no baseline: {error.message}",
            hint="remove it first, or name another file with --to",
        ) from error


def _user() -> str | None:
    """Who blesses, as the system calls them."""
    import getpass

    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return None


def _notes(document: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Note]:
    """What a person should know of a baseline before the next run is held against it."""
    gates = document.get("gates") or ()
    left = [gate for gate in gates if gate.get("status") not in ("pass", "warn")]
    if left:
        words = "; ".join(f"{gate['status']} {gate['expr']}" for gate in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        yield Note("gates", f"{len(left)} of its {len(gates)} gates did not pass: {words}{more}")
    lost = [name for name in _parts(old) if name and name not in _parts(document)]
    if lost:
        yield Note("runs_lost", f"the baseline had {', '.join(lost)}, and this result has not")
    if (document.get("git") or {}).get("dirty"):
        yield Note("dirty", "it was made with changes that are in no commit")


def _check_whole(path: str, document: Mapping[str, Any]) -> None:
    """Raise DataError where a run of a result has no result of its own."""
    failed = [
        name
        for name, part in _parts(document).items()
        if not isinstance(part, Mapping) or part.get("schema") == "losscli/error/1"
    ]
    if failed:
        raise DataError(
            f"{path} cannot be a baseline: {', '.join(failed)} gave no result",
            hint="mend the run first; a gate that failed is no obstacle",
        )


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, str, float | None, float | None]]:
    """The values of both, where they differ."""
    before, after = _values(old), _values(new)
    for key in dict.fromkeys([*before, *after]):
        if repr(before.get(key)) != repr(after.get(key)):  # nan is nan
            yield *key, before.get(key), after.get(key)


def _parts(document: Mapping[str, Any]) -> dict[str, Any]:
    """The results of a run by their names; another result is its only part, and has no name."""
    if document.get("schema") == "losscli/run/1":
        return {**(document.get("evals") or {}), **(document.get("benches") or {})}
    return {"": document} if document else {}


def _values(document: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """The means of losses, of the whole and of groups, and the median times of benchmarks."""
    found = {}
    for name, part in _parts(document).items():
        for loss in part.get("losses") or ():
            found[name, str(loss.get("label"))] = loss.get("value")
        for group in part.get("groups") or ():
            key = groups_text([(k, str(v)) for k, v in group["by"].items()])
            for loss in group["losses"]:
                found[name, f"{loss.get('label')}{key}"] = loss.get("value")
        for row in part.get("rows") or ():
            shape = "x".join(map(str, row["shape"]))
            words = f"{row['label']} {row['impl']} {shape} {row['dtype']} {row['pass']}"
            found[name, f"{words} {row['device']}, s"] = (row.get("time_s") or {}).get("median")
    return {key: float(value) for key, value in found.items() if value is not None}
