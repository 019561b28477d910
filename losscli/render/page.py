"""A page: lines, tables and lines again, which every text format lays out in its own way."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from losscli.gates import GateResult, Status


class Line(NamedTuple):
    """A row of cells; one cell alone is a caption across the table. style: as rich names it."""

    cells: tuple[str, ...]
    style: str = ""

    @property
    def caption(self) -> bool:
        """Whether it stands across all columns."""
        return len(self.cells) == 1


class Table(NamedTuple):
    """Heads and lines. left: the columns of words, which stand to the left.

    leaving: heads of the columns that go where a terminal is narrow, the first one first.
    instead: a head that is shown only where the column of another head has left.
    """

    heads: tuple[str, ...]
    lines: Sequence[Line]
    left: frozenset[int]
    leaving: tuple[str, ...] = ()
    instead: Mapping[str, str] = {}

    def columns(self, width: float) -> tuple[list[int], list[str]]:
        """The columns that fit, and the heads of those that left."""
        gone: list[str] = []
        while True:
            kept = [
                at
                for at, head in enumerate(self.heads)
                if head not in gone and (head not in self.instead or self.instead[head] in gone)
            ]
            more = [head for head in self.leaving if head not in gone and head in self.heads]
            if not more or sum(2 + self.width_of(at) for at in kept) <= width:
                return kept, gone
            gone.append(more[0])

    def width_of(self, at: int) -> int:
        """Characters of a column."""
        cells = [line.cells[at] for line in self.lines if not line.caption]
        return max(map(len, [self.heads[at], *cells]))


class Prose(NamedTuple):
    """A line that is laid out already. plain: the same for an encoding that lacks its signs."""

    text: str
    plain: str = ""
    style: str = ""


class Page(NamedTuple):
    """What a result says: lines before its tables, the tables, and lines after them.

    body: lines that stay as they are, before all others. notes: those that the command line prints
    on stderr, for formats that stand alone. gates: they are read last in a log and first in a
    comment.
    """

    top: Sequence[str]
    tables: Sequence[Table]
    tail: Sequence[str]
    notes: Sequence[str] = ()
    gates: Sequence[GateResult] = ()
    body: Sequence[Prose] = ()


class Outcome(NamedTuple):
    """What a report of CI counts: a gate, a step that failed, a row, a loss.

    words: its value and the reason, as they came. run: the evaluation or benchmark that it is of,
    None where there is but one. counts: whether it bears on the exit code. wall_s: how long the run
    took, None where that is not known.
    """

    name: str
    status: Status
    words: str = ""
    run: str | None = None
    counts: bool = True
    wall_s: float | None = None
