"""`InitResult`: a first config, and the files that it is made of."""

from typing import Any

from losscli.results.document import Count, Document, Note, Record


class DataPair(Record, frozen=True):
    """Predictions and targets that go together. columns: of one table that holds both."""

    name: str
    preds: str
    targets: str | None
    columns: tuple[str, str] | None
    rows: Count | None
    losses: tuple[str, ...]


class InitResult(Document, frozen=True, kw_only=True, tag="losscli/init/1"):
    """The files that were written, and the data that was found for them."""

    written: tuple[str, ...]
    data: tuple[DataPair, ...]
    notes: tuple[Note, ...] = ()

    hidden = frozenset({"notes"})

    def to_records(self) -> list[dict[str, Any]]:
        """One record a file that was written."""
        return [{"written": path} for path in self.written]
