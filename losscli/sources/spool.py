"""Data that cannot be read by position, such as a compressed file, in a temporary file.

The temporary file has no name, so it is gone however the process ends, and memory stays flat.
What a compressed file expands to is bounded by its own size, and by the space on the disk.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from losscli.errors import DataError
from losscli.sources.files import EmptyFileError, OpenFile

CHUNK = 1 << 20  # bytes that are read, expanded or written at a time
EXPANSION = 2000  # bytes at most from one compressed byte; deflate reaches 1,032
_UNSUSPICIOUS = 64 << 20  # bytes that a compressed file of any size may expand to
_RESERVE = 256 << 20  # bytes of the disk that stay free
_LZMA_MEMORY = 256 << 20


class SpooledFile(OpenFile):
    """A temporary file that holds `chunks`; `path` is the name for people.

    origin: the file that the chunks come from; it is watched for changes, and closed with this.

    Raises DataError where there are no bytes, or where the disk is full.
    """

    def __init__(self, path: str, chunks: Iterable[bytes], origin: OpenFile | None = None) -> None:
        import tempfile

        self.path = path
        self._reading = threading.Lock()
        self._origin = origin
        with tempfile.TemporaryFile(buffering=0) as file:
            _write(file, chunks, path, tempfile.gettempdir())
            self._descriptor = os.dup(file.fileno())
        self._status = os.fstat(self._descriptor)
        self.size = self._status.st_size
        if self.size == 0:
            self.close()
            raise EmptyFileError(f"{path} is empty", hint="the step that wrote it may have failed")

    @property
    def suffix(self) -> str:
        """The suffix of the format, in lower case: `.csv` for `table.csv.gz`."""
        root, suffix = os.path.splitext(self.path.lower())  # noqa: PTH122 - of a name, no path
        return os.path.splitext(root)[1] if suffix in SUFFIXES else suffix  # noqa: PTH122

    def verify(self) -> None:
        """Raise DataError if the file that was copied has changed since it was opened."""
        if self._origin is not None:
            self._origin.verify()

    def close(self) -> None:
        """Close the temporary file and its origin; a second call does nothing."""
        super().close()
        if self._origin is not None:
            self._origin.close()


def decompressed(file: OpenFile) -> OpenFile:
    """The file as it is, or a temporary file with the content of a compressed one.

    Its first bytes decide. Raises DataError for a file that is cut, damaged, expands too far, or is
    not compressed though its suffix says so.
    """
    start = file.read(10, 0)
    for compression in _COMPRESSIONS:
        if start.startswith(compression.magic):
            chunks = _bounded(file, compression.expand(file))
            content = SpooledFile(file.path, _translated(file, chunks, compression.name), file)
            _check_once(content)
            return content
    for compression in _COMPRESSIONS:
        if file.suffix == compression.suffix:
            raise DataError(
                f"{file.path} is not compressed with {compression.name}, as its name says",
                hint=f"rename it without {compression.suffix}",
            )
    return file


def _check_once(content: OpenFile) -> None:
    """Raise DataError for content that is compressed again."""
    start = content.read(10, 0)
    if any(start.startswith(compression.magic) for compression in _COMPRESSIONS):
        content.close()
        raise DataError(
            f"{content.path} is compressed twice", hint="unpack it once, and name the result"
        )


class _Decompressor(Protocol):
    """The interface of the standard library's decompressors of one stream."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflate:
    """A decompressor of one gzip member."""

    def __init__(self) -> None:
        import zlib

        self._stream = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self.needs_input = len(found) < max_length
        return found


def _bz2() -> _Decompressor:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _xz() -> _Decompressor:
    from lzma import FORMAT_XZ, LZMADecompressor

    return LZMADecompressor(FORMAT_XZ, memlimit=_LZMA_MEMORY)


