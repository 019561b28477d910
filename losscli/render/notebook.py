"""The page of a result as an HTML fragment, for notebooks."""

from collections.abc import Iterator, Sequence
from html import escape as escape_html

from losscli.render.gates import gates_table
from losscli.render.layout import fit
from losscli.render.page import Result, Table
from losscli.render.pages import page_of
from losscli.results.text import escape

_COLUMNS = 78  # of text and drawings


def html_of(result: Result) -> str:
    """The tables of a result with the lines around them; texts from files are inert."""
    return "\n".join(["<div>", *_parts(result), "</div>"])


def _parts(result: Result) -> Iterator[str]:
    page = page_of(result)
    if page.lines:
        text = "\n".join(_safe(line.text) for line in fit(page.lines, _COLUMNS))
        yield f"<pre>{text}</pre>"
    yield from _lines(page.header)
    for table in page.tables:
        yield from _table(table)
    if page.gates:
        yield from _table(gates_table(page.gates))
    yield from _lines([*(f"note: {note}" for note in page.notes), *page.footer])


def _lines(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<p>{'<br>'.join(map(_safe, lines))}</p>"


def _table(table: Table) -> Iterator[str]:
    kept, _ = table.columns()
    sides = ["right" if at in table.right_aligned else "left" for at in kept]

    def cells(texts: Sequence[str], tag: str) -> str:
        row = (
            f'<{tag} style="text-align: {side}">{_safe(texts[at].strip())}</{tag}>'
            for at, side in zip(kept, sides, strict=True)
        )
        return f"<tr>{''.join(row)}</tr>"

    yield "<table>"
    if any(table.headers):
        yield f"<thead>{cells(table.headers, 'th')}</thead>"
    yield "<tbody>"
    for row in table.rows:
        caption = f'<tr><td colspan="{len(kept)}"><em>{_safe(row.cells[0])}</em></td></tr>'
        yield caption if row.is_caption else cells(row.cells, "td")
    yield "</tbody></table>"


def _safe(text: str) -> str:
    return escape_html(escape(text))
