"""Files that are read by position: opened once, never mapped, and watched for changes."""

import os
import stat
import threading
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from losscli.errors import DataError

STANDARD_INPUT = "-"
_PREADV, _PREAD = hasattr(os, "preadv"), hasattr(os, "pread")


class NoRowsError(DataError):
    """A table without rows, which may be as its writer meant it."""


class EmptyFileError(NoRowsError):
    """A file of no bytes, which in some formats is a table without rows."""


class OpenFile:
    """A regular file, its size and its identity at the time it was opened.

    Raises DataError for what is missing, unreadable, or not a regular file; a FIFO does not block.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._reading = threading.Lock()
        try:
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self.path, flags | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError as error:
            raise DataError(
                f"there is no file {self.path}", hint=_near(self.path) or "check the path"
            ) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DataError(
                f"cannot open {self.path}: {reason}", hint="name a .npy or .csv file"
            ) from error
        self._status = os.fstat(self._descriptor)
        if not stat.S_ISREG(self._status.st_mode):
            self.close()
            kind = "a directory" if stat.S_ISDIR(self._status.st_mode) else "not a regular file"
            raise DataError(f"{self.path} is {kind}", hint="name a .npy or .csv file")
        self.size = self._status.st_size
        if self.size == 0:
            self.close()
            raise EmptyFileError(
                f"{self.path} is empty", hint="the step that wrote it may have failed"
            )

    @property
    def suffix(self) -> str:
        """The suffix of the format, in lower case."""
        return os.path.splitext(self.path)[1].lower()  # noqa: PTH122 - pathlib costs its import

    @property
    def identity(self) -> object:
        """The device, number, size and time of the file: equal for the same content only."""
        now = self._status
        return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns

    def read_into(self, buffer: NDArray[Any] | bytearray, offset: int) -> None:
        """Fill the buffer from a position; raises DataError where the file ends before it does."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        done = 0
        while done < len(view):
            count = self._read(view[done : done + (1 << 30)], offset + done)
            if not count:
                raise DataError(
                    f"{self.path} shrank while it was read",
                    place=f"byte {offset + done:,} of {self.size:,}",
                    hint="let the writer finish, then run again",
                )
            done += count

    def read(self, count: int, offset: int) -> bytes:
        """At most `count` bytes from a position; fewer only where the file ends."""
        buffer = bytearray(max(0, min(count, self.size - offset)))
        self.read_into(buffer, offset)
        return bytes(buffer)

    def verify(self) -> None:
        """Raise DataError if the file has changed since it was opened."""
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._status.st_size, self._status.st_mtime_ns):
            raise DataError(
                f"{self.path} changed while it was read",
                place=f"{self._status.st_size:,} bytes before, {now.st_size:,} after",
                hint="let the writer finish, then run again",
            )

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self, view: memoryview, offset: int) -> int:
        try:
            if _PREADV:
                return os.preadv(self._descriptor, [view], offset)
            if _PREAD:
                data = os.pread(self._descriptor, len(view), offset)
            else:
                with self._reading:  # threads share one position
                    os.lseek(self._descriptor, offset, os.SEEK_SET)
                    data = os.read(self._descriptor, len(view))
            view[: len(data)] = data
            return len(data)
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror or error}") from error


def is_url(path: str) -> bool:
    """True for the URL of a file, such as s3://bucket/preds.npy."""
    scheme, found, _ = path.partition("://")
    return bool(found) and scheme[:1].isalpha() and scheme.replace("+", "").isalnum()


def shown(text: str) -> str:
    """A text with a URL as people may see it: without its user, password, query and fragment.

    >>> shown("https://me:secret@host/preds.npy?token=1")
    'https://host/preds.npy'
    """
    before, found, after = text.partition("://")
    if not found:
        return text
    if before.lower().endswith(("http", "https")):  # elsewhere ? and # may belong to names
        after = after.partition("?")[0].partition("#")[0]
    host, slash, path = after.partition("/")
    return f"{before}://{host.rpartition('@')[2]}{slash}{path}"


def _near(path: str) -> str:
    from difflib import get_close_matches

    folder = Path(path).parent
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except (OSError, ValueError):
        return f"there is no folder {folder} either"
    near = get_close_matches(Path(path).name, names, 1)
    return f"did you mean {folder / near[0]}?" if near else ""