def _streams(new: Callable[[], _Decompressor]) -> Callable[[OpenFile], Iterator[bytes]]:
    """The content of all streams of a file, one after the other; zeros may follow a stream."""

    def expand(file: OpenFile) -> Iterator[bytes]:
        decompressor = new()
        for offset in range(0, file.size, CHUNK):
            data = file.read(CHUNK, offset)
            while data or not (decompressor.needs_input or decompressor.eof):
                if decompressor.eof:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    decompressor = new()
                yield decompressor.decompress(data, CHUNK)
                data = decompressor.unused_data if decompressor.eof else b""
        if not decompressor.eof:
            raise EOFError

    return expand


def _zstd(file: OpenFile) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(_Reader(file), "r"), "zstd") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


class _Reader:
    """A file by its own position, as pyarrow reads it."""

    closed = False

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._position = 0

    def read(self, size: int) -> bytes:
        found = self._file.read(size, self._position)
        self._position += len(found)
        return found

    def close(self) -> None:
        """Leave the file open: its owner closes it."""


class _Compression(NamedTuple):
    name: str
    suffix: str
    magic: tuple[bytes, ...]
    expand: Callable[[OpenFile], Iterator[bytes]]


_COMPRESSIONS = (
    _Compression("gzip", ".gz", (b"\x1f\x8b\x08",), _streams(_Inflate)),
    _Compression("zstd", ".zst", (b"\x28\xb5\x2f\xfd",), _zstd),
    # A letter and a digit alone could be text: the first block, or the end of an empty stream.
    _Compression("bzip2", ".bz2", tuple(b"BZh%d" % level + mark for level in range(1, 10)
                 for mark in (b"1AY&SY", b"\x17rE8P\x90")), _streams(_bz2)),
    _Compression("xz", ".xz", (b"\xfd7zXZ\0",), _streams(_xz)),
)  # fmt: skip
SUFFIXES = tuple(compression.suffix for compression in _COMPRESSIONS)


def _bounded(file: OpenFile, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks; raises DataError where they are far more than honest data compresses to."""
    most = max(_UNSUSPICIOUS, EXPANSION * file.size)
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > most:
            raise DataError(
                f"{file.path} expands to more than {EXPANSION:,} times its size",
                place=f"{file.size:,} bytes became more than {most:,}",
                hint="if that is right, decompress it first and name the decompressed file",
            )
        yield chunk


def _translated(file: OpenFile, chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The chunks, with the libraries' errors as DataError."""
    try:
        yield from chunks
    except EOFError:
        raise DataError(
            f"{file.path} is cut: its {name} data ends too early",
            hint="copy or write it again",
        ) from None
    except DataError:
        raise
    except _errors() as error:
        words = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        cut = "truncat" in words.lower()
        raise DataError(
            f"{file.path} is cut: its {name} data ends too early"
            if cut
            else f"{file.path} is not valid {name} data: {words}",
            hint="copy or write it again",
        ) from None


def _errors() -> tuple[type[Exception], ...]:
    """The errors of the libraries; pyarrow's are among the ordinary ones."""
    import lzma
    import zlib

    return OSError, ValueError, MemoryError, zlib.error, lzma.LZMAError


def _write(file: Any, chunks: Iterable[bytes], path: str, folder: str) -> None:
    """Write the chunks; raises DataError where the disk would be full."""
    from shutil import disk_usage

    left = 0  # bytes that may be written before the disk is asked again
    for chunk in chunks:
        view = memoryview(chunk)
        if left < len(view):
            left = min(64 * CHUNK, disk_usage(folder).free - _RESERVE)
            if left < len(view):
                raise _full(path, folder)
        left -= len(view)
        while view:
            try:
                view = view[file.write(view) :]
            except OSError as error:
                raise _full(path, folder) from error


def _full(path: str, folder: str) -> DataError:
    return DataError(
        f"the disk of {folder} is too full for the content of {path}",
        hint="free space there, or set TMPDIR to a folder on a larger disk",
    )
