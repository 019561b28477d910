"""`BlessResult`: a result that became the baseline."""

from typing import Any

from losscli.results.document import Listing, Number, Record


class ValueChange(Record, frozen=True):
    """A value that differs from the old baseline's; None where one has none."""

    run: str
    label: str
    old: Number | None
    new: Number | None


class BlessResult(Listing, frozen=True, kw_only=True, tag="losscli/bless/1"):
    """A baseline that was written.

    result: the result it was made from. to: the baseline. reason: as given. replaced: true if there
    was a baseline before. changes: the values that differ from the old baseline.
    """

    result: str
    to: str
    reason: str
    replaced: bool
    changes: tuple[ValueChange, ...]

    def to_records(self) -> list[dict[str, Any]]:
        """One record a change."""
        return [change.to_dict() for change in self.changes]
