"""DataFrames by their columns: of pandas, polars, pyarrow, or with Arrow's interface."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.backends.arrays import as_array
from losscli.errors import DataError


class Frame:
    """The columns of a DataFrame by name; `name` is what messages call it."""

    def __init__(self, table: Any, name: str) -> None:
        if not hasattr(table, "__getitem__"):
            import pyarrow as pa

            table = pa.table(table)
        keys = getattr(table, "column_names", None) or table.columns
        self._table, self.name = table, name
        self._keys = {str(key): key for key in keys}

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self._keys)

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def column(self, name: str) -> Any:
        """A column as the DataFrame has it; raises DataError where there is none."""
        if name not in self._keys:
            raise DataError(
                f"{self.name} has no column {name!r}",
                place=f"the columns are {', '.join(map(repr, self._keys))}",
            )
        return self._table[self._keys[name]]

    def array(self, names: Sequence[str]) -> Any:
        """The numbers of a column, (N,), or of several, (N, K)."""
        if len(names) == 1:
            return self.column(names[0])
        return np.column_stack([as_array(self.column(name), name) for name in names])


def is_frame(thing: Any) -> bool:
    """True for an object with named columns, rather than an array or a path."""
    return hasattr(thing, "columns") or hasattr(thing, "column_names") or (
        hasattr(thing, "__arrow_c_stream__") and not hasattr(thing, "__len__")
    )  # fmt: skip
