"""Saved results: strict JSON, upgraded to the current version, as typed documents."""

import errno
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from losscli.errors import DataError, Place
from losscli.results.document import Number, Record
from losscli.results.registry import KINDS, classes_of

STEPS = ("evals", "benches")  # of a run: the documents inside it
_DEEPEST = 100
_HINT = "name a file that losscli wrote, such as: losscli bench -o old.json"
_WORDS = {
    "int": "an integer", "float": "a number", "str": "a string", "bool": "true or false",
    "null": "null", "array": "a list", "object": "an object", "Number": "a number",
}  # fmt: skip


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document of a result that was saved as JSON, in its current version.

    nan and infinities are the strings "nan", "inf" and "-inf". Raises DataError for a file that is
    missing, not JSON, not a result of losscli, broken, or of a version that is not known.
    """
    document: dict[str, Any] = _current(path)
    typed(document, os.fspath(path))
    return document


def load(path: str | os.PathLike[str]) -> Any:
    """The result that was saved as JSON, as the object that was written; raises like `read`."""
    return typed(_current(path), os.fspath(path))


def load_document(document: Mapping[str, Any], name: str) -> Any:
    """The result of a document in memory; raises like `read`. name: for messages."""
    return typed(upgraded(dict(document), name), name)


def typed(document: Mapping[str, Any], name: str) -> Any:
    """The object of a document, which is not changed.

    Raises DataError with the path of the first field that is missing or of another type.
    """
    kind, _ = _kind_of(document, name)
    found = _with_steps(kind, document, name, typed)
    of = classes_of(kind)
    document_class = next((each for each in of if _fits(each, found)), of[0])
    try:
        fields = document_class.fields_of(found)
        return msgspec.convert(fields, document_class, dec_hook=_number)
    except msgspec.ValidationError as error:
        raise DataError(f"{name} is broken: {_explained(str(error))}", hint=_HINT) from error
    except UnicodeEncodeError as error:
        words = f"it has {error.object[error.start]!a} where that cannot be"
        raise DataError(f"{name} is broken: {words}", hint=_HINT) from error


def _fits(each: type[Record], document: Mapping[str, Any]) -> bool:
    """True if a class is of the document's `kind`, by which comparisons differ."""
    kinds = getattr(each, "of", None)
    return kinds is None or document.get("kind") == kinds


def _with_steps(
    kind: str, document: Mapping[str, Any], name: str, change: Callable[[Any, str], Any]
) -> dict[str, Any]:
    """Change the documents inside a run; what has no schema is left to the types of the run."""
    found = dict(document)
    for step in STEPS if kind == "run" else ():
        if isinstance(found.get(step), Mapping):
            found[step] = {
                run: change(part, f"{run!r} in {name}") if _has_schema(part) else part
                for run, part in found[step].items()
            }
    return found


def _has_schema(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("schema"), str)


def _number(kind: type, value: Any) -> Any:
    """A float of what JSON has for it; raises ValueError for anything else."""
    if kind is not Number:
        raise NotImplementedError(kind)
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("Expected `float`, got an integer beyond float64") from None
    names = {str: "str", bool: "bool", type(None): "null", list: "array", dict: "object"}
    raise ValueError(f"Expected `float`, got `{names.get(type(value), 'object')}`")


def _explained(message: str) -> str:
    """The message of msgspec as `losses[0].n: expected an integer, got a string`."""
    words, _, place = message.partition(" - at `$")
    words = re.sub(r"`([^`]*)`", lambda found: _in_words(found[1]), words)
    words = re.sub(r"Object missing required field (.*)", r"\1 is missing", words)
    place = place.rstrip("`").removeprefix(".")
    return f"{place}: {words[0].lower()}{words[1:]}" if place else words[0].lower() + words[1:]


def _in_words(types: str) -> str:
    names = types.split(" | ")
    known = [_WORDS[name] for name in names if name in _WORDS]
    return " or ".join(dict.fromkeys(known)) if len(known) == len(names) else repr(types)


def _current(path: str | os.PathLike[str]) -> Any:
    """The document of a file, in the version that this losscli writes."""
    name = os.fspath(path)
    return upgraded(_parsed(name, _text(name)), name)


