"""`Part`: the state of a part of the rows of an evaluation, which `merge` adds to the others."""

import hashlib
import json
from typing import Any

from losscli.results.document import Count, Digest, Environment, Listing, json_numbers
from losscli.results.documents.eval import EvalTiming, Input

_UNCHECKED = (
    "checksum",
    "engine",
    "threads",
    "timing",
    "environment",
)  # a repeated part may differ in these


class Part(Listing, frozen=True, kw_only=True, tag="losscli/part/1"):
    """A part of an evaluation.

    part: its number, from 1. parts: the number of parts. first_row: the first of its rows, from 0;
    None if it has none. rows: their number. inputs: the files that were read, with digests of the
    rows of the part. plan: the flags that the result depends on. files: the SHA-256 of files that
    losses were read from. data: facts of the files and the arithmetic. state: sums, moments,
    extremes and counts; both for the same version of losscli. engine: the engine that ran the
    blocks. checksum: the SHA-256 of everything but engine, threads, timing and environment. saved:
    the file.
    """

    part: Count
    parts: Count
    first_row: Count | None
    rows: Count
    inputs: tuple[Input, ...]
    plan: dict[str, Any]
    files: dict[str, str]
    data: Any
    state: Any
    checksum: Digest = ""
    engine: str
    threads: Count
    timing: EvalTiming
    environment: Environment
    saved: str | None = None

    hidden = frozenset({"notes", "saved"})

    def to_json(self, indent: int | None = None) -> str:
        """The JSON text, in one line: a state has many numbers."""
        return super().to_json(indent)

    def with_checksum(self) -> "Part":
        """The same with the checksum of its content."""
        return self.replace(checksum=checksum_of(json_numbers(self.to_dict())))

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record: the part and its rows."""
        names = ("part", "parts", "first_row", "rows", "checksum")
        return [{name: getattr(self, name) for name in names}]

    def _summary(self) -> str:
        return f"part {self.part} of {self.parts}, {self.rows:,} rows"


def checksum_of(document: dict[str, Any]) -> str:
    """The checksum of the JSON object of a part; the one that it has does not count."""
    content = {key: value for key, value in document.items() if key not in _UNCHECKED}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return "sha256:" + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
