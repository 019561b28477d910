"""Saved results: documents of losscli that are read back, and held against their schema."""

import json
import os
import sys
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
_NUMBERS = (
    *("value", "sum", "weight_sum", "stderr", "min", "max", "rmse", "rmsle"),
    *("rows", "n", "skipped", "ignored"),
)


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
    """Raise DataError where a document lacks what its parts are known by, or has it of other kinds.

    What was edited by hand, or by another program, must not be half understood.
    """
    kind = str(document.get("schema"))
    if kind == "losscli/eval/1":
        _check_losses(document, name)
        for group in _parts(document, "groups", name):
            _need(isinstance(group.get("by"), Mapping), name, "a group does not say of what it is")
            _check_losses(group, name)
        for part in _parts(document, "inputs", name):
            for key in ("role", "digest"):
                _need(isinstance(part.get(key), str | None), name, f"the {key} of an input")
    if kind == "losscli/bench/1":
        _check_rows(document, name)
    if kind == "losscli/run/1":
        for key in ("evals", "benches"):
            runs = document.get(key, {})
            _need(isinstance(runs, Mapping), name, f"{key} is no object")
            for run, part in runs.items():
                _need(isinstance(part, Mapping), name, f"{run!r} is no object")
                check(part, f"{name}, {run!r},")


def _check_losses(document: Mapping[str, Any], name: str) -> None:
    for loss in _parts(document, "losses", name):
        label = loss.get("label")
        _need(isinstance(label, str), name, "a loss has no label")
        for key in _NUMBERS:
            _need(_is_number(loss.get(key)), name, f"the {key} of {label} is no number")
        ends = loss.get("ci")
        pair = ends if isinstance(ends, list) and len(ends) == 2 else [ends] * 2
        fine = ends is None or all(end is not None and _is_number(end) for end in pair)
        _need(fine, name, f"the ci of {label} is no pair of numbers")


def _check_rows(document: Mapping[str, Any], name: str) -> None:
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


def _parts(document: Mapping[str, Any], key: str, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, which may be left out."""
    found = document.get(key, [])
    fine = isinstance(found, list) and all(isinstance(part, Mapping) for part in found)
    _need(fine, name, f"{key} is no list of objects")
    return list(found)


def _is_number(value: Any) -> bool:
    """Whether it is a number as documents write them, or null."""
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) <= sys.float_info.max
    return isinstance(value, float | None)


def _need(fine: bool, name: str, what: str) -> None:
    if not fine:
        raise DataError(f"{name} is broken: {what}", hint=_MEND)


_MEND = "name a file that losscli wrote, such as: losscli bench -o old.json"


def _broken(name: str, at: int, what: str) -> DataError:
    return DataError(f"a row of {name} is broken: {what}", place=Place(name, row=at), hint=_MEND)


def _text(name: str) -> str:
    """The file's text. Bytes that are no UTF-8 mean that it is something else."""
    try:
        data = Path(name).read_bytes()
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
