"""References to a part of a file: `FILE:PART` names an array, a tensor or a sheet of it."""

import os
import re
from typing import NamedTuple

from losscli.sources.files import is_url

_DRIVE = re.compile(r"[A-Za-z]:[\\/]?")


class FilePart(NamedTuple):
    """A file, and the name of a part of it; the name is empty where the whole file is meant."""

    path: str
    part: str = ""


def split_reference(thing: str | os.PathLike[str]) -> FilePart:
    r"""A path as the file and the part that it names.

    An existing path wins; otherwise it is split at the last colon, which is neither that of a drive
    nor that of a URL. A part does not begin with a slash, as in `dbfs:/preds.csv`.

    >>> split_reference("runs/preds.npz:logits")
    FilePart(path='runs/preds.npz', part='logits')
    >>> split_reference(r"C:\preds.npz")
    FilePart(path='C:\\preds.npz', part='')
    >>> split_reference("http://host:80/preds.npz")
    FilePart(path='http://host:80/preds.npz', part='')
    """
    path = os.fspath(thing)
    head, colon, part = path.rpartition(":")
    if not (colon and head and part) or part.startswith("/") or _DRIVE.fullmatch(head + colon):
        return FilePart(path)
    if os.path.lexists(path) or (is_url(path) and "/" in part):  # the colon is that of a port
        return FilePart(path)
    return FilePart(head, part)


def exists(thing: str) -> bool:
    """True if there is a file of that name, or one of whose parts it is the reference."""
    return os.path.exists(split_reference(thing).path)  # noqa: PTH110 - pathlib costs its import
