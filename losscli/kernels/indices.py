"""The indices of symbols, and the sizes of their axes."""

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from losscli.kernels.recording import Recording, UntraceableError


class Chosen:
    """The entries where a mask is set. Their number may only be asked for whether it is 0.

    mask: that of all entries. outer: the entries that were chosen before, of which these are some.
    """

    ndim = 1

    def __init__(self, mask: Any, outer: int | None) -> None:
        self.mask = mask
        self.outer = outer

    @property
    def shape(self) -> tuple["ChosenCount"]:
        """Their number, as a shape."""
        return (ChosenCount(self.mask),)

    def __len__(self) -> int:
        raise UntraceableError("the number of some rows")


class AllRows:
    """The indices of all entries of the first axis, or of the chosen ones among them."""

    def __init__(self, per: int, chosen: int | None) -> None:
        self.per = per
        self.chosen = chosen


class ChosenCount:
    """The number of chosen entries, which may only be asked for whether it is 0."""

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def __bool__(self) -> bool:
        return bool(self.mask.recording.xp.any(self.mask))

    def __index__(self) -> int:
        raise UntraceableError("the number of some rows")


class RowCount(int):
    """The number of entries of a first axis; as a number, that of the pretended rows."""

    per: int

    def __new__(cls, recording: Recording, per: int) -> Self:
        """The number of `per` entries a row."""
        found = super().__new__(cls, recording.rows * per)
        found.per = per
        return found


class Constants(np.ndarray[Any, Any]):
    """An array of constants that symbols may index."""

    def __getitem__(self, index: Any) -> Any:
        if hasattr(index, "recording"):  # a symbol
            return index.recording.xp.take(self, index)
        return super().__getitem__(index)


def constants_of(value: Any) -> Any:
    """A parameter for a function that is traced: an array in a form that symbols may index."""
    return np.asarray(value).view(Constants) if isinstance(value, np.ndarray) else value


class Head:
    """The first row of an array, of which only the shape is used."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def spread(
    recording: Recording, at: int, per: int, tail: Sequence[int], wanted: Sequence[int]
) -> int:
    """The operand with axes of length 1 repeated."""
    if at < 0 or tuple(tail) == tuple(wanted):
        return at
    have = list(tail)
    for axis, size in enumerate(wanted):
        if have[axis] != size:
            part = math.prod(have[axis:])
            width = per * math.prod(have)
            at = recording.add_of_parts("REPEAT", at, width=width, part=part, numbers=(size,))
            have[axis] = size
    return at
