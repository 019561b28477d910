"""Text in another encoding than UTF-8, as UTF-8 in a temporary file."""

import codecs
from collections.abc import Iterator

from losscli.errors import DataError, UsageError
from losscli.sources.files import OpenFile
from losscli.sources.spool import CHUNK, SpooledFile
from losscli.sources.table import TableNote

_MARKS = {  # of bytes that begin a file; the longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAME = ("utf-8", "utf-8-sig", "ascii")


def readable(file: OpenFile, encoding: str) -> tuple[OpenFile, list[TableNote]]:
    """The file as UTF-8, and a note where its encoding was detected.

    encoding: its name; empty for the one that the first bytes tell, else UTF-8.

    Raises UsageError for an unknown encoding, DataError for bytes that are not text in it.
    """
    if encoding:
        return (file if _name_of(encoding) in _SAME else _decoded(file, encoding)), []
    start = file.read(4, 0)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            note = TableNote("encoding", f"{file.path} is {name.upper()} text, as its mark says")
            return _decoded(file, name), [note]
    return file, []


def _name_of(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):
        found = None
    if found is None or not getattr(found, "_is_text_encoding", True):
        raise UsageError(
            f"unknown encoding {encoding!r}", hint="such as utf-16, latin-1, cp1252, shift_jis"
        )
    return found.name


def _decoded(file: OpenFile, encoding: str) -> OpenFile:
    return SpooledFile(file.path, _chunks(file, encoding), file)


def _chunks(file: OpenFile, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for offset in range(0, file.size, CHUNK):
        last = offset + CHUNK >= file.size
        try:
            yield decoder.decode(file.read(CHUNK, offset), last).encode()
        except UnicodeError as error:
            place = f"byte {offset + getattr(error, 'start', 0):,}, approximately"
            raise DataError(
                f"{file.path} is not {encoding} text", place=place, hint="name its --encoding"
            ) from error
