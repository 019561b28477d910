"""Members of a zip archive: found by its directory, read by position, and checked by their CRC."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from losscli.errors import DataError
from losscli.sources.files import OpenFile

STORED, DEFLATED = 0, 8
CHUNK = 1 << 18  # bytes that are read at a time
_MEMBERS = 10_000
_NAME_BYTES = 1024
_ENCRYPTED = 1
_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
_LOCAL = struct.Struct("<4s5H3L2H")
_AGAIN = "the write or the copy did not finish, or it is damaged: make the file again"


class Member(NamedTuple):
    """A member of an archive: its name for people, and where its bytes are in the file.

    packed, size: its bytes in the file, and without compression. check: the CRC-32 of the latter.
    """

    path: str
    offset: int
    packed: int
    size: int
    check: int
    method: int


class Archive:
    """The directory of a zip archive; raises DataError where it cannot be read or has no end."""

    def __init__(self, file: OpenFile) -> None:
        from zipfile import BadZipFile, ZipFile

        self._file = file
        try:
            with ZipFile(_Positioned(file)) as archive:
                entries = archive.infolist()
        except (BadZipFile, NotImplementedError, ValueError, LookupError, struct.error) as error:
            cut = "not a zip file" in str(error)
            words = "is cut short: it has no" if cut else "has a damaged"
            why = "" if cut else f": {str(error)[:80]}"
            raise DataError(f"{file.path} {words} directory{why}", hint=_AGAIN) from error
        long = any(len(entry.orig_filename.encode()) > _NAME_BYTES for entry in entries)
        if len(entries) > _MEMBERS or long:
            raise DataError(
                f"{file.path} has {len(entries):,} members",
                hint=f"at most {_MEMBERS:,} are read, with names of at most {_NAME_BYTES:,} bytes",
            )
        self._entries: dict[str, list[Any]] = {}
        for entry in entries:
            self._entries.setdefault(entry.orig_filename, []).append(entry)

    def names(self) -> tuple[str, ...]:
        """The names of the members, each once."""
        return tuple(self._entries)

    def member(self, name: str, path: str) -> Member:
        """A member by its name; path: its name for people.

        Raises DataError for one that is encrypted, there twice, or compressed by another method
        than deflate, and where the directory does not fit the file.
        """
        entry, *others = self._entries[name]
        if others:
            raise DataError(
                f"{self._file.path} has {len(others) + 1} members called {name}",
                hint="write each array once",
            )
        if entry.flag_bits & _ENCRYPTED:
            raise DataError(f"{path} is encrypted", hint="decrypt the archive first")
        if entry.compress_type not in (STORED, DEFLATED):
            method = _METHODS.get(entry.compress_type, f"method {entry.compress_type}")
            raise DataError(
                f"{path} is compressed with {method}",
                hint="np.savez_compressed writes the compression that is read",
            )
        offset = self._data_offset(entry.header_offset, name, path)
        member = Member(
            path, offset, entry.compress_size, entry.file_size, entry.CRC, entry.compress_type
        )
        stored = member.method == STORED
        if offset + member.packed > self._file.size or (stored and member.packed != member.size):
            raise DataError(
                f"{path} is not as long as the directory of the archive says", hint=_AGAIN
            )
        return member

    def _data_offset(self, begin: int, name: str, path: str) -> int:
        head = self._file.read(_LOCAL.size, begin) if begin >= 0 else b""
        if len(head) == _LOCAL.size:
            mark, *_, name_bytes, extra_bytes = _LOCAL.unpack(head)
            own = self._file.read(name_bytes, begin + _LOCAL.size)
            if mark == b"PK\x03\x04" and name.encode() in (own, _as_utf_8(own)):
                return begin + _LOCAL.size + int(name_bytes) + int(extra_bytes)
        raise DataError(f"{path} is not where the directory of the archive says", hint=_AGAIN)


def inflate(file: OpenFile, member: Member) -> Iterator[bytes]:
    """The bytes of a deflated member, some at a time.

    Raises DataError where they are not as many as the directory says, and after the last one where
    their CRC differs.
    """
    stream = zlib.decompressobj(-15)
    check = total = 0
    for start in range(0, member.packed, CHUNK):
        data = file.read(min(CHUNK, member.packed - start), member.offset + start)
        while data:
            try:
                found = stream.decompress(data, 4 * CHUNK)
            except zlib.error as error:
                raise damaged(member) from error
            total += len(found)
            if total > member.size:
                raise damaged(member)
            check = zlib.crc32(found, check)
            yield found
            data = stream.unconsumed_tail
    if not stream.eof or stream.unused_data or total != member.size or check != member.check:
        raise damaged(member)


def beginning(file: OpenFile, member: Member, size: int) -> bytes:
    """The first bytes of a deflated member, at most `size` of them."""
    data = file.read(min(CHUNK, member.packed), member.offset)
    try:
        return zlib.decompressobj(-15).decompress(data, size)
    except zlib.error as error:
        raise damaged(member) from error


def damaged(member: Member) -> DataError:
    """The error for bytes that are not those that were written."""
    return DataError(f"{member.path} is damaged: its bytes do not have their checksum", hint=_AGAIN)


def _as_utf_8(name: bytes) -> bytes:
    """A name in the encoding of old archives as UTF-8."""
    return name.decode("cp437").encode()


class _Positioned:
    """A file with a position of its own, as the standard library reads archives."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._position = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, origin: int = 0) -> int:
        start = (0, self._position, self._file.size)[origin]
        if start + offset < 0:
            raise ValueError("a position before the file")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._file.size - self._position)
        found = self._file.read(left if size < 0 else min(size, left), self._position)
        self._position += len(found)
        return found
