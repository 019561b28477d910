"""Files of which few are open at a time, however many there are."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from losscli.errors import DataError
from losscli.sources.files import OpenFile

MOST = 32  # open files, besides those that are being read


class FilePool:
    """The open files of all `PooledFile`s; what was not read for longest is closed first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._idle: OrderedDict[object, OpenFile] = OrderedDict()
        self._busy: dict[object, tuple[OpenFile, int]] = {}

    @contextmanager
    def opened(self, key: object, opener: Callable[[], OpenFile]) -> Iterator[OpenFile]:
        """A context in which the file of a key is open; threads that read it share it."""
        with self._lock:
            file, readers = self._busy.get(key, (self._idle.pop(key, None), 0))
            if file is None:
                self._close_idle(self._most - 1)
                file = opener()
            self._busy[key] = (file, readers + 1)
        try:
            yield file
        finally:
            with self._lock:
                _, readers = self._busy.pop(key)
                if readers > 1:
                    self._busy[key] = (file, readers - 1)
                else:
                    self._idle[key] = file

    def close(self) -> None:
        """Close all files; one that is read again is opened again."""
        with self._lock:
            self._close_idle(0)

    def _close_idle(self, kept: int) -> None:
        while len(self._idle) > kept:
            self._idle.popitem(last=False)[1].close()


class PooledFile(OpenFile):
    """A file that is open only while it is read, or shortly after.

    opener: opens it. content: the file to read in its place, such as its decompressed content.

    Raises DataError where another file is there when it is opened again.
    """

    def __init__(
        self,
        path: str,
        opener: Callable[[], OpenFile],
        content: Callable[[OpenFile], OpenFile],
        pool: FilePool,
    ) -> None:
        self.path = path
        self._opener, self._content, self._pool = opener, content, pool
        self._identity: object = None
        self._key = object()  # an id would be that of another file after this one is gone
        with pool.opened(self._key, self._open) as file:
            self.size, self._suffix = file.size, file.suffix

    @property
    def suffix(self) -> str:
        """The suffix of the format of its content, in lower case."""
        return self._suffix

    @property
    def identity(self) -> object:
        """The identity of the file when it was first opened."""
        return self._identity

    def verify(self) -> None:
        """Raise DataError if another file is there now, or other content."""
        self._open_same().close()

    def close(self) -> None:
        """Leave it to the pool, whose owner closes it."""

    def _read(self, view: memoryview, offset: int) -> int:
        with self._pool.opened(self._key, self._open) as file:
            return file._read(view, offset)

    def _open(self) -> OpenFile:
        file = self._open_same()
        try:
            return self._content(file)
        except BaseException:
            file.close()
            raise

    def _open_same(self) -> OpenFile:
        file = self._opener()
        if self._identity is None:
            self._identity = file.identity
        elif file.identity != self._identity:
            file.close()
            raise DataError(
                f"{self.path} changed while it was read",
                hint="let the writer finish, then run again",
            )
        return file
