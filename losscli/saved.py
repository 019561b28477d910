"""Saved results: documents of losscli that are read back, and held against their schema."""

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from losscli.errors import DataError, Place

# The kinds of documents, each with the versions of it that this losscli reads.
_KNOWN = {
    "eval": ("1",),
    "bench": ("1",),
    "diff": ("1",),
    "doctor": ("1",),
    "error": ("1",),
}
_KEY = ("label", "impl", "device", "dtype", "pass", "cache")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a result that was saved as JSON, as its `to_dict()` gave it.

    nan and infinities are the strings "nan", "inf" and "-inf". Raises DataError for a file that is
    missing, no JSON, no result of losscli, or of a version that this losscli does not know.
    """
    name = os.fspath(path)
    document = _parsed(name, _text(name))
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise DataError(f"{name} is no result of losscli: it names no schema", hint=_MEND)
    program, _, rest = document["schema"].partition("/")
    kind, _, version = rest.partition("/")
    if program != "losscli" or kind not in (*_KNOWN, "run", "compare", "check", "list"):
        raise DataError(
            f"{name} is no result of losscli: its schema is {document['schema'][:80]!r}", hint=_MEND
        )
    if version not in _KNOWN.get(kind, ("1",)):
        raise DataError(
            f"{name} is of a version that this losscli does not know: {document['schema'][:80]}",
            hint="read it with the losscli that wrote it, or a newer one",
        )
    check(document, name)
    return document


def check(document: Mapping[str, Any], name: str) -> None:
    """Raise DataError where a benchmark's document lacks what its rows are known by."""
    if document.get("schema") != "losscli/bench/1":
        return
    rows = document.get("rows")
    if not isinstance(rows, list):
        raise DataError(f"{name} has no rows", hint=_MEND)
    if not isinstance(document.get("environment"), Mapping):
        raise DataError(f"{name} does not say where it was measured", hint=_MEND)
    for at, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _broken(name, at, "it is no object")
        for key in _KEY:
            if not isinstance(row.get(key), str):
                raise _broken(name, at, f"it has no {key!r}")
        shape = row.get("shape")
        if not isinstance(shape, list) or not all(type(size) is int for size in shape):
            raise _broken(name, at, "it has no 'shape'")
        if not isinstance(row.get("correct"), bool):
            raise _broken(name, at, "it does not say whether it is correct")
        if not isinstance(row.get("time_s"), Mapping | None):
            raise _broken(name, at, "its 'time_s' is no object")


_MEND = "name a file that losscli wrote, such as: losscli bench -o old.json"


def _broken(name: str, at: int, what: str) -> DataError:
    return DataError(f"a row of {name} is broken: {what}", place=Place(name, row=at), hint=_MEND)


def _text(name: str) -> str:
    """The file's text. Bytes that are no UTF-8 mean that it is something else."""
    try:
        data = _bytes(Path(name))
    except FileNotFoundError as error:
        raise DataError(f"there is no file {name}", hint="check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {name}: {reason}", hint=_MEND) from error
    if not data.strip():
        raise DataError(f"{name} is empty", hint="the step that wrote it may have failed")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no JSON: it is no text", hint=_MEND) from error


def _bytes(path: Path) -> bytes:
    """All that a file or a pipe holds; raises OSError for a device, which may have no end."""
    if path.is_char_device() or path.is_block_device():
        raise OSError(errno.ENODEV, "it is a device")
    return path.read_bytes()


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        ends = not text[error.pos :].strip() or "Unterminated" in error.msg
        what = "ends in the middle: it was cut off" if ends else f"is no JSON: {error.msg}"
        hint = "let its writer finish, or write it again" if ends else _MEND
        raise DataError(
            f"{name} {what}", place=Place(name, line=error.lineno), hint=hint
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(f"{name} is no JSON that can be read: {error}", hint=_MEND) from error
