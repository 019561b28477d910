"""`Document` and `Note`: what every result is made of."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from losscli.version import __version__


class Document:
    """What has a document, `to_dict()`, of the contract's JSON."""

    __slots__ = ()
    page: ClassVar[str]  # names the page builder of `losscli.render.pages`

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
