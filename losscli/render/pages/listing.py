"""The page of a listing: its table."""

from typing import Any

from losscli.render.page import Page, Table, TableRow
from losscli.results.text import escape


def page(result: Any) -> Page:
    """Heads and cells as they are, and gates that are in error already."""
    lines = [TableRow(tuple(map(escape, row))) for row in result.rows]
    left = frozenset(range(len(result.heads)))
    tables = [Table(result.heads, lines, left)] if lines else []
    return Page((), tables, result.tail, gates=result.gates)
