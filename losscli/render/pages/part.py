"""The page of a part of an evaluation: its rows, and the file to merge."""

from losscli.render.page import Page
from losscli.results.documents.part import Part
from losscli.results.text import escape


def page(result: Part) -> Page:
    """The page of a part."""
    where = "without rows" if result.first_row is None else _rows(result)
    footer = [f"part {result.part} of {result.parts}, {where}"]
    if result.saved is not None:
        footer.append(f"wrote {escape(result.saved)}")
    return Page((), [], footer)


def _rows(result: Part) -> str:
    first = result.first_row or 0
    return f"rows {first:,} to {first + result.rows - 1:,}"
