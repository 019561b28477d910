"""Parameters of losses: names, defaults, bounds and meanings."""

import math
from contextlib import suppress
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

from losscli.backends.arrays import as_array
from losscli.errors import DataError, UsageError
from losscli.losses.core.domain import ANY, Either, Interval

_WHOLE = 1 << 63
_LEVELS = "0.1/0.5/0.9"


class ColumnName(str):
    """A parameter that has a number for each row: the column, or the file, of the numbers."""

    __slots__ = ()

    @property
    def role(self) -> str:
        """The role of the numbers among those of the rows."""
        return f"column {self}"


class Param(NamedTuple):
    """One parameter of a loss: its name, default, bounds and meaning.

    kind: a number, a whole number, a number or one for each column (weights), a flag (true or
    false), one of some words, levels (numbers in ascending order, a text of them separated by
    slashes), or anything. None is valid where it is the default. by_row: the bounds of the numbers
    of a column, whose name a text is then, with one for each row; None where it takes no column.
    scalar: False if one number does not stand for that of each column.
    """

    name: str
    default: float | int | bool | str | None
    bounds: Interval | Either = ANY
    meaning: str = ""
    kind: Literal["number", "whole", "columns", "flag", "word", "levels", "any"] = "number"
    words: tuple[str, ...] = ()
    by_row: Interval | None = None
    scalar: bool = True

    @property
    def example(self) -> str:
        """A value as it is typed: the default, or a valid one where that is None."""
        if self.kind == "levels":
            return _LEVELS
        if self.kind == "flag":
            return str(bool(self.default)).lower()
        if self.default is None:
            return self.words[0] if self.words else "0.5"
        return str(self.default)

    def checked(self, value: Any, loss: str) -> Any:
        """The value in the type that the loss takes; raises UsageError for an invalid one."""
        if self.kind == "any" or (value is None and self.default is None):
            return value
        if self.by_row is not None and isinstance(value, str) and value:
            return ColumnName(value)
        return getattr(self, f"_{self.kind}")(value, loss)

    def _flag(self, value: Any, loss: str) -> bool:
        if not isinstance(value, bool | np.bool_):
            raise self._wrong(value, loss, "true or false")
        return bool(value)

    def _word(self, value: Any, loss: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise self._wrong(value, loss, " or ".join(self.words))
        return value

    def _levels(self, value: Any, loss: str) -> tuple[float, ...]:
        should = f"numbers {self.bounds} in ascending order, such as {_LEVELS}"
        parts = value.split("/") if isinstance(value, str) else value
        try:
            levels = tuple(map(float, np.atleast_1d(parts)))
        except (ValueError, TypeError):
            raise self._wrong(value, loss, should) from None
        rising = all(a < b for a, b in pairwise(levels))
        if not levels or not rising or not all(map(self.bounds.holds, levels)):
            raise self._wrong(value, loss, should)
        return levels

    def _columns(self, value: Any, loss: str) -> Any:
        array: Any = None
        if not isinstance(value, str | bytes):
            with suppress(DataError):
                array = as_array(value, self.name).astype(np.float64)
        if array is None or array.ndim > 1 or (array.ndim == 0 and not self.scalar):
            either = "a number or " if self.scalar else ""
            raise self._wrong(value, loss, f"{either}one number for each column")
        wrong = array[~(np.isfinite(array) & self.bounds.holds(array))]
        if wrong.size:
            number = float(wrong.flat[0])
            raise self._wrong(number, loss, self._bounded(number))
        return float(array) if array.ndim == 0 else array

    def _whole(self, value: Any, loss: str) -> int:
        if not _is_number(value):
            raise self._wrong(value, loss, "an integer")
        if not -_WHOLE <= value < _WHOLE or value != int(value):  # nan is neither
            raise self._wrong(value, loss, "an integer of 64 bits")
        if not self.bounds.holds(int(value)):
            raise self._wrong(value, loss, str(self.bounds))
        return int(value)

    def _number(self, value: Any, loss: str) -> float:
        if not _is_number(value):
            raise self._wrong(value, loss, "a number")
        try:
            number = float(value)
        except OverflowError:
            raise self._wrong(value, loss, "within the range of float64") from None
        if not self.bounds.holds(number):
            raise self._wrong(value, loss, self._bounded(number))
        return number

    def _bounded(self, number: float) -> str:
        """The valid values, for a message."""
        if math.isnan(number):
            unbounded = math.isinf(self.bounds.low) and math.isinf(self.bounds.high)
            return "a number" if unbounded else f"a number {self.bounds}"
        return f"finite and {self.bounds}" if math.isinf(number) else str(self.bounds)

    def _wrong(self, value: Any, loss: str, should: str) -> UsageError:
        try:
            words = repr(value)
        except ValueError:  # an integer of thousands of digits
            words = "a number of so many digits"
        words = words if len(words) <= 80 and "\n" not in words else f"{words[:40].split()[0]}..."
        return UsageError(
            f"{self.name} of {loss} must be {should}; {words} is not",
            hint=f"{self.name}: {self.meaning} (default {self.default})",
        )


def _is_number(value: Any) -> bool:
    flag = isinstance(value, bool | np.bool_)
    return not flag and isinstance(value, int | float | np.number)
