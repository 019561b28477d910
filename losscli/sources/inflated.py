"""Arrays in members of zip archives: stored ones are read by position, others are inflated."""

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources.arrays import ArrayCut, FileArray, PositionedArray, StoredArray
from losscli.sources.crc import Checksum
from losscli.sources.files import OpenFile
from losscli.sources.npy_header import Header
from losscli.sources.table import Workspace, row_ranges
from losscli.sources.zip_members import CHUNK, Member, damaged, inflate


class MemberArray(FileArray):
    """An array in a stored member: its bytes are compared with their checksum once all are read.

    head: the bytes before its numbers.
    """

    def __init__(self, file: OpenFile, member: Member, header: Header, head: bytes) -> None:
        super().__init__(file, member.path, header.type, member.offset + header.length)
        self._member = member
        self._head = head
        self._checksum = Checksum()
        self._checksum.add(0, head)

    def verify(self) -> None:
        """Raise DataError where all bytes were read, and do not have their checksum."""
        check = self._checksum.value(self._member.size)
        if check is not None and check != self._member.check:
            raise damaged(self._member)

    def _seen(self, offset: int, raw: NDArray[Any]) -> None:
        self._checksum.add(len(self._head) + offset, raw.data)


class InflatedArray(StoredArray):
    """An array in a deflated member, whose rows are inflated one after the other by workers."""

    def __init__(self, file: OpenFile, member: Member, header: Header) -> None:
        self.path = member.path
        self.shape = header.type.shape
        self.dtype = header.type.dtype.newbyteorder("=")
        self.size = header.type.size
        self._file = file
        self._member = member
        self._header = header
        self._spooled: FileArray | None = None
        self._spool: OpenFile | None = None

    def cuts(self, rows: int, first: int | None = None) -> Iterator[ArrayCut]:
        """Runs of rows; the checksum is compared after the last."""
        row = self.size // max(1, self.shape[0])
        runs = _Runs(inflate(self._file, self._member), self._header.length, self.size)
        for _, count in row_ranges(self.shape[0], rows, first):
            yield ArrayCut(count, count * row, partial(self._load, runs, runs.next(count * row)))

    def positioned(self) -> PositionedArray:
        """The array in a temporary file."""
        if self._spooled is None:
            from losscli.sources.spool import SpooledFile

            self._spool = SpooledFile(self.path, inflate(self._file, self._member))
            stored, length = self._header
            self._spooled = FileArray(self._spool, self.path, stored, length)
        return self._spooled

    def close(self) -> None:
        """Close the temporary file, if there is one."""
        if self._spool is not None:
            self._spool.close()

    def _load(self, runs: "_Runs", run: "_Run", _: Workspace, __: str) -> NDArray[Any]:
        array = np.frombuffer(runs.bytes_of(run), self._header.type.dtype).reshape(-1, *self.row)
        return array.astype(self.dtype, copy=False)


class _Run:
    """Consecutive bytes, once they are inflated."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data: bytearray | None = None


class _Runs:
    """Runs of bytes behind a header, inflated in their order by the threads that take them.

    A thread also inflates what is before its run, and leaves it to the others: while one thread
    inflates one array, another goes on with the next. Runs that nobody can take any more are not
    held.
    """

    def __init__(self, chunks: Iterator[bytes], header: int, size: int) -> None:
        self._chunks = _Chunks(chunks)
        self._header = header
        self._left = size
        self._lock = threading.Lock()
        self._coming: deque[tuple[int, weakref.ref[_Run]]] = deque()
        self._error: BaseException | None = None

    def next(self, size: int) -> _Run:
        """The next `size` bytes, which are not inflated yet."""
        run = _Run(size)
        self._coming.append((size, weakref.ref(run)))
        return run

    def bytes_of(self, run: _Run) -> bytearray:
        """The bytes of a run; raises DataError, each time, where one up to it is damaged."""
        with self._lock:
            while run.data is None:
                if self._error is not None:
                    raise self._error
                try:
                    self._inflate_next()
                except BaseException as error:
                    self._error = error
                    raise
            return run.data

    def _inflate_next(self) -> None:
        self._chunks.skip(self._header)
        self._header = 0
        size, reference = self._coming.popleft()
        run, data = reference(), None
        if run is None:
            self._chunks.skip(size)
        else:
            data = self._chunks.take(size)
        self._left -= size
        if not self._left:
            self._chunks.end()
        if run is not None:
            run.data = data  # after the checksum


class _Chunks:
    """Bytes that come in chunks of any size, taken in runs of other sizes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def take(self, size: int) -> bytearray:
        """The next `size` bytes, or as many as there are."""
        found = bytearray(size)
        done = 0
        while done < size:
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    return found[:done]
                self._rest = memoryview(chunk)
            part = self._rest[: size - done]
            found[done : done + len(part)] = part
            self._rest = self._rest[len(part) :]
            done += len(part)
        return found

    def skip(self, size: int) -> None:
        """Go on behind the next `size` bytes."""
        while size:
            size -= len(self.take(min(size, CHUNK)))

    def end(self) -> None:
        """Take all that is left."""
        for _ in self._chunks:
            pass
