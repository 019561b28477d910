"""What a case of this corpus is, and the bytes of files that are not malformed."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

P, T = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0])
COLUMNS = {"pred": "p", "target": "t"}


class Malformed(NamedTuple):
    """A file, and how its evaluation ends.

    name: of the file, or FILE:PART. content: its bytes, or a function that makes the file of a
    path. words: a regular expression of the message. code: the exit code; 0 for a file that is
    treacherous and not wrong, of which `preds` are the values. arguments: of the evaluation; by
    default the file holds the predictions, and `T` the targets.
    """

    id: str
    name: str
    content: bytes | Callable[[Any], None]
    words: str = ""
    code: int = 3
    preds: tuple[float, ...] = ()
    arguments: dict[str, Any] = {}  # noqa: RUF012 - it is never changed


def npy(values: Any, **options: Any) -> bytes:
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, values, **options)
    return file.getvalue()


def table(text: str, id: str, words: str = "", **more: Any) -> Malformed:  # noqa: A002
    """A text file of the columns p and t."""
    name = more.pop("name", "table.csv")
    content = text if isinstance(text, bytes) else text.encode()
    more.setdefault("arguments", COLUMNS)
    return Malformed(id, name, content, words, **more)
