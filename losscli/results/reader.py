"""Saved results: documents of losscli that are read back, and held against their schema."""

import errno
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from losscli.errors import DataError, Place
from losscli.results.validation import PARTS, check, check_run

# The kinds of documents, each with the version of it that this losscli writes.
_WRITTEN = {
    "eval": 1, "bench": 1, "run": 1, "compare": 1, "diff": 1, "check": 1, "list": 1, "doctor": 1,
    "error": 1,
}  # fmt: skip
# Of a kind and an older version: what makes a document of the next version of it.
_RAISED: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a result that was saved as JSON, as its `to_dict()` gave it.

    nan and infinities are the strings "nan", "inf" and "-inf". Raises DataError for a file that is
    missing, no JSON, no result of losscli, or of a version that this losscli does not know.
    """
    name = os.fspath(path)
    document = _parsed(name, _text(name))
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise DataError(f"{name} is no result of losscli: it names no schema", hint=_MEND)
    document = _current(document, name)
    check(document, name)
    return document


def _current(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The document, and those inside it, as this losscli would have written it."""
    program, _, rest = document["schema"].partition("/")
    kind, _, version = rest.partition("/")
    words = document["schema"][:80]
    if program != "losscli" or kind not in _WRITTEN:
        raise DataError(f"{name} is no result of losscli: its schema is {words!r}", hint=_MEND)
    at = int(version) if version.isdecimal() and version.isascii() and len(version) < 9 else 0
    if at > _WRITTEN[kind]:
        raise DataError(
            f"{name} is of a newer version that this losscli does not know: {words}",
            hint="pip install --upgrade losscli",
        )
    while at < _WRITTEN[kind]:
        if (kind, at) not in _RAISED:
            raise DataError(
                f"{name} is of a version that this losscli does not know: {words}",
                hint="read it with the losscli that wrote it",
            )
        document, at = _RAISED[kind, at](document), at + 1
    if kind == "run":
        document |= {k: _current_parts(document[k], name) for k in PARTS if k in document}
    return document


def _current_parts(parts: Any, name: str) -> Any:
    """The parts of a run in the same way; what is none is left to the reader."""
    if not isinstance(parts, dict):
        return parts
    return {
        run: _current(part, f"{run!r} in {name}")
        if isinstance(part, dict) and isinstance(part.get("schema"), str)
        else part
        for run, part in parts.items()
    }


def read_run(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a run of a config, which says of which, and what its parts and gates were.

    Raises DataError for what cannot be read, is no run, or lacks some of it.
    """
    document, name = read(path), os.fspath(path)
    if document["schema"] != "losscli/run/1":
        raise DataError(
            f"{name} is no run of a config but {document['schema']}",
            hint="name a file that losscli run wrote",
        )
    check_run(document, name)
    return document


def other_data(inputs: Sequence[Mapping[str, Any]], saved: Mapping[str, Any], called: str) -> str:
    """Why a saved evaluation is of other data than these inputs; empty where it is of the same.

    The same data are equal digests of targets, weights, ids and groups, and as many rows;
    predictions may differ. called: what messages call the saved one.
    """
    found = saved.get("inputs")
    listed = found if isinstance(found, list) else []
    theirs = {str(part.get("role")): part for part in listed if isinstance(part, Mapping)}
    for part in inputs:
        role = part["role"]
        other = theirs.pop(role, None)
        if other is None:
            return f"{called} was made without {role}"
        rows = [next(iter(side.get("shape") or [None])) for side in (part, other)]
        if rows[0] != rows[1]:
            return f"{called} is of other data: {rows[1]} rows, not {rows[0]}"
        if role == "preds":
            continue
        if not other.get("digest") or not part.get("digest"):
            return f"{called} does not say what its {role} were"
        if other["digest"] != part["digest"]:
            return f"{called} is of other data: the {role} differ"
    return f"{called} was made with {', '.join(theirs)}" if theirs else ""


_MEND = "name a file that losscli wrote, such as: losscli bench -o old.json"


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
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        ends = not text[error.pos :].strip() or "Unterminated" in error.msg
        what = "ends in the middle: it was cut off" if ends else f"is no JSON: {error.msg}"
        hint = "let its writer finish, or write it again" if ends else _MEND
        raise DataError(
            f"{name} {what}", place=Place(name, line=error.lineno), hint=hint
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(f"{name} is no JSON that can be read: {error}", hint=_MEND) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two equal keys a reader would silently take one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice[:80]!r} stands twice in an object")
    return found


def _constant(word: str) -> Any:
    raise ValueError(f"{word} stands there, and JSON has no such number")
