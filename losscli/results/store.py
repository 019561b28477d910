"""The results folder: saving, sweeping, listing, and its results as one table."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from losscli.errors import DataError, LossCliError, UsageError
from losscli.results.document import Record

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

from losscli.results.files import OutputFile, make_folder, resolve_links, sweep

LATEST = "latest.json"
_COLUMNS = (
    "config", "started", "run", "label", "value", "stderr", "ci_low", "ci_high", "n", "rows",
    "status", "commit", "path",
)  # fmt: skip


class SavedRun:
    """The place of a result in the results folder: `NAME/<UTC time>-<hash>.json`, and latest.json.

    started: as ISO 8601 has it. Opened before the work starts; whole or not there at all, however
    many write at once. A context that cleans up. Raises UsageError where the folder cannot be made
    or written, or a link in it leads elsewhere: who sends a config may send such links with it.
    What a run that was killed a day ago or more left half-written is removed.
    """

    def __init__(
        self, folder: str | os.PathLike[str], name: str, started: "datetime", text: str
    ) -> None:
        import hashlib

        own = Path(folder) / name
        inside = Path(resolve_links(folder)) / name
        for path, wanted in ((own, inside), (own / LATEST, inside / LATEST)):
            if resolve_links(path) != os.fspath(wanted):
                raise UsageError(
                    f"cannot write {path}: it is a link out of its place",
                    hint="remove the link; --results DIR names another folder",
                )
        make_folder(own, "--results DIR names another")
        sweep(own)
        self.started = started.isoformat(timespec="seconds").replace("+00:00", "Z")
        unique = f"{text}{started.isoformat()}{os.getpid()}{os.urandom(8).hex()}"
        short = hashlib.sha256(unique.encode(errors="backslashreplace")).hexdigest()[:8]
        self.path = os.fspath(own / f"{started:%Y%m%dT%H%M%SZ}-{short}.json")
        self._file = OutputFile(self.path)
        try:
            self._latest = OutputFile(own / LATEST)
        except BaseException:
            self._file.discard()
            raise

    def save(self, text: str) -> None:
        """Write the document under both names."""
        for file in (self._file, self._latest):
            file.write(text.encode(errors="backslashreplace"))
            file.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.discard()
        self._latest.discard()


def age(path: Path) -> tuple[str, int, str]:
    """Return the sort key of a result: the second in its name, then the time of writing."""
    try:
        written = path.stat().st_mtime_ns
    except OSError:
        written = 0
    return path.name.partition("-")[0], written, path.name


class Entry(NamedTuple):
    """A saved result: its file, and the result, or why it cannot be read."""

    path: str
    result: Record | None
    problem: str = ""


def entries(
    folder: str | os.PathLike[str] = "results", config: str | None = None
) -> Iterator[Entry]:
    """The results of a folder, the oldest first, by name and then by time; latest.json left out.

    config: the name of the only config whose results are read; None for all. Raises DataError for
    a folder that cannot be read; one that does not exist has no results.
    """
    from losscli.results.reader import load  # here: who only saves reads nothing

    root = Path(folder)
    names = _names(root) if config is None else [config]
    paths = [root / name / file for name in names for file in _names(root / name)]
    paths = [path for path in paths if path.suffix == ".json"]
    for path in sorted(paths, key=lambda path: (path.parent.name, *age(path))):
        if path.name == LATEST or path.name.startswith("."):
            continue
        if not path.is_file():  # a pipe would be waited for, a device read for ever
            yield Entry(os.fspath(path), None, f"{os.fspath(path)} is not a regular file")
            continue
        try:
            yield Entry(os.fspath(path), load(path))
        except LossCliError as error:
            yield Entry(os.fspath(path), None, error.message)


def _names(folder: Path) -> list[str]:
    """The names in a folder; none if it is missing or not a folder."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - names as texts
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return []
    except OSError as error:
        raise DataError(f"cannot read the folder {folder}: {error.strerror or error}") from error


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
    from losscli.results.documents.eval import Evaluation
    from losscli.results.documents.run import Run

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
