"""Tables of named columns: the columns that a role takes."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property

from losscli.errors import DataError
from losscli.sources.naming import listed, natural_order
from losscli.sources.table import Field, Kind, Table, is_key_role

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")  # a name with a number near its end
_PATTERN = re.compile(r"[*?\[]")


class ColumnTable(Table):
    """A table of named columns of one cell a row; formats read the cells.

    A column is requested by its name, or by its position from 1 where no name is that number;
    several by a range, `logit_0:logit_9`, or by a pattern, `prob_*`, in the order of their numbers.
    """

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""

    @abstractmethod
    def numeric_names(self) -> list[str]:
        """The names of the columns that hold numbers."""

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The columns asked for; without any, every column of numbers that is not excluded."""
        given = self.select(columns) if columns else []
        if role.endswith("ids"):
            return Field(role, (), "text", tuple(given), kind="ids")
        kind: Kind = "keys" if is_key_role(role) else "numbers"
        if kind == "keys":
            names, dtype = given or list(self.names()), "text"
        else:
            names, dtype = given or self._default_columns(role, excluded), "float64"
        row = (len(names),) if len(names) > 1 else ()
        return Field(role, row, dtype, tuple(names), bool(columns) or kind == "keys", kind)

    def select(self, requests: Sequence[str]) -> list[str]:
        """The names of the columns that are asked for, as `index` has them.

        Raises DataError for what is not a column, and for a name that two columns have.
        """
        return [name for request in requests for name in self._matches(request)]

    @cached_property
    def index(self) -> dict[str, int]:
        """The position of each column by its key."""
        names = self.names()
        if len(self.counts) == len(names):
            return {name: place for place, name in enumerate(names)}
        return {self.key(place): place for place in range(len(names))}

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of columns of each name."""
        found: dict[str, int] = {}
        for name in self.names():
            found[name] = found.get(name, 0) + 1
        return found

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        return self.names()

    def key(self, place: int) -> str:
        """The name of the column at a position from 0, with that position where others have it."""
        name = self._all_names[place]
        return name if self.counts[name] == 1 else f"{name} [column {place + 1}]"

    def missing_column(self, name: str) -> DataError:
        """The error for a name that no column has."""
        from difflib import get_close_matches

        names = self.names()
        near = get_close_matches(name, names[:1000], 1)
        return DataError(
            f"{self.path} has no column {name!r}",
            place=f"its columns: {listed(names)}",
            hint=f"did you mean {near[0]!r}?" if near else "",
        )

    def _matches(self, request: str) -> list[str]:
        if request in self.counts:
            return [self._unique(request)]
        if request.isascii() and request.isdigit():
            if 1 <= int(request[:9]) <= len(self.names()):
                return [self.key(int(request) - 1)]
            raise self.missing_column(request)
        first, colon, last = request.partition(":")
        if colon and first and last and not _PATTERN.search(request):
            return self._range(*self._matches(first), *self._matches(last))
        if _PATTERN.search(request):
            from fnmatch import translate

            like = re.compile(translate(request))
            found = [name for name in self.counts if like.match(name)]
            if found:
                return [self._unique(name) for name in sorted(found, key=natural_order)]
        raise self.missing_column(request)

    def _unique(self, name: str) -> str:
        """The name, if one column has it."""
        if self.counts[name] == 1:
            return name
        places = [str(k + 1) for k, other in enumerate(self.names()) if other == name]
        raise DataError(
            f"{self.path} has {self.counts[name]} columns called {name!r}",
            place=f"its columns {listed(places)}",
            hint=f"ask for one by its position, such as {places[0]}",
        )

    def _range(self, first: str, last: str) -> list[str]:
        """The columns from one to another: by the numbers in their names, else as they stand."""
        low, high = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
        if low and high and (low[1], low[3]) == (high[1], high[3]) and first in self.counts:
            numbers = range(int(low[2]), int(high[2]) + 1)
            width = len(low[2]) if low[2].startswith("0") else 0
            if numbers and len(numbers) <= len(self.names()):
                names = [f"{low[1]}{number:0{width}}{low[3]}" for number in numbers]
                return [self._matches(name)[0] for name in names]
        start, end = self.index[first], self.index[last]
        if start > end:
            raise DataError(
                f"{self.path} has column {first!r} after {last!r}",
                hint=f"write the range as {last}:{first}",
            )
        return [self.key(place) for place in range(start, end + 1)]

    def _default_columns(self, role: str, excluded: Sequence[str]) -> list[str]:
        """The columns that hold numbers, for a role without columns of its own."""
        others = {name for each in excluded for name in self._known(each)}
        names = [name for name in self.numeric_names() if name not in others]
        left = [name for name in self.index if name and name not in others]
        if role == "targets" and not names and len(left) == 1:
            return left  # labels, which may be text
        if not names:
            raise DataError(
                f"{self.path} has no column of numbers for the {role}",
                place=f"its columns: {listed(self.names())}",
                hint=f"name it: --{'target' if role == 'targets' else 'pred'} COLUMN",
            )
        return names

    def _known(self, request: str) -> Iterator[str]:
        """The columns of a request; none where it means no column of this table."""
        try:
            yield from self._matches(request)
        except DataError:
            return


def out_of_order(names: Sequence[str]) -> bool:
    """True for names that differ in one number only, which does not ascend.

    >>> out_of_order(["p_0", "p_1", "p_10", "p_2"])
    True
    """
    found = [_NUMBERED.fullmatch(name) for name in names]
    affixes = {(match[1], match[3]) for match in found if match}
    if len(names) < 2 or not all(found) or len(affixes) > 1 or ("", "") in affixes:
        return False
    numbers = [int(match[2]) for match in found if match]
    return numbers != sorted(numbers)
