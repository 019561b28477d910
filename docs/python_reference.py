"""The page of the Python interface, from the signatures and docstrings that `help()` shows.

They are read at run time: the parameters of a function are the fields of its plan, which do not
stand in its source.
"""

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

_INTRODUCTION = """# Python

The public names of `losscli`; the [guide](../python.md) shows how to use them. Keywords are the
long flags of the [command](commands.md), and results are the [documents](documents.md).
"""
_METHODS = re.compile(r"to_\w+|value|statistics|raise_on_fail|\w+_frame")
_MODULES = """## losses, metrics, results

- `losses.NAME(pred, target, **params)`: the [loss](losses.md) of each row, (N,) in float64;
  `losses.NAME.gradient(pred, target, **params)`: its derivative by the predictions;
  `losses.NAME_penalty(weights)`: a penalty.
- `metrics.NAME(pred, target, **params)`: the value of a [metric](metrics.md).
- `results.frame()`: a DataFrame with a row for each saved result.
"""


def python(table: Any, code: Any) -> Iterator[str]:
    """The functions with their parameters, then the results with their methods.

    table: makes the lines of a table. code: makes a code span.
    """
    import losscli

    public = {name: getattr(losscli, name) for name in losscli.__all__}
    yield _INTRODUCTION
    for name, value in public.items():
        if inspect.isfunction(value):
            yield from _function(name, value, table, code)
    yield _MODULES
    yield from ["## Results", ""]
    for name, value in public.items():
        if inspect.isclass(value) and not issubclass(value, Exception):
            yield from _result(name, value, table, code)
    yield from ["## Errors", "", "The exceptions are in the table of [exit codes](exit-codes.md)."]


def _function(name: str, function: Any, table: Any, code: Any) -> Iterator[str]:
    """The section of a function."""
    text, _, parameters = (inspect.getdoc(function) or "").partition("\nParameters:\n")
    yield from [f"## {name}", "", "```text", *_call(name, function), "```", "", *_prose(text)]
    meanings = dict(re.findall(r"^ +(\w+): (.*?)(?: Default: .*)?$", parameters, re.MULTILINE))
    known = inspect.signature(function).parameters
    shown = [each for key, each in known.items() if key in meanings]
    rows = [(code(each.name), code(_words(each)), meanings[each.name]) for each in shown]
    if rows:
        yield from table(("parameter", "type", "meaning"), rows)


def _call(name: str, function: Any) -> list[str]:
    """A call with all parameters and their defaults."""
    found = inspect.signature(function)
    plain = [each.replace(annotation=each.empty) for each in found.parameters.values()]
    text = f"{name}{inspect.Signature(plain)}"
    return textwrap.wrap(text, 92, subsequent_indent=" " * 4, break_long_words=False)


def _words(parameter: inspect.Parameter) -> str:
    """The type of a parameter, without the names of modules."""
    given = parameter.annotation
    text = given.__name__ if isinstance(given, type) else str(given)
    text = re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)
    text = re.sub(r"Optional\[(.*)\]", r"\1 | None", text)
    return re.sub(r"Literal\[(.*?)\]", lambda match: match[1].replace(", ", " | "), text)


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a docstring, whose details are indented."""
    for part in text.strip().split("\n\n"):
        yield from [*map(str.strip, part.splitlines()), ""]


def _result(name: str, cls: Any, table: Any, code: Any) -> Iterator[str]:
    """The section of a class of results."""
    yield from [f"### {name}", "", (cls.__doc__ or "").split("\n")[0], ""]
    yield f"Its fields are those of [{cls.document_kind()}](documents.md#{cls.document_kind()})."
    yield ""
    rows = []
    for key, member in inspect.getmembers(cls):
        if key not in cls.__struct_fields__ and _METHODS.fullmatch(key):
            function = member.fget if isinstance(member, property) else member
            call = "" if isinstance(member, property) else _arguments(function)
            meaning = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
            rows.append((code(f"{key}{call}"), meaning))
    yield from table(("method", "meaning"), rows)


def _arguments(function: Any) -> str:
    """The parameters of a method, without their types."""
    found = list(inspect.signature(function).parameters.values())[1:]
    return str(inspect.Signature([each.replace(annotation=each.empty) for each in found]))
