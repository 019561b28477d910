"""Output formats: each file of this folder declares one, as `FORMAT`, under the file's name.

An underscore of the file is a hyphen of the format: `github_benchmark.py` is `github-benchmark`.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from losscli.errors import LossCliError, UsageError
from losscli.render.page import Result

if TYPE_CHECKING:
    from rich.console import Console


class Format(NamedTuple):
    """How results are written in a format.

    render: the text of a result, in characters that an encoding has. render_error: the text of an
    error, for a file that would have held a result. suffix: of files in this format; none for a
    format of stdout only. other_suffixes: those that files may have as well. machine_readable:
    programs read it from stdout, where errors go too.

    show: prints a result in a terminal of a width. annotations: the lines that a CI runner reads
    from stdout, whether or not the result is printed. summary: of a result or an error, at most so
    many bytes, for a file that the CI runner names.
    """

    render: Callable[[Result, str], str]
    render_error: Callable[[LossCliError], str]
    suffix: str = ""
    other_suffixes: tuple[str, ...] = ()
    machine_readable: bool = False
    show: "Callable[[Result, Console, float], None] | None" = None
    annotations: Callable[[Result], str] | None = None
    summary: Callable[[Result | LossCliError, int], str] | None = None


def names() -> list[str]:
    """The names of the formats; imports none of them."""
    files = (name for folder in __path__ for name in os.listdir(folder))  # noqa: PTH208
    return sorted(
        name[:-3].replace("_", "-") for name in files if name.endswith(".py") and name[0] != "_"
    )


def suffixes() -> dict[str, str]:
    """The suffixes of files, each with the name of its format."""
    loaded = {name: load(name) for name in names()}
    return dict(
        sorted(
            (suffix, name)
            for name, form in loaded.items()
            for suffix in (form.suffix, *form.other_suffixes)
            if suffix
        )
    )


def load(name: str) -> Format:
    """The format of a name; raises UsageError where there is none."""
    if name not in names():
        raise UsageError(f"unknown format {name!r}", hint=f"--format {', '.join(names())}")
    found = import_module(f"{__name__}.{name.replace('-', '_')}").FORMAT
    assert isinstance(found, Format)
    return found


def of_path(path: str | os.PathLike[str]) -> str:
    """The name of the format of a file, by its suffix; raises UsageError where there is none."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib would cost its import
    known = suffixes()
    if suffix not in known:
        raise UsageError(
            f"unknown suffix of output file {os.fspath(path)}",
            hint=f"use one of {', '.join(known)}",
        )
    return known[suffix]
