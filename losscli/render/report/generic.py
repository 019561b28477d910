"""The section of a result that has no builder of its own: the tables that a terminal shows."""

from losscli.render.layout import fit
from losscli.render.page import Result, Table
from losscli.render.pages import page_of
from losscli.render.report.blocks import Block, Cell, Code, Column, Grid, Section, Text, Tone

_COLUMNS = 100  # of drawings
_TONES: dict[str, Tone] = {"red": "bad", "yellow": "unsure", "green": "good", "dim": "quiet"}


def section(result: Result, title: str) -> Section:
    """The lines and tables of a result."""
    page = page_of(result)
    blocks: list[Block] = []
    if page.lines:
        blocks.append(Code("\n".join(line.text for line in fit(page.lines, _COLUMNS))))
    if page.header:
        blocks.append(Text(page.header))
    blocks += [grid(table) for table in page.tables]
    if page.footer:
        blocks.append(Text(page.footer, "quiet"))
    return Section(title, blocks)


def grid(table: Table, title: str = "") -> Grid:
    """A table of text as one of the report; captions become rows of their first cell."""
    kept, _ = table.columns()
    numbers = {*table.right_aligned}
    numbers |= {at for at in kept if _has_intervals(table, at)}  # on one line
    columns = [Column(table.headers[at], "number" if at in numbers else "text") for at in kept]
    rows = []
    for row in table.rows:
        tone = _TONES.get(row.style.partition(" ")[0], "")
        cells = row.cells if row.is_caption else [row.cells[at] for at in kept]
        rows.append([Cell(text.strip(), tone=tone) for text in cells])
    return Grid(title, columns, rows)


def _has_intervals(table: Table, at: int) -> bool:
    """True for a column of intervals, or of numbers with one such as 1.8 [1.7, 1.9]."""
    cells = [row.cells[at].strip() for row in table.rows if not row.is_caption]
    return any("[" in cell and cell[0] in "+-[0123456789" for cell in cells)
