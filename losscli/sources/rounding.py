"""Integers that float64 rounds: found where a reader has made floating-point numbers of them."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources.table import TableNote

_EXACT = 2.0**53
_INTEGER = re.compile(rb"(?<![\w.+-])[-+]?[0-9]{16,}(?![\w.])")


class RoundedColumns:
    """The columns of a table whose integers were rounded; several threads may add to it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._names: dict[str, None] = {}

    def check(
        self, name: str, numbers: NDArray[Any], is_rounded: Callable[[NDArray[np.intp]], bool]
    ) -> None:
        """Look at the rows of a column that hold numbers so large; is_rounded: decides of them."""
        if name in self._names or numbers.dtype != np.float64 or not numbers.size:
            return
        if np.fmax.reduce(numbers, None) >= _EXACT or np.fmin.reduce(numbers, None) <= -_EXACT:
            with np.errstate(invalid="ignore"):
                large = np.isfinite(numbers) & (np.abs(numbers) >= _EXACT)
            rows = np.flatnonzero(large.reshape(len(numbers), -1).any(axis=1))
            if rows.size and is_rounded(rows):
                self._names[name] = None

    def notes(self) -> Iterator[TableNote]:
        """The note that names the columns, if there are any."""
        if self._names:
            columns = f"column {', '.join(self._names)} of " if "" not in self._names else ""
            words = f"integers beyond 2^53 in {columns}{self._path} were rounded to float64"
            yield TableNote("integers_rounded", words)


def rounds(text: bytes) -> bool:
    """True for a text with an integer in it that no float64 equals.

    >>> rounds(b"9007199254740993"), rounds(b"9007199254740992"), rounds(b"1e300")
    (True, False, False)
    """
    return any(_is_rounded(int(found[0][:400])) for found in _INTEGER.finditer(text))


def rounds_integers(values: Iterable[int]) -> bool:
    """True if one of the integers is not equal to any float64."""
    return any(map(_is_rounded, values))


def _is_rounded(value: int) -> bool:
    try:
        return int(float(value)) != value
    except OverflowError:
        return True
