"""The worst rows of one loss: the K of the largest loss, the earlier one first of equal losses."""

import math
import threading
from collections.abc import Mapping
from heapq import heappush, heapreplace
from typing import Any, NamedTuple, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.accumulators.exact import Floats
from losscli.accumulators.rows import Indices


class WorstRows(Struct, frozen=True):
    """The `most` worst rows and at most as many others; `+` merges those of other rows.

    losses: L of each. shares: w·L of each. rows: the place of each among all rows. columns: others
    that are kept of each row, by role.
    """

    most: int
    losses: Floats
    shares: Floats
    rows: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def none(cls, most: int) -> "WorstRows":
        """No rows, of at most `most`."""
        return cls(most, np.empty(0), np.empty(0), np.empty(0, np.int64), {})

    def __add__(self, other: Self) -> "WorstRows":
        if not len(other.losses) or not len(self.losses):
            return self if len(self.losses) else other
        both = WorstRows(
            self.most,
            np.concatenate([self.losses, other.losses]),
            np.concatenate([self.shares, other.shares]),
            np.concatenate([self.rows, other.rows]),
            {
                role: np.concatenate([column, other.columns[role]])
                for role, column in self.columns.items()
            },
        )
        return both if len(both.rows) <= 2 * self.most else both.in_order()

    def in_order(self) -> "WorstRows":
        """The worst rows alone, as `worst_of` orders them."""
        kept = worst_of(self.losses, self.rows, self.most)
        columns = {role: column[kept] for role, column in self.columns.items()}
        return WorstRows(self.most, self.losses[kept], self.shares[kept], self.rows[kept], columns)


def worst_of(losses: Floats, rows: NDArray[np.int64], most: int) -> Indices:
    """The places of the `most` largest losses, the largest first; of equal ones the first row.

    >>> worst_of(np.array([1.0, 3.0, 3.0, 2.0]), np.array([0, 7, 5, 6]), 3).tolist()
    [2, 1, 3]
    """
    found = np.arange(len(losses))
    if len(losses) > most:
        least = np.partition(losses, -most)[-most]
        above, equal = np.flatnonzero(losses > least), np.flatnonzero(losses == least)
        room = most - len(above)
        if len(equal) > room:
            equal = equal[np.argsort(rows[equal], kind="stable")[:room]]
        found = np.concatenate([above, equal])
    order: Indices = found[np.lexsort((rows[found], -losses[found]))]
    return order


class Bound(NamedTuple):
    """The last of `most` rows that are known: a row that comes after it is not among the worst."""

    loss: float = -math.inf
    row: int = -1

    def least(self, first: int) -> float:
        """The smallest loss that a row from `first` on needs to be among the worst."""
        after = self.row >= 0 and first > self.row
        return math.nextafter(self.loss, math.inf) if after else self.loss


class KnownWorst:
    """The worst rows of the blocks that are done, of which threads learn what cannot be worse.

    It only saves work: whatever threads have seen, the worst rows of all blocks are the same.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._adding = threading.Lock()
        self._known: list[tuple[float, int]] = []  # a heap of losses, each with its negative row
        self.bound = Bound()

    def add(self, part: WorstRows) -> None:
        """Take the worst rows of a block, which are in order."""
        with self._adding:
            for one in zip(part.losses.tolist(), (-part.rows).tolist(), strict=True):
                if len(self._known) < self._most:
                    heappush(self._known, one)
                elif one > self._known[0]:
                    heapreplace(self._known, one)
                else:
                    break
            if len(self._known) == self._most:
                loss, row = self._known[0]
                self.bound = Bound(loss, -row)
