"""The page of a new baseline: the values that it changes."""

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.bless import BlessResult
from losscli.results.text import escape
from losscli.stats.formatting import number


def page(result: BlessResult) -> Page:
    """The page of a new baseline: a row a value that changes."""
    rows = [
        TableRow((escape(each.run), escape(each.label), _value(each.old), _value(each.new)))
        for each in result.changes
    ]
    tables = [Table(("run", "loss", "old", "new"), rows, (2, 3))] if rows else []
    verb = "replaced" if result.replaced else "wrote"
    footer = [f"{verb} {escape(result.to)}: {escape(result.reason)}"]
    if result.replaced and not rows:
        footer.append("no value changed")
    return Page((), tables, footer)


def _value(value: float | None) -> str:
    return "-" if value is None else number(value, None)
