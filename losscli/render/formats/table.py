"""The table that a person reads: no boxes, meaning first, provenance last and dim.

Lines are laid out here, so that a pipe needs no import of rich; a terminal gets them from rich,
which knows its width, its colours and its encoding.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.gates import gate_lines
from losscli.render.page import Page, Result, Table, TextLine
from losscli.render.pages import page_of
from losscli.results.text import escape_ci_commands

if TYPE_CHECKING:
    from rich.console import Console

_ASCII = {"·": "-", "…": "..."}
_MARGIN = "  "
StyledLine = tuple[str, str]  # the style as rich names it


def _render(result: Result, encoding: str) -> str:
    """The page, of any width."""
    return "".join(f"{line}\n" for line, _ in lines_of(result, math.inf, encoding))


def _render_error(error: LossCliError) -> str:
    return "\n".join(error.lines()) + "\n"


def show(result: Result, console: "Console", width: float) -> None:
    """Print the page in colours; a table drops columns where it does not fit the width."""
    from rich.text import Text

    for line, style in lines_of(result, width, console.encoding):
        console.print(Text(line, style=style), soft_wrap=True)


FORMAT = Format(_render, _render_error, show=show)


def lines_of(result: Result, width: float, encoding: str) -> list[StyledLine]:
    """All lines, each with its style."""
    lines: list[StyledLine] = []
    for block in _blocks(page_of(result), width, encoding):
        lines += [("", "")] if lines and block else []
        lines += block
    signs = "".join(_ASCII)
    if not _encodes(encoding, signs):
        for sign, plain in _ASCII.items():
            lines = [(line.replace(sign, plain), style) for line, style in lines]
    return [(escape_ci_commands(line), style) for line, style in lines]


def _blocks(page: Page, width: float, encoding: str) -> Iterator[list[StyledLine]]:
    """The parts of a page, which blank lines separate."""
    lines = [(_MARGIN + _readable(line, encoding), line.style) for line in page.lines]
    yield [(line.rstrip(), style) for line, style in lines] + _dim(page.header)
    dropped: dict[str, None] = {}
    for table in page.tables:
        kept, gone = table.columns(width)
        dropped |= dict.fromkeys(gone)
        yield _table_lines(table, kept)
    yield gate_lines(page.gates)
    footer = _dim(page.footer)
    if dropped:
        names = ", ".join(dropped)
        footer += _dim([f"not shown at this width: {names} (all in --format json)"])
    yield footer


def _dim(lines: Sequence[str]) -> list[StyledLine]:
    return [(f"{_MARGIN}{line}", "dim") for line in lines]


def _readable(line: TextLine, encoding: str) -> str:
    """The line in signs that an encoding has."""
    return line.ascii if line.ascii and not _encodes(encoding, line.text) else line.text


def _table_lines(table: Table, kept: list[int]) -> list[StyledLine]:
    widths = {at: table.width_of(at) for at in kept}

    def laid_out(cells: tuple[str, ...]) -> str:
        padded = (
            cells[at].ljust(widths[at]) if at in table.left_aligned else cells[at].rjust(widths[at])
            for at in kept
        )
        return "".join(f"{_MARGIN}{cell}" for cell in padded).rstrip()

    body = [
        (f"{_MARGIN}{row.cells[0]}" if row.is_caption else laid_out(row.cells), row.style)
        for row in table.rows
    ]
    return [(laid_out(table.headers), "dim"), *body] if any(table.headers) else body


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
