"""Markdown: the table of a terminal, for a comment or a page."""

from losscli.documents import shown
from losscli.errors import LossCliError
from losscli.render import Result, page_of
from losscli.render.page import Table


def render(result: Result) -> str:
    """Tables, the notes and where the numbers come from."""
    page = page_of(result)
    lines = [f"{_safe(line)}  " for line in page.top]
    for table in page.tables:
        lines += [*([""] if lines else []), *_table(table)]
    lines.append("")
    for note in page.notes:
        lines += [f"> note: {_safe(note)}", ""]
    last = len(page.tail) - 1
    lines += [f"{_safe(line)}{'  ' if at < last else ''}" for at, line in enumerate(page.tail)]
    return "\n".join([*lines, ""])


def _table(table: Table) -> list[str]:
    kept, _ = table.columns(float("inf"))
    align = [":--" if at == 0 else "--:" for at in kept]
    body = [
        _row([f"*{line.cells[0]}*", *[""] * (len(kept) - 1)])
        if line.caption
        else _row([line.cells[at].strip() for at in kept])
        for line in table.lines
    ]
    return [_row([table.heads[at] for at in kept]), _row(align), *body]


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
