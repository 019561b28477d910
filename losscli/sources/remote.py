"""Files at URLs, by fsspec: read by ranges, or copied to a temporary file where there are none.

Credentials come from the environment, as the libraries of each protocol read them. Neither those of
a URL nor its query reach a message or a result.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from losscli.errors import DataError, MissingError, UsageError
from losscli.sources import formats
from losscli.sources.files import EmptyFileError, OpenFile, shown
from losscli.sources.listing import data_files, is_data
from losscli.sources.options import ReadOptions
from losscli.sources.shards import Shard, ShardedTable
from losscli.sources.spool import CHUNK, SpooledFile
from losscli.sources.table import Table

_PAGE = 1 << 16  # bytes; shorter reads take a page, and the last few pages are kept
_PAGES = 32
_DELAYS = (0.1, 0.5, 2.0)  # seconds before each further try
_CONNECT, _SILENCE = 30, 60  # seconds that a server may take to answer, and between two answers
_AGAIN = "run again; a copy on this machine does not depend on the connection"
# What servers say of the version of a file, by fsspec's and their own names.
_VERSION = (
    "size", "ETag", "etag", "Last-Modified", "LastModified", "last_modified", "mtime", "updated",
    "Content-MD5", "Digest", "md5Hash", "content_md5", "generation", "VersionId",
)  # fmt: skip
_BUSY = (408, 425, 429)  # statuses of HTTP that ask to try again
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotImplementedError, ValueError)

_EXTRA = "'losscli[remote]'"
_OF_EXTRA = ("s3fs", "gcsfs", "aiohttp", "fsspec")

_PATTERN = re.compile(r"[*[]")  # not ?, which begins the query of a URL

Result = TypeVar("Result")


def open_url(url: str, options: ReadOptions) -> Table:
    """The table of a URL, which may name a file, a folder or a pattern.

    Raises MissingError without the library that the protocol needs, DataError where there is no
    such file, or the connection fails more often than a few times.
    """
    system, name = _system(url)
    path = shown(url)
    http = "http" in _protocols(system)
    if _PATTERN.search(name):
        found = _tried(path, lambda: system.glob(name, detail=True))
    elif http:
        return formats.open_table(_opened(path, system, name), options)
    else:
        info = _tried(path, lambda: system.info(name))
        if info["type"] != "directory":
            return formats.open_table(_opened(path, system, name, info), options)
        found = _tried(path, lambda: system.find(name, detail=True))
    files = {
        shown(system.unstrip_protocol(each)): each
        for each, info in found.items()
        if info["type"] == "file" and all(map(is_data, _below(name, each)))
    }
    shards = [
        Shard(file, partial(_opened, file, system, files[file]))
        for file in data_files(path, list(files))
    ]
    return ShardedTable(path, shards, options)


class RemoteFile(OpenFile):
    """A file at a URL, its size and its version at the time it was opened.

    path: its URL as people may see it. system, name: fsspec's file system and its name there.
    info: what fsspec knows of it. Reads are tried again where the connection fails, a few times.
    """

    def __init__(self, path: str, system: Any, name: str, info: Mapping[str, Any]) -> None:
        self.path = path
        self._system, self._name = system, name
        self._version = _version(info)
        self._lock = threading.Lock()
        self._pages: OrderedDict[int, bytes] = OrderedDict()
        self.size: int = info["size"] or 0

    @property
    def identity(self) -> object:
        """The version of the file."""
        return self._version

    def content(self) -> Iterator[bytes]:
        """The content from the beginning to the end, without ranges."""
        with self._system.open(self._name, "rb", block_size=0) as stream:
            while data := stream.read(CHUNK):
                yield data

    def verify(self) -> None:
        """Raise DataError if there is another version of the file now."""
        self._system.invalidate_cache()
        info = _tried(self.path, lambda: self._system.info(self._name))
        if _version(info) != self._version:
            raise DataError(
                f"{self.path} changed while it was read",
                place=f"{self.size:,} bytes before, {info['size'] or 0:,} after",
                hint="let the writer finish, then run again",
            )

    def close(self) -> None:
        """Forget the pages; fsspec keeps the connections."""
        self._pages.clear()

    def _read(self, view: memoryview, offset: int) -> int:
        start, end = offset, min(offset + len(view), self.size)
        if len(view) <= _PAGE:
            start, end = offset // _PAGE * _PAGE, min(offset // _PAGE * _PAGE + _PAGE, self.size)
            data = self._page(start, end)[offset - start :][: len(view)]
        else:
            data = self._range(start, end)
        view[: len(data)] = data
        return len(data)

    def _page(self, start: int, end: int) -> bytes:
        with self._lock:
            data = self._pages.pop(start, None) or self._range(start, end)
            self._pages[start] = data
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return data

    def _range(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        return _tried(self.path, lambda: self._whole_range(start, end))

    def _whole_range(self, start: int, end: int) -> bytes:
        data: bytes = self._system.cat_file(self._name, start=start, end=end)
        if len(data) != end - start:
            raise ConnectionError
        return data


def _opened(path: str, system: Any, name: str, info: Mapping[str, Any] | None = None) -> OpenFile:
    """The file of a name, or a temporary copy where it cannot be read by ranges."""
    info = info or _tried(path, lambda: system.info(name))
    file = RemoteFile(path, system, name, info)
    if info["size"] == 0:
        raise EmptyFileError(f"{path} is empty", hint="the step that wrote it may have failed")
    if info["size"] and ("http" not in _protocols(system) or _has_ranges(path, system, name, info)):
        return file
    copy = _tried(path, lambda: SpooledFile(path, file.content(), file))
    if info["size"] and copy.size != info["size"]:
        copy.close()
        raise _failed(path, ConnectionError())
    return copy


def _has_ranges(path: str, system: Any, name: str, info: Mapping[str, Any]) -> bool:
    """True if an HTTP server sends ranges, and not always the whole file."""
    if info.get("partial") is False or info["size"] < 2:
        return False

    def second_byte() -> bool:
        with system.open(
            name, "rb", block_size=CHUNK, cache_type="none", size=info["size"]
        ) as file:
            file.seek(1)
            try:
                return len(file.read(1)) == 1
            except ValueError:  # it sent all of the file
                return False

    return _tried(path, second_byte)


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the name of the file in it."""
    scheme = url.partition("://")[0].lower()
    try:
        from fsspec.core import url_to_fs

        http: dict[str, Any] = {}
        if scheme in ("http", "https"):
            from aiohttp import ClientTimeout

            limits = ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
            http = {
                "headers": {"Accept-Encoding": "identity"},
                "client_kwargs": {"timeout": limits, "trust_env": True},
            }
        found: tuple[Any, str] = url_to_fs(url, **http)
    except ImportError as error:
        raise MissingError(
            f"reading {scheme}:// needs a library that is not installed",
            hint=f"pip install {_package(scheme, error)}",
        ) from error
    except ValueError:
        raise UsageError(
            f"{scheme}:// is an unknown protocol", hint="such as s3://, gs://, https://"
        ) from None
    except Exception as error:  # noqa: BLE001 - each protocol has errors of its own
        raise _failed(shown(url), _cause(error)) from None
    found[0].invalidate_cache()  # what it knows from before may have changed
    return found


