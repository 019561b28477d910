"""Copies of a source's rows in memory, which may be changed and read as the source itself is."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.sources.keys import Keys
from losscli.sources.memory import ArrayCut, ArrayTable, KeyCut
from losscli.sources.source import Source
from losscli.sources.table import Field, Loaded
from losscli.sources.workspace import Workspace


def copy_rows(source: Source, most: int) -> dict[str, Loaded]:
    """All rows of every role; raises DataError where they are more than `most` numbers."""
    arrays: dict[str, list[NDArray[Any]]] = {}
    keys: dict[str, list[Keys]] = {}
    size = 0
    for cut in source.blocks():
        block = cut.load(Workspace())
        for role, array in block.arrays.items():
            arrays.setdefault(role, []).append(np.array(array))
            size += array.size
        for role, part in block.keys.items():
            keys.setdefault(role, []).append(part)
            size += part.codes.size
        if size > most:
            raise DataError(
                f"the data has more than {most:,} numbers: too many for copies",
                hint="name a smaller sample of the data",
            )
    found: dict[str, Loaded] = {role: np.concatenate(parts) for role, parts in arrays.items()}
    return found | {role: Keys.concatenate(parts) for role, parts in keys.items()}


def select_rows(loaded: Loaded, rows: "slice | NDArray[Any]") -> Loaded:
    """Some rows of a role, in the order that is given."""
    return loaded.part(rows) if isinstance(loaded, Keys) else loaded[rows]


def with_rows(source: Source, loaded: Mapping[str, Loaded]) -> Source:
    """A source of the rows that are given, under the names that its roles have.

    Raises DataError without rows.
    """
    roles = {role: _role(*source.roles[role], rows) for role, rows in loaded.items()}
    return Source(roles, source.by)


def _role(table: Any, field: Field, loaded: Loaded) -> tuple[ArrayTable, Field]:
    if not isinstance(loaded, Keys):
        field = field._replace(row=loaded.shape[1:], dtype=str(loaded.dtype))
    return _Rows(table.path, loaded), field


class _Rows(ArrayTable):
    """The rows of one role."""

    def __init__(self, path: str, loaded: Loaded) -> None:
        self.path = path
        self._keys = loaded if isinstance(loaded, Keys) else None
        self.array = loaded.codes if isinstance(loaded, Keys) else loaded
        if not len(self.array):
            raise DataError(f"{path} has no rows")
        self.rows = len(self.array)
        self.size = self.array.nbytes

    def cuts(self, rows: int) -> Iterator[Any]:
        """Runs of the rows."""
        for start in range(0, len(self.array), rows):
            if self._keys is None:
                yield ArrayCut(self.array[start : start + rows])
            else:
                yield KeyCut(self._keys, start, min(rows, len(self.array) - start))
