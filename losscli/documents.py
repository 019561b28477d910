"""What every result's document is made of: notes, numbers that JSON lacks, and safe text."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from losscli.version import __version__

LONGEST = 2000  # characters of a text that came from outside, in reports for people


class Document:
    """What has a document, `to_dict()`, of the contract's JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The document."""
        raise NotImplementedError

    def to_json(self, indent: int | None = 2) -> str:
        """The same as text; numbers read back to the same bits, nan and infinities are strings."""
        import json

        text = json.dumps(json_numbers(self.to_dict()), indent=indent, allow_nan=False)
        return text.replace(
            "##", "#\\u0023"
        )  # reads back the same, and is no command of a CI runner


def ending(code: int) -> dict[str, Any]:
    """What closes a document: the version, one word for the exit code, and the code."""
    status = {0: "pass", 1: "fail", 6: "undecided"}.get(code, "error")
    return {"losscli": __version__, "status": status, "exit_code": code}


class Note(NamedTuple):
    """Something that the numbers do not say by themselves; `code` is for programs."""

    code: str
    message: str
    hint: str = ""

    def to_dict(self) -> dict[str, str]:
        """As JSON has it."""
        return {"code": self.code, "message": self.message}


def json_numbers(value: Any) -> Any:
    """The same document with nan and infinities as the strings that the contract gives them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: json_numbers(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [json_numbers(item) for item in value]
    return value


def cut(text: str, most: int = LONGEST) -> str:
    """At most so many characters of a text, and how many there are more."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more)"


def tamed(line: str) -> str:
    r"""A line that no CI runner takes for a command: not `::` first, nowhere `##[` or `##word[`.

    Blanks before it are no defence: GitHub's runner strips them.
    """
    if line.lstrip()[:2] == "::":
        line = line.replace("::", r"\x3a:", 1)
    return re.sub(r"##(\w*)\[", r"##\1\\x5b", line)


def shown(text: str) -> str:
    r"""A text that came from outside, safe for a terminal: controls become \x1b and the like."""
    if text.isprintable():
        return text
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    parts = [
        c if unicodedata.category(c) not in hidden else c.encode("unicode_escape").decode()
        for c in text
    ]
    return "".join(parts)


def celled(text: str) -> str:
    """A text that came from outside, safe in a table of cells: no formula, control or command."""
    # A spreadsheet runs a cell that begins like a formula; one quote before it makes it a text.
    return tamed(shown(f"'{text}" if text and text[0] in "=+-@\t\r" else text))
