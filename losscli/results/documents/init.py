"""`InitResult`: a first config, and the files that it is made of."""

from typing import Any

from losscli.results.document import Count, Listing, Record


class DataPair(Record, frozen=True):
    """Predictions and targets that belong together.

    name: its name in the config. preds, targets: the files. columns: of one table that holds both.
    rows: their number. losses: those that fit them. sure: false if other columns are as likely, so
    that the config has it as a comment.
    """

    name: str
    preds: str
    targets: str | None
    columns: tuple[str, str] | None
    rows: Count | None
    losses: tuple[str, ...]
    sure: bool = True


class InitResult(Listing, frozen=True, kw_only=True, tag="losscli/init/1"):
    """The files that were written.

    written: their paths. data: the data that was found.
    """

    written: tuple[str, ...]
    data: tuple[DataPair, ...]

    def to_records(self) -> list[dict[str, Any]]:
        """One record a file that was written."""
        return [{"written": path} for path in self.written]
