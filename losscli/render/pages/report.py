"""The page of `losscli report`: what the written file shows."""

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.report import ReportResult
from losscli.results.text import escape
from losscli.stats.formatting import size


def page(result: ReportResult) -> Page:
    """A row a result, and the file."""
    rows = [
        TableRow((escape(each.name), each.kind, each.status, f"{each.earlier:,}"))
        for each in result.results
    ]
    table = Table(("result", "kind", "status", "earlier"), rows, (3,), ("earlier",))
    footer = [f"wrote {escape(result.output)}, {size(result.bytes)}"]
    return Page((), [table], footer, [note.message for note in result.notes])
