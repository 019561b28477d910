"""Batches in memory: lists of arrays that are joined, and iterators of blocks that are streamed."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import as_array
from losscli.errors import DataError
from losscli.sources.array_table import ArrayTable
from losscli.sources.arrays import JoinedArray, MemoryArray
from losscli.sources.columns import ColumnTable
from losscli.sources.table import Cut, Field, Workspace

NAMES = ("pred", "target", "weight")  # the parts of a block


def join_batches(preds: Any, targets: Any) -> tuple[Any, Any]:
    """Lists of batches as tables of joined arrays; anything else as it is.

    Arrays are batches where one of them has two axes or more, or where their lengths differ: arrays
    of one axis and one length are rows.
    """
    lists = [each for each in (preds, targets) if _is_list_of_arrays(each)]
    if not any(map(_are_batches, lists)):
        return preds, targets
    return _joined(preds, "preds"), _joined(targets, "targets")


def _is_list_of_arrays(thing: Any) -> bool:
    return (
        isinstance(thing, list | tuple)
        and bool(thing)
        and all(len(getattr(each, "shape", ())) and not hasattr(each, "columns") for each in thing)
    )


def _are_batches(arrays: Sequence[Any]) -> bool:
    shapes = {tuple(array.shape) for array in arrays}
    return len(shapes) > 1 or any(len(shape) > 1 for shape in shapes)


def _joined(thing: Any, name: str) -> Any:
    if not _is_list_of_arrays(thing):
        return thing
    arrays = [MemoryArray(name, as_array(each, name)) for each in thing]
    return ArrayTable(None, JoinedArray(name, arrays), "array")


class BlockStream(ColumnTable):
    """The blocks of an iterator, each a tuple of predictions, targets and perhaps weights.

    Each is taken once and only a few are held; their rows may be any number.

    Raises DataError for an iterator without blocks, and for blocks that are not alike.
    """

    format = "iterator"
    once = True

    def __init__(self, blocks: Iterator[Any], name: str) -> None:
        self.path = name
        self.rows: int | None = None
        self.size = 0
        self._count = 0
        first = next(blocks, None)
        if first is None:
            raise DataError(f"{name} is an iterator without blocks")
        self._parts = len(first) if isinstance(first, tuple | list) else 1
        if not 1 <= self._parts <= len(NAMES):
            raise DataError(
                f"{name} has blocks of {self._parts} parts",
                hint="give tuples of predictions, targets and, if there are any, weights",
            )
        self._first = self._arrays(first)
        self._blocks = chain([first], blocks)

    def names(self) -> tuple[str, ...]:
        """The names of the parts of a block."""
        return NAMES[: self._parts]

    def numeric_names(self) -> list[str]:
        """All of them."""
        return list(self.names())

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:  # noqa: ARG002
        """The part that is named, or that of the role."""
        usual = {"targets": "target", "weights": "weight"}.get(role, "pred")
        (name,) = self.select(columns or [usual])
        array = self._first[name]
        return Field(role, array.shape[1:], array.dtype.name, (name,))

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows, copied from as many blocks as they are in."""
        wanted, held, have = rows if first is None else first, [], 0
        for block in self._blocks:
            arrays = self._arrays(block)
            count = len(arrays["pred"])
            held.append(arrays)
            have += count
            while have >= wanted:
                taken, held = _split(held, wanted)
                yield self._cut(taken, wanted)
                have -= wanted
                wanted = rows
        if have:
            yield self._cut(held, have)

    def _cut(self, blocks: Sequence[Mapping[str, NDArray[Any]]], rows: int) -> Cut:
        size = sum(array.nbytes for block in blocks for array in block.values())
        return Cut(rows, size, partial(_load, blocks))

    def _arrays(self, block: Any) -> dict[str, NDArray[Any]]:
        """The parts of a block by name; raises DataError where it is not like the first one."""
        parts = block if isinstance(block, tuple | list) else (block,)
        where = f"block {self._count} of {self.path}"
        self._count += 1
        arrays = [as_array(part, where) for part in parts]
        rows = [array.shape[:1] for array in arrays]
        if len(parts) != self._parts or () in rows or len(set(rows)) > 1:
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise DataError(
                f"{where} has parts of the shapes {shapes}",
                hint=f"give {self._parts} arrays of the same number of rows in each block",
            )
        return dict(zip(NAMES, arrays, strict=False))


def _split(
    blocks: Sequence[Mapping[str, NDArray[Any]]], rows: int
) -> tuple[list[dict[str, NDArray[Any]]], list[dict[str, NDArray[Any]]]]:
    """The first `rows` rows of some blocks, and the rest."""
    taken, rest = [], []
    for block in blocks:
        count = len(block["pred"])
        if rows:
            taken.append({name: array[:rows] for name, array in block.items()})
        if count > rows:
            rest.append({name: array[rows:] for name, array in block.items()})
        rows = max(0, rows - count)
    return taken, rest


def _load(
    blocks: Sequence[Mapping[str, NDArray[Any]]], fields: Sequence[Field], _: Workspace
) -> dict[str, NDArray[Any]]:
    found = {}
    for field in fields:
        parts = [block[field.columns[0]] for block in blocks]
        if len({part.shape[1:] for part in parts}) > 1:
            rows = " and ".join(sorted({str(part.shape[1:]) for part in parts}))
            raise DataError(f"blocks have rows of {rows}", hint="the rows of blocks have one shape")
        found[field.role] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return found
