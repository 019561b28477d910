"""The page of a start: what was found, and what was written."""

from typing import Any

from losscli.render.page import Page, Table, TableRow
from losscli.results.text import escape


def page(result: Any) -> Page:
    """A line a data set, and the files."""
    lines = [
        TableRow(
            (
                escape(pair.name),
                escape(pair.preds),
                escape(pair.targets or ", ".join(pair.columns or ())),
                ", ".join(pair.losses),
            )
        )
        for pair in result.pairs
    ]
    heads = ("data", "predictions", "targets", "losses")
    tables = [Table(heads, lines, frozenset({0, 1, 2, 3}))] if lines else []
    tail = [f"wrote {', '.join(map(escape, result.written))}", "next: losscli run losscli.yaml"]
    return Page((), tables, tail, [note.message for note in result.notes])
