"""`ResultsListing`: the saved results."""

from typing import Any, Literal

from losscli.results.document import Count, Document, Note, Record, Status


class SavedResult(Record, frozen=True, kw_only=True):
    """A saved result.

    result: its path. config: its name. status: that of the result. gates: the number of gates.
    passed: the number that passed. problem: why it cannot be read.
    """

    result: str
    config: str | None
    started: str | None
    status: Status | Literal["unreadable"]
    gates: Count
    passed: Count
    commit: str | None
    problem: str | None


class ResultsListing(Document, frozen=True, kw_only=True, tag="losscli/results/1"):
    """The results of a folder, the newest first."""

    rows: tuple[SavedResult, ...]
    folder: str = ""
    notes: tuple[Note, ...] = ()

    hidden = frozenset({"folder", "notes"})

    def to_records(self) -> list[dict[str, Any]]:
        """One record a result."""
        return [row.to_dict() for row in self.rows]
