"""What every result's document is made of: notes, numbers that JSON lacks, and safe text."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Note(NamedTuple):
    """Something that the numbers do not say by themselves; `code` is for programs."""

    code: str
    message: str
    hint: str = ""


def json_numbers(value: Any) -> Any:
    """The same document with nan and infinities as the strings that the contract gives them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, Mapping):
        return {key: json_numbers(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [json_numbers(item) for item in value]
    return value


def shown(text: str) -> str:
    r"""A text that came from outside, safe for a terminal: controls become \x1b and the like."""
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    parts = [
        c if unicodedata.category(c) not in hidden else c.encode("unicode_escape").decode()
        for c in text
    ]
    return "".join(parts)
