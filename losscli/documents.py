"""What every result's document is made of: notes, and numbers that JSON has no word for."""

import math
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
