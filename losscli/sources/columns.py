"""Tables of named columns: the columns that a role takes."""

from abc import abstractmethod
from collections.abc import Sequence

from losscli.errors import DataError
from losscli.sources.table import Field, Kind, Table, is_group_role


class ColumnTable(Table):
    """A table of named columns of one cell a row; formats read the cells."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""

    @abstractmethod
    def numeric_names(self) -> list[str]:
        """The names of the columns that hold numbers."""

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The named columns; without names, every column of numbers that is not excluded."""
        for name in [*(columns or ()), *excluded]:
            self._check_name(name)
        if role.endswith("ids"):
            return Field(role, (), "text", tuple(columns or ()), kind="ids")
        kind: Kind = "keys" if is_group_role(role) else "numbers"
        if kind == "keys":
            names, dtype = columns or self.names(), "text"
        else:
            names, dtype = columns or self._default_columns(role, excluded), "float64"
        row = (len(names),) if len(names) > 1 else ()
        return Field(role, row, dtype, tuple(names), bool(columns) or kind == "keys", kind)

    def _check_name(self, name: str) -> None:
        names = self.names()
        if name not in names:
            from difflib import get_close_matches

            near = get_close_matches(name, names, 1)
            more = len(names) - 12
            raise DataError(
                f"{self.path} has no column {name!r}",
                place=f"its columns: {', '.join(names[:12])}"
                f"{f' and {more:,} more' if more > 0 else ''}",
                hint=f"did you mean {near[0]!r}?" if near else "",
            )

    def _default_columns(self, role: str, excluded: Sequence[str]) -> list[str]:
        """The columns that hold numbers, for a role without columns of its own."""
        names = [name for name in self.numeric_names() if name not in excluded]
        if not names:
            raise DataError(
                f"{self.path} has no column of numbers for the {role}",
                place=f"its columns: {', '.join(self.names())}",
                hint=f"name it: --{'target' if role == 'targets' else 'pred'} COLUMN",
            )
        return names
