"""File formats: each file of this folder declares one, as `FORMAT`, under the file's name."""

import os
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import NamedTuple

from losscli.errors import UsageError
from losscli.sources.files import OpenFile
from losscli.sources.options import ReadOptions
from losscli.sources.table import Table

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # control characters that no text has
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_START = 4096


class Format(NamedTuple):
    """How a file format is recognised and read.

    open: the table of a file. suffixes: of its files, in lower case. magic: their first bytes, or
    a pattern of them; empty for text. columns: True if its tables have columns with names.
    parts: True if a file may hold several tables or arrays, one of which is named `FILE:PART`.
    text: True for the one format in which text of any other suffix is read. blank: True if a file
    of no bytes is a table without rows.
    """

    open: Callable[[OpenFile, ReadOptions], Table]
    suffixes: tuple[str, ...]
    magic: bytes | re.Pattern[bytes] = b""
    columns: bool = True
    parts: bool = False
    text: bool = False
    blank: bool = False

    def begins(self, start: bytes) -> bool:
        """True if a file that begins so is of this format, whatever its suffix."""
        if isinstance(self.magic, bytes):
            return bool(self.magic) and start.startswith(self.magic)
        return self.magic.match(start) is not None


def names() -> list[str]:
    """The names of the formats; imports none of them."""
    files = (name for folder in __path__ for name in os.listdir(folder))  # noqa: PTH208
    return sorted(name[:-3] for name in files if name.endswith(".py") and name[0] != "_")


def load(name: str) -> Format:
    """The format of a name, one of `names()`."""
    found = import_module(f"{__name__}.{name}").FORMAT
    assert isinstance(found, Format)
    return found


def suffixes(*, columns: bool = False) -> tuple[str, ...]:
    """The suffixes of all formats, or of those whose tables have columns with names."""
    formats = map(load, names())
    return tuple(s for f in formats if f.columns or not columns for s in f.suffixes)


def blank_suffixes() -> tuple[str, ...]:
    """The suffixes of formats in which a file of no bytes is a table without rows."""
    return tuple(suffix for each in map(load, names()) if each.blank for suffix in each.suffixes)


def format_by_magic(file: OpenFile) -> Format | None:
    """The format that the first bytes of a file say; None for text and for unknown formats."""
    start = file.read(_START, 0)
    for known in _likely_first(file):
        if known.begins(start):
            return known
    return None


def format_of(file: OpenFile) -> Format:
    """The format of a file; its content decides about the format first, then its suffix.

    Raises UsageError for a binary file in no known format, DataError for a kind of file that is not
    read.
    """
    found = format_by_magic(file)
    if found is not None:
        return found
    from losscli.sources.unreadable import check_start, check_suffix

    start = file.read(_START, 0)
    check_start(file, start)
    formats = list(_likely_first(file))
    for known in formats:
        if file.suffix in known.suffixes:
            return known
    check_suffix(file)
    if _BINARY.search(start[:512]) and not start.startswith(_UTF_16):
        raise UsageError(
            f"{file.path} is in an unknown format", hint=f"expected {', '.join(suffixes())}"
        )
    return next(known for known in formats if known.text)


def check_part(known: Format, path: str, part: str) -> None:
    """Raise UsageError if a part is named of a file in a format without parts."""
    if part and not known.parts:
        having = [suffix for each in map(load, names()) if each.parts for suffix in each.suffixes]
        hint = f"FILE:PART is for files such as {', '.join(having)}" if having else ""
        raise UsageError(f"{path} has no parts, so {part!r} is not one", hint=hint)


def open_table(file: OpenFile, options: ReadOptions) -> Table:
    """The table of a file, or of its content where that is compressed; it closes the file.

    The file is closed where an error is raised.
    """
    try:
        return open_content(content_of(file), options)
    except BaseException:
        file.close()
        raise


def open_content(file: OpenFile, options: ReadOptions) -> Table:
    """The table of a file that is not compressed, or of the part of it that the options name."""
    known = format_of(file)
    check_part(known, file.path, options.part)
    return known.open(file, options)


def content_of(file: OpenFile) -> OpenFile:
    """The file as it is, or a temporary file with the content of a compressed one."""
    if format_by_magic(file) is not None:
        return file
    from losscli.sources.spool import decompressed

    return decompressed(file)


def _likely_first(file: OpenFile) -> Iterator[Format]:
    """All formats, that of the file's suffix first; each is loaded when it is drawn."""
    for name in sorted(names(), key=lambda name: f".{name}" != file.suffix):
        yield load(name)
