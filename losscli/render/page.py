"""A page: lines and tables, which every text format lays out in its own way."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from losscli.results.gate import GateResult, GateStatus

Result: TypeAlias = Any  # a document whose `page` names its builder in `losscli.render.pages`

QuantityKind: TypeAlias = Literal["loss", "metric", "time", "memory"]


class TableRow(NamedTuple):
    """The cells of a row; one cell alone is a caption across the table. style: as rich names it."""

    cells: tuple[str, ...]
    style: str = ""

    @property
    def is_caption(self) -> bool:
        """True if the row is one cell across all columns."""
        return len(self.cells) == 1


class Table(NamedTuple):
    """Column headers and rows. right_aligned: the positions of columns of numbers.

    drop_order: headers of the columns that a narrow terminal drops, the first one first.
    substitutes: headers of columns shown only once another column, by its header, is dropped.
    last_width: columns are dropped only where the last one, of text, cannot wrap in so many
    characters; None for a last column that counts in full.
    """

    headers: tuple[str, ...]
    rows: Sequence[TableRow]
    right_aligned: Sequence[int] = ()
    drop_order: tuple[str, ...] = ()
    substitutes: Mapping[str, str] = {}
    last_width: int | None = None

    def columns(self, width: float = math.inf) -> tuple[list[int], list[str]]:
        """The positions of the columns that fit a width, and the headers of those dropped."""
        dropped: list[str] = []
        while True:
            kept = [
                at
                for at, header in enumerate(self.headers)
                if header not in dropped
                and (header not in self.substitutes or self.substitutes[header] in dropped)
            ]
            rest = [head for head in self.drop_order if head in self.headers]
            widths = [self.width_of(at) for at in kept]
            if self.last_width is not None:
                widths[-1] = min(widths[-1], self.last_width)
            if len(dropped) == len(rest) or sum(2 + needed for needed in widths) <= width:
                return kept, dropped
            dropped.append(rest[len(dropped)])

    def width_of(self, at: int) -> int:
        """The characters that a column takes."""
        cells = [row.cells[at] for row in self.rows if not row.is_caption]
        return max(map(len, [self.headers[at], *cells]))


class TextLine(NamedTuple):
    """A line of text. indent: of its continuation, where a narrow terminal wraps it.

    ascii: of a drawing, the same for an encoding that lacks its signs.
    """

    text: str
    ascii: str = ""
    style: str = ""
    indent: int = 0


class Drawing(NamedTuple):
    """Lines that fill a width. draw: the lines of so many columns, of which `most` are enough.

    least: in a terminal of fewer columns the drawing is left out. usual: the columns where nothing
    limits them, as in a pipe; None is `most`.
    """

    draw: Callable[[int], Sequence[TextLine]]
    most: int
    least: int = 0
    usual: int | None = None


class Page(NamedTuple):
    """The content of a result: header lines, tables, footer lines.

    notes: printed on stderr by the command line; for formats that stand alone.
    gates: last in a log, first in a comment. lines: text and drawings, before all else.
    """

    header: Sequence[str]
    tables: Sequence[Table]
    footer: Sequence[str]
    notes: Sequence[str] = ()
    gates: Sequence[GateResult] = ()
    lines: Sequence[TextLine | Drawing] = ()


class Quantity(NamedTuple):
    """A number that other tools follow from one commit to the next.

    kind: loss, metric, time in seconds, or memory in bytes. label: of the loss or metric. setting:
    by name, what tells the number from others of its kind and label. ci: its confidence interval.
    higher_is_better: None where neither is.
    """

    kind: QuantityKind
    label: str
    value: float
    setting: Mapping[str, str]
    ci: tuple[float, float] | None = None
    higher_is_better: bool | None = False

    @property
    def place(self) -> str:
        """The setting in one line, such as `val[y=1]`, without names but those of groups."""
        words = [value for name, value in self.setting.items() if name != "group"]
        return "/".join(words) + self.setting.get("group", "")


class ReportCase(NamedTuple):
    """A case of a CI report: a gate, a step that failed, a row, a loss.

    message: its value and the reason. run: the evaluation or benchmark that it belongs to, None
    where there is one only. counts: False where it has no effect on the exit code. wall_s: the
    seconds that the run took, None where unknown.
    """

    name: str
    status: GateStatus
    message: str = ""
    run: str | None = None
    counts: bool = True
    wall_s: float | None = None
