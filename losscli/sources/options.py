"""How a table is read, where its file does not say so itself."""

from typing import NamedTuple


class ReadOptions(NamedTuple):
    """The way a file is read.

    header: False if a text file has no line of column names. part: the name of the array, sheet or
    tensor of a file that holds several; empty if none was given. Of text: delimiter, "" if it is to
    be detected; decimal and thousands, the marks in numbers; skip_lines before the table; encoding,
    "" for UTF-8.
    """

    header: bool = True
    part: str = ""
    delimiter: str = ""
    decimal: str = "."
    thousands: str = ""
    skip_lines: int = 0
    encoding: str = ""


class Effort(NamedTuple):
    """The means that pairing rows may use.

    threads: 0 is all cores. memory: bytes; None is a quarter of the machine's.
    """

    threads: int = 0
    memory: int | None = None


class ClassLabels(NamedTuple):
    """The classes of an evaluation, and what its losses take.

    classes: the labels in the order of the prediction columns. positive: the label that means 1.
    takes: of the targets: "classes" (indices, for rows of predictions), "two" (0 and 1), "any"
    (labels that are only compared).
    """

    classes: tuple[str, ...] = ()
    positive: str | None = None
    takes: frozenset[str] = frozenset()

    @property
    def given(self) -> bool:
        """True if the user named the labels."""
        return bool(self.classes) or self.positive is not None
