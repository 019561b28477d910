"""Files that a run writes: opened before the work starts, whole or not there at all."""

import atexit
import contextlib
import os
import re
import stat
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from losscli.documents import celled
from losscli.errors import DataError, LossCliError, UsageError
from losscli.forms import check_run
from losscli.saved import read

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

LATEST = "latest.json"
_TEMPORARY = re.compile(r"\..*\.(\d+)\.[0-9a-f]{8}\.tmp", re.DOTALL)
_STALE_S = 24 * 60 * 60.0
# The temporary files of this process. A signal may end it between the moment in which one is made
# and the one in which somebody is there to remove it.
_begun: set[Path] = set()


@atexit.register
def _remove_what_was_begun() -> None:
    own = f".{os.getpid()}."  # a forked process has no business with its parent's
    for path in _begun:
        if own in path.name:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


class OutputFile:
    """A file that appears under its name when it is complete; a context that cleans up.

    It is written beside its place under another name, made durable and renamed. Raises UsageError
    when it cannot be opened, before any work, and DataError when the disk fails later.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        target = Path(behind_links(self.path))  # a link's target is replaced, not the link
        stem = os.fsdecode(os.fsencode(target.name)[:100])
        name = f".{stem}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
        self._target, self._temporary = target, target.with_name(name)
        _begun.add(self._temporary)
        try:
            if target.exists() and not target.is_file():
                kind = "a directory" if target.is_dir() else "not a regular file"
                raise UsageError(
                    f"cannot write {self.path}: it is {kind}", hint="name another file"
                )
            if target.is_symlink():  # all that lead somewhere were followed
                raise UsageError(f"cannot write {self.path}: its links lead to themselves")
            self.file: BinaryIO = self._temporary.open("xb")
        except OSError as error:  # of a name that is too long, as soon as it is looked for
            raise UsageError(
                f"cannot write {self.path}: {error.strerror or error}",
                hint="name a file in a folder that exists and can be written",
            ) from error

    def write(self, data: bytes, at: int | None = None) -> None:
        """Write bytes where the last ones ended, or over those at a position."""
        if at is not None:
            self._guarded(lambda: self.file.seek(at))
        self._guarded(lambda: self.file.write(data))

    def commit(self) -> None:
        """Put the file in its place."""
        self._guarded(self._replace)

    @property
    def done(self) -> bool:
        """Whether nothing more can be written."""
        return self.file.closed

    def discard(self) -> None:
        """Leave no trace; after `commit` this does nothing."""
        with contextlib.suppress(OSError):  # a full disk fails again when the rest is flushed
            self.file.close()
        self._temporary.unlink(missing_ok=True)
        _begun.discard(self._temporary)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()

    def _replace(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        with contextlib.suppress(FileNotFoundError):  # a file that is replaced keeps its mode
            self._temporary.chmod(stat.S_IMODE(self._target.stat().st_mode))
        self.file.close()
        self._temporary.replace(self._target)
        with contextlib.suppress(OSError):  # not every system can make a folder durable
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            raise DataError(f"cannot write {self.path}: {error.strerror or error}") from error


def behind_links(path: str | os.PathLike[str]) -> str:
    """The file that a path leads to in the end; raises UsageError for one that cannot be."""
    try:
        return os.path.realpath(path)
    except ValueError as error:  # a zero, or half a pair of surrogates
        raise UsageError(f"cannot write {os.fspath(path)}: no file can be called so") from error


def make_folder(path: str | os.PathLike[str], hint: str) -> None:
    """Make a folder, and those that it is in; raises UsageError with the hint where one cannot."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = f"cannot make the folder {os.fspath(path)}: {error.strerror or error}"
        raise UsageError(words, hint=hint) from error


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
        inside = Path(behind_links(folder)) / name
        for path, wanted in ((own, inside), (own / LATEST, inside / LATEST)):
            if behind_links(path) != os.fspath(wanted):
                raise UsageError(
                    f"cannot write {path}: it is a link out of its place",
                    hint="remove the link; --results DIR names another folder",
                )
        make_folder(own, "--results DIR names another")
        _sweep(own)
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


def _sweep(folder: Path) -> None:
    """Remove temporary files that nobody will finish: over a day old, and their process is gone.

    A run may take longer than a day; that its process lives is known on Linux only.
    """
    before = time.time() - _STALE_S
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            named = _TEMPORARY.fullmatch(path.name)
            if named is None or Path("/proc", named[1]).exists():
                continue
            with contextlib.suppress(OSError):  # another run may be as tidy
                if path.stat().st_mtime < before:
                    path.unlink()


