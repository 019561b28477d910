"""Arrays in members of zip archives: stored ones are read by position, others are inflated."""

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
from losscli.sources.zip_members import Member, damaged, inflate


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
    """An array in a deflated member, whose rows are inflated one after the other."""

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
        """Runs of rows, inflated where they are drawn; the checksum is compared after the last."""
        row = self.size // max(1, self.shape[0])
        chunks = _Chunks(inflate(self._file, self._member))
        chunks.take(self._header.length)
        for _, count in row_ranges(self.shape[0], rows, first):
            data = chunks.take(count * row)
            yield ArrayCut(count, len(data), partial(self._load, data, count))
        chunks.end()

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

    def _load(self, data: bytearray, count: int, _: Workspace, __: str) -> NDArray[Any]:
        array = np.frombuffer(data, self._header.type.dtype).reshape(count, *self.row)
        return array.astype(self.dtype, copy=False)


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

    def end(self) -> None:
        """Take all that is left."""
        for _ in self._chunks:
            pass
