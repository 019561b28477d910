"""Tables of Arrow columns: record batches as the roles of an evaluation."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources import arrow_values
from losscli.sources.rows import Column, Rows, RowsTable
from losscli.sources.table import Kind, Loaded


class ArrowTable(RowsTable):
    """A table whose rows come as record batches; formats read them.

    path: the name in messages. schema: of Arrow.
    """

    def __init__(self, path: str, schema: Any) -> None:
        super().__init__(path, _columns(schema))

    def values(self, kind: Kind, arrays: Sequence[Any], row: tuple[int, ...]) -> Loaded:
        """Arrow arrays as one role takes them; raises CellError for what it does not take."""
        return arrow_values.load(kind, arrays, row)

    def rounds(self, array: Any, rows: NDArray[np.intp]) -> bool:
        """True if an integer in some rows of an Arrow array is not equal to a float64."""
        return arrow_values.rounds(array, rows)

    def row_of(self, array: Any) -> tuple[int, ...]:
        """The shape of the first list of an Arrow array, with a 0 if there is none."""
        return arrow_values.row_of(array)

    def errors(self) -> tuple[type[Exception], ...]:
        """The errors of Arrow, and of Python."""
        import pyarrow as pa

        return (pa.ArrowException, *super().errors())


def batch_rows(batch: Any, columns: Iterable[Column]) -> Rows:
    """The rows of a record batch that has these columns, and no others, in their order."""
    arrays = leaf_arrays(batch.columns)
    return Rows(batch.num_rows, dict(zip((c.leaf for c in columns), arrays, strict=True)))


def _columns(schema: Any) -> list[Column]:
    """The columns of a schema; each field of a struct is one."""
    found: list[Column] = []
    leaf = 0
    for top, field in enumerate(schema):
        for name, kind in _flattened([field], ""):
            count = _leaves(kind)
            numeric = arrow_values.is_numeric(kind)
            lists = arrow_values.is_list(arrow_values.stored(kind))
            dtype = arrow_values.dtype_of(kind)
            found.append(Column(name, top, leaf, count, numeric, lists, dtype))
            leaf += count
    return found


def leaf_arrays(arrays: Iterable[Any]) -> Iterator[Any]:
    """The arrays of columns, each field of a struct as one; null where its struct is null."""
    import pyarrow as pa

    for array in arrays:
        if pa.types.is_struct(array.type):
            yield from leaf_arrays(array.flatten())
        else:
            yield array


def _flattened(fields: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa

    for field in fields:
        if pa.types.is_struct(field.type):
            yield from _flattened(field.type, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, field.type


def _leaves(kind: Any) -> int:
    """The number of columns that a type has in Parquet."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return _leaves(kind.storage_type)
    if not pa.types.is_nested(kind):
        return 1
    return sum(_leaves(kind.field(k).type) for k in range(kind.num_fields))
