"""Locations that are not a file of this machine: folders, patterns, pipes and URLs."""

import os
import select
import stat
import sys
from collections.abc import Iterator

from losscli.errors import DataError, UsageError
from losscli.sources import formats
from losscli.sources.files import STANDARD_INPUT, OpenFile, is_url
from losscli.sources.options import ReadOptions
from losscli.sources.spool import CHUNK, SpooledFile
from losscli.sources.table import Table

_PATTERN = frozenset("*?[")


def is_location(path: str) -> bool:
    """True for what can be opened as data; a pattern needs no file that matches it."""
    return os.path.lexists(path) or path == STANDARD_INPUT or is_url(path) or _is_pattern(path)


def open_location(path: str, options: ReadOptions) -> Table:
    """The table of a location.

    Raises DataError where nothing is there or it cannot be read, UsageError for files in several
    formats, MissingError without the library that a URL needs.
    """
    if path == STANDARD_INPUT:
        return formats.open_table(_standard_input(), options)
    if is_url(path):
        from losscli.sources.remote import open_url

        return open_url(path, options)
    folder = os.path.isdir(path)  # noqa: PTH112 - pathlib raises where a name is too long
    if folder or (_is_pattern(path) and not os.path.lexists(path)):
        from losscli.sources.listing import list_files
        from losscli.sources.shards import open_shards

        return open_shards(path, list_files(path), options)
    return formats.open_table(_pipe(path) if _is_pipe(path) else OpenFile(path), options)


def _is_pattern(path: str) -> bool:
    return not _PATTERN.isdisjoint(path)


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return False


def _standard_input() -> OpenFile:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None or sys.stdin.isatty():
        raise UsageError(
            "- reads standard input, and nothing is connected to it",
            hint="losscli eval - targets.npy < preds.npy, or put `command |` before it",
        )
    return SpooledFile(STANDARD_INPUT, iter(lambda: stream.read(CHUNK), b""))


def _pipe(path: str) -> OpenFile:
    """The content of a pipe, such as /dev/fd/63 of a process substitution."""
    return SpooledFile(path, _content_of_pipe(path))


def _content_of_pipe(path: str) -> Iterator[bytes]:
    # Without waiting: a pipe into which nobody writes would block for ever.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise DataError(f"cannot open {path}: {error.strerror}") from error
    try:
        while data := _next_of_pipe(descriptor):
            yield data
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _next_of_pipe(descriptor: int) -> bytes:
    """Some bytes of a pipe; none where nobody writes into it any more."""
    while True:
        try:
            return os.read(descriptor, CHUNK)
        except BlockingIOError:
            select.select([descriptor], [], [])
