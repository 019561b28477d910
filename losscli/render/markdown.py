"""Markdown: the table of a terminal, for a comment or a page."""

from typing import TYPE_CHECKING

from losscli.errors import LossCliError
from losscli.render.words import how_line, rows_line, shown, table_of

if TYPE_CHECKING:
    from losscli.evaluation import Evaluation


def render(result: "Evaluation") -> str:
    """A table, the notes and where the numbers come from."""
    heads, rows = table_of(result)
    align = [":--", *["--:"] * (len(heads) - 1)]
    lines = [_row(heads), _row(align), *(_row([cell.strip() for cell in row]) for row in rows), ""]
    for note in result.notes:
        lines += [f"> note: {_safe(note.message)}", ""]
    lines += [f"{_safe(rows_line(result))}  ", _safe(how_line(result)), ""]
    return "\n".join(lines)


def render_error(error: LossCliError) -> str:
    """The lines of the error."""
    head, *rest = (_safe(line) for line in error.lines())
    return "\n".join([f"**error:** {head}", *rest, ""])


def _row(cells: "tuple[str, ...] | list[str]") -> str:
    return f"| {' | '.join(_safe(cell) for cell in cells)} |"


def _safe(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("`", "&#96;")):
        text = text.replace(character, entity)
    return shown(text)
