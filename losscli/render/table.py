"""The table that a person reads: no boxes, meaning first, provenance last and dim.

Lines are laid out here, so that a pipe needs no import of rich; a terminal gets them from rich,
which knows its width, its colours and its encoding.
"""

import math
from typing import TYPE_CHECKING

from losscli.render.words import how_line, rows_line, table_of

if TYPE_CHECKING:
    from rich.console import Console

    from losscli.errors import LossCliError
    from losscli.evaluation import Evaluation

# In a narrow terminal columns leave in this order; the rest is what a table is for.
_LEAVING = ("min", "at row", "max")
_LEFT = (0, 2)  # the columns of names and intervals; numbers stand to the right


def render(result: "Evaluation", encoding: str = "utf-8") -> str:
    """The table and its footer, of any width, in characters that an encoding has."""
    table, tail = lines_of(result, math.inf, encoding)
    return "\n".join([*table, "", *tail, ""])


def render_error(error: "LossCliError") -> str:
    """The lines of the error."""
    return "\n".join(error.lines()) + "\n"


def show(result: "Evaluation", console: "Console", width: float) -> None:
    """Print the table with dim head and footer; columns leave where they do not fit the width."""
    from rich.text import Text

    table, tail = lines_of(result, width, console.encoding)
    for number, line in enumerate([*table, "", *tail]):
        style = "dim" if number == 0 or number > len(table) else ""
        console.print(Text(line, style=style), soft_wrap=True)


def lines_of(result: "Evaluation", width: float, encoding: str) -> tuple[list[str], list[str]]:
    """The lines of the table, and those below it."""
    heads, rows = table_of(result)
    kept = list(range(len(heads)))
    left: list[str] = []
    for name in _LEAVING:
        if _width(heads, rows, kept) <= width:
            break
        kept.remove(heads.index(name))
        left.append(name)
    widths = {at: max(len(row[at]) for row in [heads, *rows]) for at in kept}
    table = [
        "".join(
            "  " + (row[at].ljust if at in _LEFT else row[at].rjust)(widths[at]) for at in kept
        ).rstrip()
        for row in [heads, *rows]
    ]
    tail = [f"  {rows_line(result)}", f"  {how_line(result)}"]
    if left:
        tail.append(f"  not shown at this width: {', '.join(left)} (all in --format json)")
    if not _encodes(encoding, "·…"):
        tail = [line.replace("·", "-").replace("…", "...") for line in tail]
    return table, tail


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _width(heads: tuple[str, ...], rows: list[tuple[str, ...]], kept: list[int]) -> int:
    return sum(2 + max(len(row[at]) for row in [heads, *rows]) for at in kept)
