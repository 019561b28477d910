"""`ErrorReport`: an error, wherever a result would have been."""

from typing import Any, Literal

from losscli.errors import LossCliError, Place
from losscli.results.document import Count, Record


class ConfigFault(Record, frozen=True):
    """One of several faults of a config.

    line, column: its position, from 1. hint: how to fix it.
    """

    path: str
    line: Count | None
    column: Count | None
    message: str
    hint: str | None


class ErrorReport(Record, frozen=True, kw_only=True, tag_field="schema", tag="losscli/error/1"):
    """An error.

    code: the exit code. kind: its meaning. message: what is wrong. row: a data row, from 0. line: a
    line of a text file, from 1. column: its name or position. place: all of these, as text. count:
    how many such rows there are. hint: how to fix it. faults: all faults of a config.
    """

    code: Literal[2, 3, 4, 5] = 5
    kind: Literal["usage", "data", "missing", "fault"] = "fault"
    message: str = ""
    path: str | None = None
    row: Count | None = None
    line: Count | None = None
    column: str | int | None = None
    place: str | None = None
    count: Count | None = None
    hint: str | None = None
    faults: tuple[ConfigFault, ...] = ()

    optional = frozenset({"faults"})

    @classmethod
    def of(cls, error: LossCliError) -> "ErrorReport":
        """The report of an exception."""
        place = error.place if isinstance(error.place, Place) else Place("")
        code: Any = error.exit_code
        kind: Any = error.kind
        return cls(
            code=code,
            kind=kind,
            message=error.message,
            path=place.path or None,
            row=place.row,
            line=place.line,
            column=place.column,
            place=str(error.place) if error.place else None,
            count=error.count,
            hint=error.hint or None,
            faults=tuple(ConfigFault(**fault) for fault in error.parts()),
        )

    def lines(self) -> list[str]:
        """The text that a person reads: the message, the place, the hint."""
        rows = f"{self.count:,} such row{'' if self.count == 1 else 's'}" if self.count else ""
        where = "; ".join(filter(None, (self.place, rows)))
        return [line for line in (self.message, where, self.hint) if line]
