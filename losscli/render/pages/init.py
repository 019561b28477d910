"""The page of `losscli init`: the data that was found, and the files written."""

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.init import DataPair, InitResult
from losscli.results.text import escape


def page(result: InitResult) -> Page:
    """The page of a new config: a row a data set."""
    rows = [_row(pair) for pair in result.data]
    tables = [Table(("data", "predictions", "targets", "losses"), rows)] if rows else []
    footer = [f"wrote {', '.join(map(escape, result.written))}", "next: losscli run losscli.yaml"]
    return Page((), tables, footer, [note.message for note in result.notes])


def _row(pair: DataPair) -> TableRow:
    targets = pair.targets or ", ".join(pair.columns or ())
    names = map(escape, (pair.name, pair.preds, targets))
    return TableRow((*names, ", ".join(pair.losses)))