def _package(scheme: str, error: ImportError) -> str:
    """The package without which a protocol cannot be read."""
    try:
        from fsspec.registry import known_implementations
    except ImportError:
        return _EXTRA
    library = known_implementations.get(scheme, {}).get("class", "").partition(".")[0]
    if library in ("", "fsspec"):  # a part of fsspec that needs another library
        library = (error.__cause__ and getattr(error.__cause__, "name", "")) or ""
    return library if library and library not in _OF_EXTRA else _EXTRA


def _protocols(system: Any) -> tuple[str, ...]:
    found = system.protocol
    return (found,) if isinstance(found, str) else tuple(found)


def _below(name: str, file: str) -> list[str]:
    """The folders and the name of a file below a folder or a pattern."""
    fixed = _PATTERN.split(name)[0]
    base = name if fixed == name else fixed.rpartition("/")[0]
    return file.removeprefix(base).strip("/").split("/")


def _version(info: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((key, str(info[key])) for key in _VERSION if info.get(key) is not None)


def _tried(path: str, action: Callable[[], Result]) -> Result:
    """The result of an action that a connection may break, tried again a few times.

    Raises DataError; it says neither the URL nor what the library said of it, which may hold
    credentials.
    """
    for delay in (*_DELAYS, None):
        try:
            return action()
        except DataError:
            raise
        except Exception as error:  # noqa: BLE001 - each protocol has errors of its own
            cause = _cause(error)
            if delay is None or _is_final(cause):
                raise _failed(path, cause) from None
            time.sleep(delay)
    raise AssertionError


def _cause(error: Exception) -> BaseException:
    """The error of a connection that fsspec reports as a missing file, or the error itself."""
    cause = error.__cause__ or error
    return cause if isinstance(cause, OSError) or _status(cause) is not None else error


def _status(error: BaseException | None) -> int | None:
    """The status of HTTP that an error is about."""
    found = getattr(error, "status", None)
    return found if isinstance(found, int) else None


def _is_final(error: BaseException) -> bool:
    """True if another try cannot help."""
    status = _status(error)
    if status is not None:
        return status < 500 and status not in _BUSY
    return isinstance(error, _FINAL)


def _failed(path: str, error: BaseException) -> DataError:
    status = _status(error)
    if status == 404 or (status is None and isinstance(error, FileNotFoundError)):
        return DataError(f"there is no file {path}", hint="check the URL")
    denied = isinstance(error, PermissionError) or "Credentials" in type(error).__name__
    if status in (401, 403) or denied:
        return DataError(
            f"access to {path} is denied",
            hint="credentials come from the environment, as its libraries read them",
        )
    if status is not None:
        return DataError(
            f"cannot read {path}: its server answers with status {status}", hint=_AGAIN
        )
    words = type(error).__name__
    return DataError(f"cannot read {path}: the connection failed ({words})", hint=_AGAIN)
