"""Arrays that a join holds: in memory as long as they fit, otherwise in temporary files.

The files have no name: they are gone when the process ends, however it ends.
"""

import math
import os
import threading
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from losscli.errors import DataError
from losscli.sources.keys import Key, Keys
from losscli.sources.table import Loaded
from losscli.sources.texts import Texts

_SHARE = 4  # of the machine's memory a join holds at most one such part
_UNKNOWN = 1 << 30  # bytes, where the system does not say how much memory there is


class Room:
    """The bytes of memory that a join may take; None: a quarter of the machine's."""

    def __init__(self, size: int | None) -> None:
        self._left = _memory() // _SHARE if size is None else size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """True if so many bytes fit; they are then taken."""
        with self._lock:
            fits = size <= self._left
            self._left -= size if fits else 0
            return fits

    def give(self, size: int) -> None:
        """Return bytes that were taken."""
        with self._lock:
            self._left += size

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array whose content is undefined, in a file where it does not fit."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if not size or self.take(size):
            return np.empty(shape, dtype)
        file = _temporary_file()
        try:
            if hasattr(os, "posix_fallocate"):  # else a full disk would end the process
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
        except OSError as error:
            file.close()
            raise _full() from error
        return _mapped(file, shape, dtype)


class Pieces:
    """Rows of numbers that come in parts and become one array.

    widest: the type in a file, where parts may be of several; else that of the first part.
    """

    def __init__(self, room: Room, widest: DTypeLike | None = None) -> None:
        self._room, self._widest = room, widest
        self._parts: list[NDArray[Any]] = []
        self._file: IO[bytes] | None = None
        self._row: tuple[int, ...] = ()
        self._dtype: np.dtype[Any] = np.dtype(np.float64)
        self.rows = 0

    def append(self, part: NDArray[Any]) -> None:
        """Add rows; the array is kept."""
        self._row, self._dtype = part.shape[1:], part.dtype
        self.rows += len(part)
        if self._file is None and self._room.take(part.nbytes):
            self._parts.append(part)
            return
        if self._file is None:
            self._file = _temporary_file()
        for each in (*self._parts, part):
            self._write(each)
        self._room.give(sum(each.nbytes for each in self._parts))
        self._parts.clear()

    def joined(self) -> NDArray[Any]:
        """All rows, of which the parts are released: memory never holds them twice."""
        shape = (self.rows, *self._row)
        if self._file is not None:
            return _mapped(self._file, shape, self._widest or self._dtype)
        if len(self._parts) == 1:
            return self._parts.pop()
        whole = np.empty(shape, self._dtype)
        done = 0
        for place, part in enumerate(self._parts):
            whole[done : done + len(part)] = part
            done += len(part)
            self._parts[place] = part[:0].copy()
        return whole

    def close(self) -> None:
        """Close the file, where the rows are not needed."""
        if self._file is not None:
            self._file.close()

    def _write(self, part: NDArray[Any]) -> None:
        assert self._file is not None
        array = np.ascontiguousarray(part, self._widest or part.dtype)
        view = array.reshape(-1).view(np.uint8).data
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _full() from error


class KeyPieces:
    """Keys of groups that come in parts."""

    def __init__(self, room: Room) -> None:
        self._codes = Pieces(room)
        self._places: dict[Key, int] = {}

    def append(self, part: Keys) -> None:
        """Add rows."""
        moved = [self._places.setdefault(text, len(self._places)) for text in part.texts]
        self._codes.append(np.array(moved, np.intp)[part.codes])

    def close(self) -> None:
        """Close the file."""
        self._codes.close()

    def joined(self) -> Keys:
        """All rows."""
        return Keys(self._codes.joined(), list(self._places))


class TextPieces:
    """Texts that come in parts."""

    def __init__(self, room: Room) -> None:
        self._data = Pieces(room)
        self._starts = Pieces(room, np.int64)
        self._lengths = Pieces(room)

    @property
    def rows(self) -> int:
        """The number of rows so far."""
        return self._lengths.rows

    def append(self, part: Texts) -> None:
        """Add rows."""
        begin, size = self._data.rows, part.data.size
        kind = np.int32 if begin + size < 1 << 31 else np.int64
        self._starts.append((part.starts + begin).astype(kind, copy=False))
        self._lengths.append(part.lengths.astype(np.int32, copy=False))
        self._data.append(part.data)

    def close(self) -> None:
        """Close the files."""
        for each in (self._data, self._starts, self._lengths):
            each.close()

    def joined(self) -> Texts:
        """All rows."""
        return Texts(self._data.joined(), self._starts.joined(), self._lengths.joined())


AnyPieces = Pieces | KeyPieces | TextPieces


def pieces_of(part: Loaded, room: Room) -> AnyPieces:
    """Where rows like these are collected."""
    if isinstance(part, Keys):
        return KeyPieces(room)
    return TextPieces(room) if isinstance(part, Texts) else Pieces(room)


def _temporary_file() -> IO[bytes]:
    import tempfile

    try:
        return tempfile.TemporaryFile(buffering=0)
    except OSError as error:
        raise _full() from error


def _mapped(file: IO[bytes], shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """The content of a file, which is closed: the array keeps it."""
    with file:
        if not math.prod(shape):
            return np.empty(shape, dtype)
        return np.memmap(file, dtype, "r+", shape=shape).view(np.ndarray)


def _full() -> DataError:
    import tempfile

    return DataError(
        f"the disk of {tempfile.gettempdir()} is too full for the rows that are paired",
        hint="free space there, set TMPDIR to a folder on a larger disk, or raise --memory",
    )


def _memory() -> int:
    """The bytes of memory of the machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return _UNKNOWN
