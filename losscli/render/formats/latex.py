r"""LaTeX: a tabular a table, with the rules of booktabs, to be put into a paper by \input.

The lines around the tables are comments; what is not text has no form here.
"""

import re
from collections.abc import Iterator, Sequence

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.gates import gates_table
from losscli.render.page import Page, Result, Table, TextLine
from losscli.render.pages import page_of
from losscli.results.text import escape, truncate

_SIGNS = {sign: f"\\{sign}" for sign in "&%$#_{}"}
_SIGNS |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SIGNS |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"}
_SPECIAL = re.compile(f"[{re.escape(''.join(_SIGNS))}]")
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")  # of a number; elsewhere it is a hyphen
_PACKAGE = r"needs \usepackage{booktabs}"


def render(result: Result, _encoding: str = "utf-8") -> str:
    """The tables of the result's page; header, notes and footer are comments."""
    return "\n".join([*_body(page_of(result)), ""])


def render_error(error: LossCliError) -> str:
    """The lines of the error, as comments."""
    return "\n".join([*_comments(["error:", *error.lines()]), ""])


FORMAT = Format(render, render_error, suffix=".tex")


def _body(page: Page) -> Iterator[str]:
    tables = [*page.tables, *([gates_table(page.gates)] if page.gates else [])]
    text = [line.text for line in page.lines if isinstance(line, TextLine)]
    yield from _comments([*([_PACKAGE] if tables else []), *text, *page.header])
    for table in tables:
        yield from _tabular(table)
    yield from _comments([*(f"note: {note}" for note in page.notes), *page.footer])


def _comments(lines: Sequence[str]) -> Iterator[str]:
    return (f"% {escape(truncate(line))}".rstrip() for line in lines)


def _tabular(table: Table) -> Iterator[str]:
    """The rows between the rules; a caption spans all columns."""
    kept, _ = table.columns()
    columns = "".join("r" if at in table.right_aligned else "l" for at in kept)
    yield rf"\begin{{tabular}}{{{columns}}}"
    yield r"\toprule"
    headers = [table.headers[at] for at in kept]
    if any(headers):
        yield _row(headers)
        yield r"\midrule"
    for row in table.rows:
        if row.is_caption:
            yield rf"\multicolumn{{{len(kept)}}}{{l}}{{{_safe(row.cells[0])}}} \\"
        else:
            yield _row([row.cells[at] for at in kept])
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _row(cells: Sequence[str]) -> str:
    # The group keeps a cell that begins with a bracket from being an option of the line before it.
    safe = [_safe(cell) for cell in cells]
    return " & ".join(f"{{{cell}}}" if cell[:1] == "[" else cell for cell in safe) + r" \\"


def _safe(text: str) -> str:
    inert = _SPECIAL.sub(lambda found: _SIGNS[found[0]], escape(truncate(text.strip())))
    return _MINUS.sub("$-$", inert)