def upgraded(document: Any, name: str) -> Any:
    """A document, and those inside it, as this losscli would have written it."""
    kind, number = _kind_of(document, name)
    words, current = document["schema"][:80], int(classes_of(kind)[0].document_version())
    if number > current:
        raise DataError(
            f"{name} is of a newer version that this losscli does not know: {words}",
            hint="pip install --upgrade losscli",
        )
    for upgrade in UPGRADES.get(kind, ()):
        document = upgrade(document)
    if document["schema"] != f"losscli/{kind}/{current}":
        raise DataError(
            f"{name} is of a version that this losscli does not know: {words}",
            hint="read it with the losscli that wrote it",
        )
    return _with_steps(kind, document, name, upgraded)


def _kind_of(document: Any, name: str) -> tuple[str, int]:
    """The kind and the version in a document's schema; version 0 where it is not a number."""
    schema = document.get("schema") if isinstance(document, Mapping) else None
    if not isinstance(schema, str):
        raise DataError(f"{name} is not a result of losscli: it names no schema", hint=_HINT)
    program, _, rest = schema.partition("/")
    kind, _, version = rest.partition("/")
    if program != "losscli" or kind not in KINDS:
        words = schema[:80]
        raise DataError(f"{name} is not a result of losscli: its schema is {words!r}", hint=_HINT)
    known = version.isdecimal() and version.isascii() and len(version) < 9
    return kind, int(version) if known else 0


def load_run(path: str | os.PathLike[str]) -> Any:
    """The saved run of a config; raises DataError like `read`, and for another kind of result."""
    document, name = load(path), os.fspath(path)
    if document.document_kind() != "run":
        raise DataError(
            f"{name} is not a run of a config but losscli/{document.document_kind()}/1",
            hint="name a file that losscli run wrote",
        )
    return document


def _text(name: str) -> str:
    """The file's text. Bytes that are not UTF-8 mean that it is something else."""
    try:
        data = _bytes(Path(name))
    except FileNotFoundError as error:
        raise DataError(f"there is no file {name}", hint="check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {name}: {reason}", hint=_HINT) from error
    if not data.strip():
        raise DataError(f"{name} is empty", hint="the step that wrote it may have failed")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not valid JSON: it is not text", hint=_HINT) from error


def _bytes(path: Path) -> bytes:
    """All that a file or a pipe holds; raises OSError for a device, which may have no end."""
    if path.is_char_device() or path.is_block_device():
        raise OSError(errno.ENODEV, "it is a device")
    return path.read_bytes()


def _parsed(name: str, text: str) -> Any:
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        _check_depth(document)
    except json.JSONDecodeError as error:
        ends = not text[error.pos :].strip() or "Unterminated" in error.msg
        what = "ends in the middle: it was cut off" if ends else f"is not valid JSON: {error.msg}"
        hint = "let its writer finish, or write it again" if ends else _HINT
        raise DataError(
            f"{name} {what}", place=Place(name, line=error.lineno), hint=hint
        ) from error
    except (RecursionError, ValueError) as error:
        raise DataError(f"{name} is not valid JSON: {error}", hint=_HINT) from error
    return document


def _check_depth(document: Any) -> None:
    """Raise ValueError for what would be too deep for a function that calls itself."""
    level, depth = [document] if isinstance(document, dict | list) else [], 0
    while level:
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")


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


def _with_means(document: dict[str, Any]) -> dict[str, Any]:
    """An evaluation whose losses have `mean`, which the first version did not write."""
    found = {**document, "losses": _losses(document.get("losses"))}
    if isinstance(document.get("groups"), list):
        found["groups"] = [
            {**group, "losses": _losses(group.get("losses"))} if isinstance(group, dict) else group
            for group in document["groups"]
        ]
    return found


def _losses(losses: Any) -> Any:
    if not isinstance(losses, list):
        return losses
    return [
        {**loss, "mean": _mean(loss)} if isinstance(loss, dict) and "mean" not in loss else loss
        for loss in losses
    ]


def _mean(loss: dict[str, Any]) -> Any:
    """The mean of a loss: its value where that is the mean, else of the rounded sums."""
    plain = loss.get("statistic") is None and loss.get("penalty") is None
    if plain and loss.get("reduction", "mean") == "mean" and loss.get("value") is not None:
        return loss["value"]
    try:
        return float(loss["sum"]) / float(loss["weight_sum"])
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
        return math.nan


# Functions that give the JSON of a later version, in the order of versions. They leave what they do
# not understand as it is: the types say what is wrong with it.
UPGRADES: dict[str, Sequence[Callable[[dict[str, Any]], dict[str, Any]]]] = {"eval": (_with_means,)}
