"""The form that saved documents must have before anything is read of them.

What was edited by hand, or written by another program, must not be half understood: every key that
a comparison, a gate or a page goes by is looked at here, once.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from losscli.errors import DataError, Place

PARTS = ("evals", "benches")

_MEND = "name a file that losscli wrote, such as: losscli bench -o old.json"
_MEND_RUN = "name a file that losscli run wrote"
_STATUSES = ("pass", "warn", "fail", "undecided", "error")
_KEY = ("label", "impl", "device", "dtype", "pass", "cache")
_LARGEST = int(sys.float_info.max)


def check(document: Mapping[str, Any], name: str) -> None:
    """Raise DataError where a document lacks what its parts are known by, or has other kinds."""
    checks = {
        "losscli/bench/1": _check_bench,
        "losscli/eval/1": _check_eval,
        "losscli/run/1": _check_parts,
    }
    one = checks.get(str(document.get("schema")))
    if one is not None:
        one(document, name)


def check_run(document: Mapping[str, Any], name: str) -> None:
    """Raise DataError where a run does not say of which config it is, or what its gates were."""
    config = document.get("config")
    if not isinstance(config, Mapping) or not isinstance(config.get("name"), str):
        raise DataError(f"{name} does not say which config it is of", hint=_MEND_RUN)
    _check_parts(document, name)
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
            or not all(number is None or _is_number(number) for number in numbers)
        ):
            raise DataError(f"gate {at} of {name} is broken", hint=_MEND_RUN)


def _check_parts(document: Mapping[str, Any], name: str) -> None:
    if not isinstance(document.get("git"), Mapping | None):
        _refuse(name, "its git is no object")
    for kind in PARTS:
        parts = document.get(kind)
        if not isinstance(parts, Mapping):
            raise DataError(f"{name} has no {kind!r}", hint=_MEND_RUN)
        for run, part in parts.items():
            if not isinstance(part, Mapping) or not isinstance(part.get("schema"), str):
                raise DataError(f"{run!r} in {name} is no result", hint=_MEND_RUN)
            check(part, f"{run!r} in {name}")


def _check_eval(document: Mapping[str, Any], name: str) -> None:
    for part in _objects(document, "inputs", name):
        if not isinstance(part.get("role"), str) or not isinstance(part.get("shape"), list):
            _refuse(name, "an input has no role or no shape")
        if not isinstance(part.get("digest"), str | None):
            _refuse(name, f"the digest of its {part['role']} is no text")
    for whole in (document, *_objects(document, "groups", name)):
        if not isinstance(whole.get("by", {}), Mapping):
            _refuse(name, "a group does not say of what it is")
        if not isinstance(whole.get("losses"), list):
            _refuse(name, "it has no losses")
        for loss in _objects(whole, "losses", name):
            _check_loss(loss, name)


def _check_loss(loss: Mapping[str, Any], name: str) -> None:
    for words, keys in _LOSS.items():
        for key, holds in keys.items():
            if not holds(loss.get(key)):
                label = loss.get("label")
                of = f" of {label!r}" if isinstance(label, str) else " of a loss"
                _refuse(name, f"the {key}{of} is {words}")
    ends = loss.get("ci")
    pair = ends if isinstance(ends, list) and len(ends) == 2 else ["none"]
    if ends is not None and not all(map(_is_number, pair)):
        _refuse(name, f"the ci of {loss['label']!r} is no pair of numbers")


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


def _objects(document: Mapping[str, Any], key: str, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, which may be left out."""
    found = document.get(key, [])
    if not isinstance(found, list) or not all(isinstance(part, Mapping) for part in found):
        _refuse(name, f"{key} is no list of objects")
    return list(found)


def _is_number(value: Any) -> bool:
    """Whether it is a number as documents write them: nan and infinities are texts."""
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    return isinstance(value, float) or (type(value) is int and abs(value) <= _LARGEST)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _or_none(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or holds(value)


# What a loss must have, by what is said of it where it has not.
_LOSS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "no text": {
        **dict.fromkeys(("label", "loss"), lambda value: isinstance(value, str)),
        "statistic": lambda value: isinstance(value, str | None),
    },
    "no object": {"params": lambda value: isinstance(value, Mapping)},
    "no count": {
        **dict.fromkeys(("n", "ignored"), _is_count),
        **dict.fromkeys(("rows", "skipped"), _or_none(_is_count)),
    },
    "no number": {
        **dict.fromkeys(("sum", "weight_sum"), _is_number),
        **dict.fromkeys(("value", "min", "max", "rmse", "rmsle"), _or_none(_is_number)),
    },
    "no number from 0": {
        "stderr": _or_none(lambda value: _is_number(value) and not float(value) < 0),
    },
}


def _refuse(name: str, what: str) -> NoReturn:
    raise DataError(f"{name} is broken: {what}", hint=_MEND)


def _broken(name: str, at: int, what: str) -> DataError:
    return DataError(f"a row of {name} is broken: {what}", place=Place(name, row=at), hint=_MEND)
