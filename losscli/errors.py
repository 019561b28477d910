"""The errors, one class for each exit code.

    LossCliError          a message, a place, a hint
    ├── UsageError     2  the command line, the plan or a parameter is wrong
    ├── DataError      3  the data is unreadable, misaligned or outside a loss's domain
    ├── MissingError   4  this machine lacks a device or an optional package
    └── FailError      1  a result failed, raised by its `raise_on_fail()` only

A message says what is wrong, the place where (file, row or line, column, how many), the hint how to
fix it. Errors are raised where the cause is known; only flags in them are respelled for Python and
YAML.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, NamedTuple

_FIRST = (5, 3, 4, 1, 6)  # where several exit codes apply, the first of these counts


class Place(NamedTuple):
    """The place of a value: `row` counts data rows from 0, `line` a text file's lines from 1.

    position: in a row whose values are an array, such as the pixels of an image. found: what the
    file has there, where that is not the value itself, such as an empty cell for a missing number.
    """

    path: str
    row: int | None = None
    line: int | None = None
    column: str | int | None = None
    position: tuple[int, ...] = ()
    found: Callable[[], str] | None = None

    def __str__(self) -> str:
        parts = [self.path]
        if self.line is not None:
            parts.append(f"line {self.line:,}")
        elif self.row is not None:
            parts.append(f"row {self.row:,}")
        if self.position:
            parts.append(f"position {', '.join(map(str, self.position))}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


class LossCliError(Exception):
    """A failure that the user can fix; its text is at most three lines.

    message: what is wrong, without a full stop.
    place: where, a `Place` or words.
    count, total: how many such rows there are, of how many.
    hint: how to fix it.
    result: the result, where only writing it failed.
    """

    exit_code: ClassVar[int] = 5
    kind: ClassVar[str] = "fault"

    def __init__(
        self,
        message: str,
        *,
        place: Place | str | None = None,
        count: int | None = None,
        total: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.count = count
        self.total = total
        self.hint = hint
        self.result: Any = None

    def where(self) -> str:
        """The place and the number of such rows, as one line; empty where neither is known."""
        parts = [str(self.place)] if self.place else []
        if self.count is not None:
            of = f" of {self.total:,}" if self.total is not None else ""
            parts.append(f"{self.count:,} such row{'' if self.count == 1 else 's'}{of}")
        return "; ".join(parts)

    def lines(self) -> list[str]:
        """The text that a person reads: what, where, hint."""
        return [self.message, *(line for line in (self.where(), self.hint) if line)]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def parts(self) -> list[dict[str, Any]]:
        """The faults that it is made of, where they are several, for its document."""
        return []


class UsageError(LossCliError, ValueError):
    """The command line, the plan or a parameter is wrong; found before any work."""

    exit_code = 2
    kind = "usage"


class DataError(LossCliError, ValueError):
    """The data is unreadable, misaligned or outside a loss's domain."""

    exit_code = 3
    kind = "data"


class MissingError(LossCliError):
    """This machine lacks a device or an optional package."""

    exit_code = 4
    kind = "missing"


class FailError(LossCliError):
    """A gate of a result failed or is in error, or the result is not good enough otherwise.

    result: the result.
    """

    exit_code = 1
    kind = "fail"


def first_code(found: Iterable[int]) -> int:
    """The exit code of a run whose parts ended with these."""
    codes = {1 if code == 2 else code for code in found}  # 2 comes before any work
    return next((code for code in _FIRST if code in codes), 0)
