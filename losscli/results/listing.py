"""`Listing`: a table without a computation behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from losscli.results.document import Note, PlainDocument, ending
from losscli.results.gate import GateResult


@dataclass(frozen=True, slots=True)
class Listing(PlainDocument):
    """A table without a computation behind it: heads, cells, and the same as a document.

    gates: those that are in error already.
    """

    page: ClassVar[str] = "listing"

    schema: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: tuple[Mapping[str, Any], ...]
    tail: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    exit_code: int = 0
    gates: tuple[GateResult, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {"schema": self.schema, "rows": list(map(dict, self.records))}
        if self.gates:
            found["gates"] = [gate.to_dict() for gate in self.gates]
        return found | ending(self.exit_code)

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a line."""
        return [dict(record) for record in self.records]
