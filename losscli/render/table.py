"""The table that a person reads: no boxes, meaning first, provenance last and dim."""

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from losscli.errors import LossCliError
from losscli.render.words import how_line, rows_line, table_of

if TYPE_CHECKING:
    from losscli.evaluation import Evaluation

# In a narrow terminal columns leave in this order; the rest is what a table is for.
_LEAVING = ("min", "at row", "max")


def show(result: "Evaluation", console: Console) -> None:
    """Print the table; in a pipe nothing is cut or folded, in a terminal columns may leave."""
    ascii_only = not _encodes(console, "·…")
    heads, rows = table_of(result)
    width = console.width if console.is_terminal else 10_000
    left: list[str] = []
    kept = list(range(len(heads)))
    for name in _LEAVING:
        if _width(heads, rows, kept) <= width:
            break
        at = heads.index(name)
        kept.remove(at)
        left.append(name)
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=True, show_edge=False, header_style="")
    for at in kept:
        left_side = at in (0, 2)
        table.add_column(Text(heads[at]), justify="left" if left_side else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(row[at]) for at in kept))
    console.print(table, soft_wrap=True, width=width, crop=False)
    tail = [rows_line(result), how_line(result)]
    if left:
        tail.append(f"not shown at this width: {', '.join(left)} (all in --format json)")
    console.print()
    for line in tail:
        words = line.replace("·", "-").replace("…", "...") if ascii_only else line
        console.print(Text(f"  {words}", style="dim"), soft_wrap=True)


def render(result: "Evaluation") -> str:
    """The same as plain text."""
    stream = StringIO()
    show(result, Console(file=stream, width=10_000, color_system=None))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def render_error(error: LossCliError) -> str:
    """The lines of the error."""
    return "\n".join(error.lines()) + "\n"


def _width(heads: tuple[str, ...], rows: list[tuple[str, ...]], kept: list[int]) -> int:
    return sum(max(len(row[at]) for row in [heads, *rows]) + 2 for at in kept)


def _encodes(console: Console, text: str) -> bool:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
