"""The page of the saved results: a row a result."""

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.results import ResultsListing, SavedResult
from losscli.results.text import escape


def page(result: ResultsListing) -> Page:
    """The page of the saved results."""
    rows = list(map(_row, result.rows))
    headers = ("result", "status", "gates passed", "started", "commit", "")
    drop_order = ("commit", "gates passed", "started")
    tables = [Table(headers, rows, (), drop_order, last_width=24)] if rows else []
    count = f"{len(rows)} result{'' if len(rows) == 1 else 's'}"
    return Page((), tables, [f"{count} in {result.folder}"])


def _row(row: SavedResult) -> TableRow:
    cells = (
        row.result,
        row.status,
        f"{row.passed} of {row.gates}",
        row.started or "-",
        (row.commit or "-")[:10],
        row.problem or "",
    )
    return TableRow(tuple(map(escape, cells)))
