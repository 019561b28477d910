"""`ReportResult`: a page that was written."""

from typing import Any

from losscli.results.document import Count, Listing, Record


class ReportedResult(Record, frozen=True):
    """A result that the page shows.

    name: its path, or its kind. kind: the middle of its schema's name. status: its meaning.
    earlier: the number of earlier results of the same config that are drawn.
    """

    name: str
    kind: str
    status: str
    earlier: Count = 0


class ReportResult(Listing, frozen=True, kw_only=True, tag="losscli/report/1"):
    """A page of results.

    output: the file. bytes: its size. results: those that it shows, in order.
    """

    output: str
    bytes: Count
    results: tuple[ReportedResult, ...]

    def to_records(self) -> list[dict[str, Any]]:
        """One record a result."""
        return [result.to_dict() for result in self.results]
