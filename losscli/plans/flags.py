"""What kinds of values flags take, wherever they come from: a shell, a config or Python."""

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from losscli.errors import UsageError


def check_flags(plan: type[Any], given: Mapping[str, Any]) -> None:
    """Raise UsageError, with the nearest names, for a flag that a plan does not have."""
    known = [field.name for field in fields(plan)]
    for name in given:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"they are {', '.join(known)}"
            raise UsageError(f"there is no flag {name!r}", hint=hint)


def check_kinds(plan: Any) -> None:
    """Raise UsageError for a flag of another kind; lists of texts become tuples."""
    for part in fields(plan):
        value = getattr(plan, part.name)
        if part.name in _LISTS:
            single = isinstance(value, str | os.PathLike)
            found = (value,) if single else tuple(value) if _listed(value) else None
            if found is None or not all(map(_LISTS[part.name], found)):
                raise UsageError(f"{part.name} is a text or several; {value!r} is neither")
            object.__setattr__(plan, part.name, found)
        elif part.name in _KINDS:
            holds, words = _KINDS[part.name]
            if not holds(value):
                raise UsageError(f"{part.name} is {words}; {value!r} is not")


def groupers(by: Any) -> tuple[Any, ...] | dict[str, Any]:
    """What rows are grouped by, one thing or several; a list of numbers is one."""
    if by is None:
        return ()
    if isinstance(by, Mapping) or hasattr(by, "columns"):  # a DataFrame
        return {str(name): by[name] for name in getattr(by, "columns", by)}
    if _listed(by) and all(is_path(thing) or hasattr(thing, "__len__") for thing in by):
        return tuple(by)
    return (by,)


def _all(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _listed(value: Any) -> bool:
    return isinstance(value, list | tuple)


def is_path(value: Any) -> bool:
    """Whether it names a file, and some file could be called so."""
    return isinstance(value, str | os.PathLike) and "\0" not in os.fspath(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_LISTS: dict[str, Callable[[Any], bool]] = {
    "pred": lambda value: isinstance(value, str),
    "target": lambda value: isinstance(value, str),
    "id": lambda value: isinstance(value, str),
    "gate": lambda value: isinstance(value, str),
    "max": lambda value: isinstance(value, str),
    "min": lambda value: isinstance(value, str),
    "allow_note": lambda value: isinstance(value, str),
    "output": is_path,
}
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "threads": (_is_count, "a number of threads, or 0 for all cores"),
    "seed": (_is_count, "a whole number from 0"),
    "examples": (lambda value: value is None or _is_count(value), "a whole number from 0"),
    "header": (lambda value: isinstance(value, bool), "True or False"),
    "memory": (lambda value: isinstance(value, bool), "True or False"),
    "digest": (lambda value: isinstance(value, bool), "True or False"),
    "save": (lambda value: isinstance(value, bool), "True or False"),
    "results": (is_path, "a path"),
    "folder": (lambda value: isinstance(value, str), "a path"),
    "engine": (lambda value: isinstance(value, str), "a name"),
    "device": (lambda value: all(isinstance(name, str) for name in _all(value)), "a name"),
    "per_sample": (lambda value: value is None or is_path(value), "a path"),
    "baseline": (lambda value: value is None or is_path(value), "a path"),
    "plot": (lambda value: value is None or is_path(value), "a path"),
    "time": (lambda value: isinstance(value, int | float), "a number of seconds"),
}
