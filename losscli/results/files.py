"""Files that a run writes: opened before the work starts, complete or absent."""

import atexit
import contextlib
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Self

from losscli.errors import DataError, UsageError

_TEMPORARY = re.compile(r"\.(.*)\.(\d+)\.[0-9a-f]{8}\.tmp", re.DOTALL)
_STALE_S = 24 * 60 * 60.0

# The temporary files of this process. A signal may end it between the moment in which one is made
# and the one in which somebody is there to remove it.
_temporary_files: set[Path] = set()


@atexit.register
def _remove_temporary_files() -> None:
    own = f".{os.getpid()}."  # a forked process leaves its parent's alone
    for path in _temporary_files:
        if own in path.name:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


class OutputFile:
    """A file that appears under its name when it is complete; a context that cleans up.

    It is written to its folder under another name, made durable and renamed. Raises UsageError
    when it cannot be opened, before any work, and DataError when the disk fails later.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        target = Path(resolve_links(self.path))  # a link's target is replaced, not the link
        stem = os.fsdecode(os.fsencode(target.name)[:100])
        name = f".{stem}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
        self._target, self._temporary = target, target.with_name(name)
        sweep(target.parent, stem)
        _temporary_files.add(self._temporary)
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
        """Write bytes after the last ones, or over those at a position."""
        if at is not None:
            self._guarded(lambda: self.file.seek(at))
        self._guarded(lambda: self.file.write(data))

    def commit(self) -> None:
        """Put the file in its place."""
        self._guarded(self._replace)

    @property
    def done(self) -> bool:
        """True if nothing more can be written."""
        return self.file.closed

    def discard(self) -> None:
        """Leave no trace; after `commit` this does nothing."""
        with contextlib.suppress(OSError):  # a full disk fails again when the rest is flushed
            self.file.close()
        self._temporary.unlink(missing_ok=True)
        _temporary_files.discard(self._temporary)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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


def sweep(folder: Path, stem: str | None = None) -> None:
    """Remove temporary files over a day old whose process is gone; stem: only of this file.

    A run may take longer than a day; that its process lives is known on Linux only.
    """
    before = time.time() - _STALE_S
    with contextlib.suppress(OSError):
        for match in filter(None, map(_TEMPORARY.fullmatch, os.listdir(folder))):  # noqa: PTH208
            if stem not in (None, match[1]) or Path("/proc", match[2]).exists():
                continue
            path = folder / match[0]
            with contextlib.suppress(OSError):  # another run may sweep too
                if path.stat().st_mtime < before:
                    path.unlink()


def resolve_links(path: str | os.PathLike[str]) -> str:
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
