"""The page of a listing: its table, its footer, and gates that are in error already."""

from typing import Any

from losscli.render.page import Page, Table, TableRow
from losscli.results.text import escape

_DROP_ORDER = ("commit", "gates passed", "started", "size", "time")


def page(result: Any) -> Page:
    """The page of a listing."""
    rows = [TableRow(tuple(map(escape, row))) for row in result.rows]
    text_columns = frozenset(range(len(result.heads)))
    tables = [Table(result.heads, rows, text_columns, _DROP_ORDER, last_width=24)] if rows else []
    return Page((), tables, result.tail, gates=result.gates)
