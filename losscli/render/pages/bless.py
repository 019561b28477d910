"""The page of a baseline that was made: what it changes."""

from typing import Any

from losscli.render.page import Page, Table, TableRow
from losscli.results.text import escape
from losscli.stats.formatting import number


def page(result: Any) -> Page:
    """A line a value that changes."""
    lines = [
        TableRow((escape(run), escape(label), _value(old), _value(new)))
        for run, label, old, new in result.changes
    ]
    tables = [Table(("run", "loss", "was", "is"), lines, frozenset({0, 1}))] if lines else []
    verb = "replaced" if result.replaced else "made"
    tail = [f"{verb} {escape(result.to)}: {escape(result.reason)}"]
    if result.replaced and not lines:
        tail.append("no value changed")
    return Page((), tables, tail)


def _value(value: float | None) -> str:
    return "-" if value is None else number(value, None)
