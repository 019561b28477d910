"""Saved results: documents of losscli that are read back, and held against their schema."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
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
    """Raise DataError where a document lacks what its rows or losses are known by."""
    checks = {"losscli/bench/1": _check_bench, "losscli/eval/1": _check_eval}
    if document.get("schema") == "losscli/run/1":
        if not isinstance(document.get("git"), Mapping | None):
            raise DataError(f"{name} is broken: its git is no object", hint=_MEND)
        for kind in ("evals", "benches"):
            parts = document.get(kind)
            if not isinstance(parts, Mapping):
                raise DataError(f"{name} has no {kind}", hint=_MEND)
            for run, part in parts.items():
                if not isinstance(part, Mapping):
                    raise DataError(f"{run} of {name} is no object", hint=_MEND)
                check(part, f"{run} of {name}")
        return
    one = checks.get(str(document.get("schema")))
    if one is not None:
        one(document, name)


def _check_bench(document: Mapping[str, Any], name: str) -> None:
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


def _check_eval(document: Mapping[str, Any], name: str) -> None:
    for kind in ("groups", "inputs"):
        parts = document.get(kind, [])
        if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
            raise DataError(f"the {kind} of {name} are no list of objects", hint=_MEND)
    for part in document.get("inputs", ()):
        if not isinstance(part.get("role"), str) or not isinstance(part.get("shape"), list):
            raise DataError(f"an input of {name} has no role or no shape", hint=_MEND)
    for whole in (document, *document.get("groups", ())):
        losses = whole.get("losses")
        if not isinstance(losses, list):
            raise DataError(f"{name} has no losses", hint=_MEND)
        if not isinstance(whole.get("by", {}), Mapping):
            raise DataError(f"a group of {name} has no keys", hint=_MEND)
        for at, loss in enumerate(losses):
            if not isinstance(loss, Mapping):
                raise DataError(f"loss {at} of {name} is broken: it is no object", hint=_MEND)
            lacks = [key for key, holds in _LOSS.items() if not holds(loss.get(key))]
            if lacks:
                words = f"it has no {lacks[0]!r}"
                raise DataError(f"loss {at} of {name} is broken: {words}", hint=_MEND)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    if isinstance(value, float):
        return True
    return type(value) is int and abs(value) <= _LARGEST


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


_LARGEST = int(sys.float_info.max)


_LOSS: dict[str, Callable[[Any], bool]] = {
    "label": lambda value: isinstance(value, str),
    "loss": lambda value: isinstance(value, str),
    "params": lambda value: isinstance(value, Mapping),
    "value": lambda value: value is None or _is_number(value),
    "statistic": lambda value: value is None or isinstance(value, str),
    "stderr": lambda value: value is None or (_is_number(value) and not float(value) < 0),
    "sum": _is_number,
    "weight_sum": _is_number,
    "n": _is_count,
    "ignored": _is_count,
}


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
