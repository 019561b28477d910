"""The table that a person reads: no boxes, meaning first, provenance last and dim.

Lines are laid out here, so that a pipe needs no import of rich; a terminal gets them from rich,
which knows its width, its colours and its encoding.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.layout import MARGIN, encodable, fit, table_lines, text_in, wrap
from losscli.render.page import Drawing, Page, Result, TextLine
from losscli.render.pages import page_of
from losscli.results.text import escape_ci_commands

if TYPE_CHECKING:
    from rich.console import Console

StyledLine = tuple[str, str]  # the style as rich names it


def _render(result: Result, encoding: str) -> str:
    return "".join(f"{line}\n" for line, _ in lines_of(result, math.inf, encoding))


def _render_error(error: LossCliError) -> str:
    return "\n".join(error.lines()) + "\n"


def _show(result: Result, console: "Console", width: float) -> None:
    from rich.text import Text

    for line, style in lines_of(result, width, console.encoding):
        console.print(Text(line, style=style), soft_wrap=True)


FORMAT = Format(_render, _render_error, show=_show)


def lines_of(result: Result, width: float, encoding: str) -> list[StyledLine]:
    """All lines, each with its style; tables drop columns where they do not fit the width."""
    lines: list[StyledLine] = []
    for block in _blocks(page_of(result), width, encoding):
        lines += [("", "")] if lines and block else []
        lines += block
    return [(escape_ci_commands(encodable(line, encoding)), style) for line, style in lines]


def _blocks(page: Page, width: float, encoding: str) -> Iterator[list[StyledLine]]:
    """The parts of a page, which blank lines separate."""
    yield [*_text(page.lines, width, encoding), *_dim(page.header, width)]
    dropped: dict[str, None] = {}
    for table in page.tables:
        kept, gone = table.columns(width)
        dropped |= dict.fromkeys(gone)
        yield list(table_lines(table, kept, width))
    if page.gates:
        from losscli.render.gates import gate_lines

        yield [
            (part, style)
            for line, style in gate_lines(page.gates)
            for part in wrap(line, width, _last_column(line, width))
        ]
    names = [f"not shown at this width: {', '.join(dropped)} (all in --format json)"]
    yield _dim([*page.footer, *(names if dropped else [])], width)


def _last_column(line: str, width: float) -> int:
    """Where the last column of a gate's line begins, or the margin where it is too narrow."""
    begin = line.rfind(MARGIN) + len(MARGIN)
    return begin if begin <= width / 2 else 2 * len(MARGIN)


def _text(lines: Sequence[TextLine | Drawing], width: float, encoding: str) -> Iterator[StyledLine]:
    for line in fit(lines, width - len(MARGIN)):
        yield f"{MARGIN}{text_in(line, encoding)}".rstrip(), line.style


def _dim(lines: Sequence[str], width: float) -> list[StyledLine]:
    """The lines of text; those with an indent are to be copied, and stay whole."""
    columns = width - len(MARGIN)
    return [
        (MARGIN + part, "dim")
        for line in lines
        for part in ([line] if line[:4].isspace() else wrap(line, columns, len(MARGIN)))
    ]
