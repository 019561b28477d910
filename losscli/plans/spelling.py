"""Flags in messages, spelled as the user of the command line, of Python or of YAML writes them.

Messages are written with flags (`--nan skip`); where a plan did not come from the command line, its
flags are respelled (`nan="skip"`, `nan: skip`). `command_line` spells all flags of a plan.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, TypeAlias

from losscli.errors import LossCliError
from losscli.plans.flags import Declaration, declarations, listed

Style: TypeAlias = Literal["python", "yaml"]

_FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z])(?:[ =](\"[^\"]*\"|[^\s,;()]*[^\s,;().]))?")
_WORD = re.compile(r"[a-z]+")


def respell(error: LossCliError, plan: type[Any], style: Style) -> None:
    """Respell the flags of a plan in an error's message, place and hint."""
    error.message = respelled(error.message, plan, style)
    error.args = (error.message,)
    error.hint = respelled(error.hint, plan, style)
    if isinstance(error.place, str):
        error.place = respelled(error.place, plan, style)


def respelled(text: str, plan: type[Any], style: Style) -> str:
    """A text with the flags of a plan respelled; those of other commands stay."""
    if "losscli " in text:  # a command line, to be typed as it is
        return text

    def replace(found: re.Match[str]) -> str:
        typed, value = found[1], found[2]
        for each in declarations(plan):
            if typed == each.spelling or typed == each.flag.short:
                return _spelled(each, typed, value, style)
            if typed == f"--no-{each.name}" and each.kind == "switch":
                rest = "" if value is None else f" {value}"
                return _assigned(each, "False", style) + rest
        return found[0]

    return _FLAG.sub(replace, text)


def _spelled(each: Declaration, typed: str, value: str | None, style: Style) -> str:
    """A flag with the word that follows it, which may be its value or the rest of the sentence."""
    name = each.name if style == "python" else each.key
    if each.kind == "switch":
        words = _assigned(each, "True", style) if value is None else name
        return words if value is None else f"{words} {value}"
    if value is None:
        return name
    is_value = typed == each.flag.short or value in each.words() or not _WORD.fullmatch(value)
    return _assigned(each, value, style) if is_value else f"{name} {value}"


def _assigned(each: Declaration, value: str, style: Style) -> str:
    """A flag with its value: `nan="skip"`, or `nan: skip`."""
    if style == "yaml":
        plain = value.lower() if each.kind == "switch" else value
        return f"{each.key}: {f'[{plain}]' if each.flag.key and each.several else plain}"
    literal = each.kind in ("switch", "count", "number") or value[:1] == '"'
    return f"{each.name}={value if literal else repr(value).replace(chr(39), chr(34))}"


def command_line(plan: Any, name: str) -> tuple[str, ...]:
    """The command that makes a plan, in words; none where a value cannot be typed, as an array.

    name: of the command. Flags with their defaults are left out.
    """
    words = ["losscli", name]
    try:
        for each in declarations(plan):
            value = getattr(plan, each.name)
            typeable = not each.flag.hidden or each.flag.long
            if typeable and not _is_default(each, value):
                words += _typed(each, value)
    except _NotTypeableError:
        return ()
    return tuple(words)


class _NotTypeableError(ValueError):
    """A value that no word on the command line stands for."""


def _is_default(each: Declaration, value: Any) -> bool:
    if each.kind == "share":
        return bool(_share(value) == _share(each.default))
    if value is each.default:
        return True
    comparable = _is_scalar(value) or (each.several and all(map(_is_scalar, listed(value))))
    return comparable and bool(value == each.default)


def _share(value: Any) -> Any:
    """A share as a number, as plans have it once they are validated."""
    with suppress(ValueError):
        if isinstance(value, str) and value.endswith("%"):
            return float(value[:-1]) / 100
        return float(value) if isinstance(value, str | float) else value
    return value


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | os.PathLike | bool | int | float)


def _typed(each: Declaration, value: Any) -> Iterator[str]:
    """The words of a flag."""
    if each.kind == "switch":
        yield each.spelling if value else f"--no-{each.spelling.removeprefix('--')}"
        return
    if each.flag.positional and isinstance(value, Mapping):
        yield from (f"{name}={_word(path)}" for name, path in value.items())
        return
    values = listed(value) if each.several or each.flag.combine == "models" else (value,)
    if each.flag.combine == "models" and any(isinstance(one, tuple) for one in values):
        words = [",".join(map(_word, columns)) for columns in values]
    elif each.flag.combine in ("columns", "matrix", "models"):
        words = [",".join(map(_word, values))]
    else:
        words = list(map(_word, values))
    for word in words:
        if each.flag.positional:
            yield os.path.join(".", word) if word.startswith("-") else word  # noqa: PTH118
        elif word.startswith("-"):
            yield f"{each.spelling}={word}"
        else:
            yield from (each.flag.short or each.spelling, word)


def _word(value: Any) -> str:
    if isinstance(value, bool) or not _is_scalar(value):
        raise _NotTypeableError
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    return "none" if value is None else repr(float(value) if isinstance(value, float) else value)


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint with the names that are similar to a word."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 2)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"they are {', '.join(known[:40])}" if known else "there are none"