def age(path: Path) -> tuple[str, int, str]:
    """What puts results of one name in order: the second in the name, then when it was written."""
    try:
        written = path.stat().st_mtime_ns
    except OSError:
        written = 0
    return path.name.partition("-")[0], written, path.name


class Entry(NamedTuple):
    """A saved result: its file, and its document, or why it cannot be read."""

    path: str
    document: dict[str, Any] | None
    problem: str = ""


def entries(folder: str | os.PathLike[str] = "results") -> Iterator[Entry]:
    """The results of a folder, the oldest first, by name and then by time; latest.json left out."""
    root = Path(folder)
    if not root.is_dir():
        return
    for path in sorted(root.glob("*/*.json"), key=lambda path: (path.parent.name, *age(path))):
        if path.name == LATEST or path.name.startswith("."):
            continue
        if not path.is_file():  # a pipe would be waited for, a device read for ever
            yield Entry(os.fspath(path), None, f"{os.fspath(path)} is no regular file")
            continue
        try:
            document = read(path)
            if document["schema"] == "losscli/run/1":
                check_run(document, os.fspath(path))
            yield Entry(os.fspath(path), document)
        except LossCliError as error:
            yield Entry(os.fspath(path), None, error.message)


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


class SampleDigest:
    """The SHA-256 of per-sample losses, row by row as float64: the same of .npy and of .csv."""

    def __init__(self) -> None:
        from hashlib import sha256  # here: only a result that is kept has a digest

        self._sha256 = sha256()

    def append(self, table: NDArray[np.float64]) -> None:
        """Take the rows that follow, one column a loss."""
        plain = np.where(np.isnan(table), np.nan, table)  # text keeps no sign of a nan
        self._sha256.update(np.ascontiguousarray(plain, "<f8").tobytes())

    def hexdigest(self) -> str:
        """`sha256:` and 64 hexadecimal digits."""
        return f"sha256:{self._sha256.hexdigest()}"


class SampleFile:
    """Per-sample losses in input order: .npy of (N,), or (N, L) for L losses, or .csv with names.

    digest: whether `record` has one of the losses.

    Raises UsageError for another suffix, or where the file cannot be opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], labels: Sequence[str], *, digest: bool = False
    ) -> None:
        suffix = Path(path).suffix.lower()
        if suffix not in (".npy", ".csv"):
            raise UsageError(f"--per-sample writes .npy or .csv, not {suffix or 'no suffix'!r}")
        self._csv = suffix == ".csv"
        self._labels = list(labels)
        self._rows = 0
        self._digest = SampleDigest() if digest else None
        cells = ",".join(["row", *map(_cell, labels)])
        first = cells.encode(errors="backslashreplace") + b"\n" if self._csv else self._header()
        self.output = OutputFile(path)
        try:
            self.output.write(first)
        except BaseException:
            self.discard()
            raise

    def append(self, losses: Sequence[NDArray[np.float64]]) -> None:
        """Write the rows that follow; one array a loss."""
        table = np.stack(losses, axis=1)
        if self._digest is not None:
            self._digest.append(table)
        if self._csv:
            lines = (
                f"{self._rows + k},{','.join(map(repr, row))}\n"
                for k, row in enumerate(table.tolist())
            )
            self.output.write("".join(lines).encode())
        else:
            self.output.write(np.ascontiguousarray(table).tobytes())
        self._rows += len(table)

    @property
    def record(self) -> dict[str, Any]:
        """What a result says of the file: its path, the labels of its columns, the digest."""
        digest = None if self._digest is None else self._digest.hexdigest()
        return {"path": self.output.path, "labels": list(self._labels), "digest": digest}

    def commit(self) -> None:
        """Put the file in its place, the number of rows in its header."""
        if not self._csv:
            self.output.write(self._header(), at=0)
        self.output.commit()

    def discard(self) -> None:
        """Leave no trace."""
        self.output.discard()

    def _header(self) -> bytes:
        """An NPY header of 128 bytes, whatever the number of rows."""
        columns = len(self._labels)
        shape = (self._rows,) if columns == 1 else (self._rows, columns)
        text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"


def _cell(text: str) -> str:
    text = celled(text)
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if "," in text or quoted != text else text
