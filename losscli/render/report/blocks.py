"""The content of a report: sections of blocks; `templates/KIND.html` writes a block of a kind."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from markupsafe import Markup

Tone: TypeAlias = Literal["", "good", "bad", "unsure", "quiet"]

TONES: dict[str, Tone] = {
    "pass": "good", "fail": "bad", "error": "bad", "undecided": "unsure", "warn": "unsure",
    "better": "good", "worse": "bad", "slower": "bad", "wrong now": "bad",
}  # fmt: skip

_LONG = 24  # characters of a text that gets a width of its own, so that it wraps into few lines


class Cell(NamedTuple):
    """A cell of a table. sort: the number that it is sorted by; by default the one in its text.

    shade: of its background, from 0 to 8.
    """

    text: str
    sort: float | None = None
    picture: Markup | None = None
    tone: Tone = ""
    shade: int = 0

    @property
    def classes(self) -> str:
        """The classes of the style sheet, apart from that of its column."""
        wide = "w" if len(self.text) > _LONG else ""
        shade = f"h{self.shade}" if self.shade else ""
        return " ".join(filter(None, (self.tone, shade, wide)))


class Column(NamedTuple):
    """A column of a table; one of pictures is not sorted."""

    title: str
    kind: Literal["text", "number", "picture"] = "text"


class Grid(NamedTuple):
    """A table. title: of the table. note: a line below it, such as how many rows it leaves out."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


class Figure(NamedTuple):
    """A drawing and its caption. legend: the class of a line and its name, for each line."""

    title: str
    picture: Markup
    legend: Sequence[tuple[str, str]] = ()


class Figures(NamedTuple):
    """Drawings side by side where the page is wide enough."""

    figures: Sequence[Figure]


class Text(NamedTuple):
    """Lines of text."""

    lines: Sequence[str]
    tone: Tone = ""


class Facts(NamedTuple):
    """Names and values."""

    pairs: Sequence[tuple[str, str]]


class Code(NamedTuple):
    """Text in which each character has the same width, such as a command to copy."""

    text: str


class Details(NamedTuple):
    """Blocks that are shown on request, and in print."""

    title: str
    blocks: Sequence["Block"]


Block: TypeAlias = Grid | Figures | Text | Facts | Code | Details


class Section(NamedTuple):
    """A titled part of the report. status: pass, fail, undecided or error; empty without one."""

    title: str
    blocks: Sequence[Block] = ()
    sections: Sequence["Section"] = ()
    status: str = ""


class Summary(NamedTuple):
    """The result in a line, and what leads to it: a word such as FAIL or worse, and a sentence."""

    headline: str
    reasons: Sequence[tuple[str, str]] = ()


class Report(NamedTuple):
    """The whole page. headline: the verdict in words. reasons: the gates that did not pass.

    facts: when, of which commit, by which version.
    """

    title: str
    status: str
    headline: str
    reasons: Sequence[tuple[str, str]]
    facts: Sequence[str]
    sections: Sequence[Section]
