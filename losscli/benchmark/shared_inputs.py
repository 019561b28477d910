"""Inputs in memory that a process shares; they follow the inputs of the benchmark."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.benchmark.arena import Arena, decoded, encoded
from losscli.benchmark.clock import seconds
from losscli.benchmark.messages import Part
from losscli.checks.generators import Arrays
from losscli.checks.input_data import InputData

ROOM = 1 << 17  # bytes for the indices of changed rows


class Changes(NamedTuple):
    """Changes to be written: arrays, the rows of them and their numbers, which are at hand.

    listed: where the indices of the rows go; None if there are too many.
    """

    parts: tuple[tuple[NDArray[Any], Any, NDArray[Any]], ...] = ()
    rows: NDArray[np.int64] | None = None
    listed: Part | None = None


class SharedInputs:
    """Copies of the inputs of `data`, at `parts` of an arena; indices of changed rows at `at`.

    copy_s: the seconds that writing a byte took.
    """

    def __init__(self, data: InputData, parts: tuple[Part, ...], arena: Arena, at: int) -> None:
        self.parts = parts
        self.copy_s = 0.0
        self._data = data
        self._arena = arena
        self._at = at
        self._views = tuple(map(arena.array, parts))
        self._pending: list[NDArray[np.int64] | None] = []
        data.follow(self._pending.append)

    def forget(self) -> None:
        """Take the memory for overwritten: all of it is to be written again."""
        self._pending.append(None)

    def arrays(self) -> Arrays:
        """The numbers that the memory holds."""
        pairs = zip(self._views, self.parts, strict=True)
        return tuple(decoded(view, part) for view, part in pairs)

    def fill(self, inputs: Arrays) -> None:
        """Write other inputs of the same shapes."""
        self.forget()
        for view, array, part in zip(self._views, inputs, self.parts, strict=True):
            view[...] = encoded(array, part)

    def changes(self) -> Changes:
        """The changes since it was asked last."""
        if not self._pending:
            return Changes()
        changed = [rows for rows in self._pending if rows is not None]
        ends: Any = self._views, self._data.inputs("numpy"), self.parts
        if len(changed) < len(self._pending):
            index: Any = ...
            found = Changes()
        else:
            index = np.concatenate(changed)
            ends = tuple(map(self._data.updated, ends))
            listed = Part(self._at, index.shape, "int64") if index.nbytes <= ROOM else None
            found = Changes(rows=index, listed=listed)
        self._pending.clear()
        triples = zip(*ends, strict=True)
        return found._replace(
            parts=tuple((view, index, encoded(array[index], part)) for view, array, part in triples)
        )

    def write(self, changes: Changes) -> None:
        """Write changes."""
        start = seconds()
        for view, index, numbers in changes.parts:
            view[index] = numbers
        if changes.listed is not None:
            self._arena.array(changes.listed)[...] = changes.rows
        elif changes.parts:
            size = sum(numbers.nbytes for _, _, numbers in changes.parts)
            self.copy_s = (seconds() - start) / max(1, size)

    def update(self) -> None:
        """Write the changes since then."""
        self.write(self.changes())
