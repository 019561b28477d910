"""`ResultsListing`: the saved results."""

from typing import Literal

from losscli.results.document import Count, Listing, Record, Status


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


class ResultsListing(Listing, frozen=True, kw_only=True, tag="losscli/results/1"):
    """The results of a folder, the newest first."""

    rows: tuple[SavedResult, ...]
    folder: str = ""

    hidden = frozenset({"folder", "notes"})
