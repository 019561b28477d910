"""Saved results: documents of losscli that are read back, and held against their schema."""

import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from losscli.errors import DataError, Place

# The kinds of documents, each with the version of it that this losscli writes.
_WRITTEN = {
    "eval": 1, "bench": 1, "run": 1, "compare": 1, "diff": 1, "check": 1, "list": 1, "doctor": 1,
    "error": 1,
}  # fmt: skip
# Of a kind and an older version: what makes a document of the next version of it.
_RAISED: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
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
        document |= {k: _current_parts(document[k], name) for k in _PARTS if k in document}
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


def check(document: Mapping[str, Any], name: str) -> None:
    """Raise DataError where a benchmark's document lacks what its rows are known by."""
    if document.get("schema") == "losscli/bench/1":
        _check_bench(document, name)


def read_run(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a run of a config, which says of which, and what its parts and gates were.

    Raises DataError for what cannot be read, is no run, or lacks some of it.
    """
    document, name = read(path), os.fspath(path)
    if document["schema"] != "losscli/run/1":
        raise DataError(f"{name} is no run of a config but {document['schema']}", hint=_MEND_RUN)
    check_run(document, name)
    return document


def check_run(document: Mapping[str, Any], name: str) -> None:
    """Raise DataError where a run does not say of which config it is, or what its gates were."""
    config = document.get("config")
    if not isinstance(config, Mapping) or not isinstance(config.get("name"), str):
        raise DataError(f"{name} does not say which config it is of", hint=_MEND_RUN)
    for kind in _PARTS:
        parts = document.get(kind)
        if not isinstance(parts, Mapping):
            raise DataError(f"{name} has no {kind!r}", hint=_MEND_RUN)
        for run, part in parts.items():
            if not isinstance(part, Mapping) or not isinstance(part.get("schema"), str):
                raise DataError(f"{run!r} in {name} is no result", hint=_MEND_RUN)
            check(part, f"{run!r} in {name}")
    gates = document.get("gates")
    if not isinstance(gates, list):
        raise DataError(f"{name} has no 'gates'", hint=_MEND_RUN)
    for at, gate in enumerate(gates):
        keys = gate if isinstance(gate, Mapping) else {}
        texts = [keys.get(key) for key in ("expr", "level", "reason")]
        numbers = [keys.get(key, "") for key in ("value", "limit")]
        if (
            not all(isinstance(text, str) for text in texts)
            or keys.get("status") not in _STATUSES
            or not isinstance(keys.get("run"), str | None)
            or not all(map(_is_number, numbers))
        ):
            raise DataError(f"gate {at} of {name} is broken", hint=_MEND_RUN)


def _is_number(value: Any) -> bool:
    """Whether it is a number as documents have it: nan and infinities are texts."""
    return isinstance(value, int | float | None) or value in ("nan", "inf", "-inf")


def _check_bench(document: Mapping[str, Any], name: str) -> None:
    """Raise DataError where a benchmark's document lacks what its rows are known by."""
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


_PARTS = ("evals", "benches")
_STATUSES = ("pass", "warn", "fail", "undecided", "error")
_MEND_RUN = "name a file that losscli run wrote"
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
