"""The table that a person reads: no boxes, meaning first, provenance last and dim.

Lines are laid out here, so that a pipe needs no import of rich; a terminal gets them from rich,
which knows its width, its colours and its encoding.
"""

import math
from itertools import repeat
from typing import TYPE_CHECKING

from losscli.render import Result, page_of
from losscli.render.gates import gate_lines
from losscli.render.page import Prose, Table
from losscli.results.text import escape_ci_commands

if TYPE_CHECKING:
    from rich.console import Console

    from losscli.errors import LossCliError

_PLAIN = (("·", "-"), ("…", "..."))


def render(result: Result, encoding: str = "utf-8") -> str:
    """The page, of any width, in characters that an encoding has."""
    return "".join(f"{line}\n" for line, _ in lines_of(result, math.inf, encoding))


def render_error(error: "LossCliError") -> str:
    """The lines of the error."""
    return "\n".join(error.lines()) + "\n"


def show(result: Result, console: "Console", width: float) -> None:
    """Print the page in colours; columns leave where they do not fit the width."""
    from rich.text import Text

    for line, style in lines_of(result, width, console.encoding):
        console.print(Text(line, style=style), soft_wrap=True)


def lines_of(result: Result, width: float, encoding: str) -> list[tuple[str, str]]:
    """All lines, each with its style."""
    page = page_of(result)
    lines = [(f"  {_readable(line, encoding)}".rstrip(), line.style) for line in page.body]
    lines += [(f"  {line}", "dim") for line in page.top]
    left: list[str] = []
    for table in page.tables:
        if lines:
            lines.append(("", ""))
        kept, gone = table.columns(width)
        left += [head for head in gone if head not in left]
        lines += _laid_out(table, kept)
    if page.gates:
        lines += [("", "")] if lines else []
        lines += gate_lines(page.gates)
    if page.tail or left or not page.body:
        lines.append(("", ""))
    lines += zip([f"  {line}" for line in page.tail], repeat("dim"))
    if left:
        words = f"  not shown at this width: {', '.join(left)} (all in --format json)"
        lines.append((words, "dim"))
    if not _encodes(encoding, "".join(sign for sign, _ in _PLAIN)):
        for sign, plain in _PLAIN:
            lines = [(line.replace(sign, plain), style) for line, style in lines]
    return [(escape_ci_commands(line), style) for line, style in lines]


def _readable(line: Prose, encoding: str) -> str:
    """The line in signs that an encoding has."""
    return line.text if not line.plain or _encodes(encoding, line.text) else line.plain


def _laid_out(table: Table, kept: list[int]) -> list[tuple[str, str]]:
    widths = {at: table.width_of(at) for at in kept}

    def row(cells: tuple[str, ...]) -> str:
        sides = (
            (cells[at].ljust if at in table.left else cells[at].rjust)(widths[at]) for at in kept
        )
        return "".join(f"  {cell}" for cell in sides).rstrip()

    body = [
        (f"  {line.cells[0]}" if line.caption else row(line.cells), line.style)
        for line in table.lines
    ]
    return body if not any(table.heads) else [(row(table.heads), "dim"), *body]


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
