"""`bless`: make a result the baseline, which is the only way that one changes."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from losscli.documents import Document, Note, ending
from losscli.errors import DataError, LossCliError, UsageError
from losscli.repository import state
from losscli.results import OutputFile, make_folder
from losscli.saved import read


@dataclass(frozen=True, slots=True)
class Blessed(Document):
    """A result that became the baseline: from where, to where, why, and what it changes.

    changes: run, label, old and new value, None where one has none. replaced: whether there was one
    before.
    """

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

    Raises UsageError without a reason or a place, DataError for a result that cannot be one: no
    run, or one in which something failed to give a result.
    """
    path = os.fspath(result)
    if not reason.strip():
        raise UsageError("a baseline needs a reason", hint='--reason "new tokenizer, see notes"')
    document = read(path)
    if document["schema"] not in ("losscli/run/1", "losscli/eval/1", "losscli/bench/1"):
        raise DataError(f"{path} is no result that can be a baseline: {document['schema']}")
    _check_whole(path, document)
    target = to if to is not None else (document.get("config") or {}).get("baseline")
    if not isinstance(target, str | os.PathLike):
        raise UsageError(
            f"{path} does not say where its baseline is", hint="--to baselines/main.json"
        )
    old = None
    with suppress(LossCliError):
        old = read(target)
    blessed = {
        **document,
        "blessed": {
            "reason": reason.strip(),
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
    return Blessed(path, os.fspath(target), reason.strip(), changes, old is not None)


def _check_whole(path: str, document: Mapping[str, Any]) -> None:
    """Raise DataError where a run of a result has no result of its own."""
    parts = {**(document.get("evals") or {}), **(document.get("benches") or {})}
    failed = [
        name
        for name, part in parts.items()
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
        if before.get(key) != after.get(key):
            yield *key, before.get(key), after.get(key)


def _values(document: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    parts = document.get("evals") or {"": document}
    return {
        (name, str(loss.get("label"))): float(loss["value"])
        for name, part in parts.items()
        for loss in part.get("losses", ())
        if loss.get("value") is not None
    }
