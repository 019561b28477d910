"""The groups of the rows of a block, and the states of statistics over the rows of each."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol, Self, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.rows import Indices

Places: TypeAlias = NDArray[np.intp]  # of groups among others


class Grouping:
    """The groups of n rows: row i lies in group codes[i], one of 0 … count - 1."""

    def __init__(self, codes: NDArray[np.int64], count: int) -> None:
        self.codes, self.count = codes, count

    @cached_property
    def rows(self) -> list[Indices]:
        """The rows of each group, ascending."""
        small = np.min_scalar_type(self.count)  # of 16 bits or less NumPy sorts by digits
        order = np.argsort(self.codes.astype(small), kind="stable")
        sizes = np.bincount(self.codes, minlength=self.count)
        return np.split(order, np.cumsum(sizes)[:-1])


class GroupStates(Protocol):
    """The state of one statistic over the rows of each of several groups."""

    def merged(self, ours: Places, other: Self, theirs: Places, count: int) -> Self:
        """The states of `count` groups, merged of those at these places; other: of later rows."""

    def accumulators(self) -> Sequence[Any]:
        """The accumulator of each group."""


class ListedStates(Struct, frozen=True):
    """An accumulator for each group."""

    states: tuple[Any, ...]

    def merged(self, ours: Places, other: Self, theirs: Places, count: int) -> "ListedStates":
        """As `GroupStates.merged`."""
        found: list[Any] = [None] * count
        for place, state in zip(ours.tolist(), self.states, strict=True):
            found[place] = state
        for place, state in zip(theirs.tolist(), other.states, strict=True):
            found[place] = state if found[place] is None else found[place] + state
        return ListedStates(tuple(found))

    def accumulators(self) -> Sequence[Any]:
        """As `GroupStates.accumulators`."""
        return self.states
