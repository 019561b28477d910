"""Pictures of results: the file that a document names as its `page`, `draw(result, form)`."""

import os
from importlib import import_module

from losscli.errors import UsageError
from losscli.render.page import Result

SUFFIXES = (".png", ".svg", ".pdf")


def draw(result: Result, form: str) -> bytes:
    """The picture of a result in a format, such as png."""
    drawn: bytes = import_module(f"{__name__}.{result.page}").draw(result, form)
    return drawn


def format_of(path: str | os.PathLike[str]) -> str:
    """The format of a picture, by its suffix; raises UsageError for one that is not a picture's."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib would cost its import
    if suffix not in SUFFIXES:
        raise UsageError(
            f"unknown suffix of picture {os.fspath(path)}", hint=f"use one of {', '.join(SUFFIXES)}"
        )
    return suffix[1:]
