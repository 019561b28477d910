"""Cells of delimited text as numbers, ids or keys: what each role takes of a piece of lines."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources.header import Header
from losscli.sources.keys import Keys
from losscli.sources.table import Field, Loaded, is_group_role


def read_cells(
    text: NDArray[np.uint8], header: Header, fields: Sequence[Field]
) -> tuple[int, dict[str, Loaded]]:
    """The number of rows that the text parses to, and those of each field by role.

    Raises pyarrow.ArrowException for cells that are not what a field takes.
    """
    rows = 0
    found: dict[str, Loaded] = {}
    # A column may be read as numbers for one role and as keys for another: target and --by.
    for kind in dict.fromkeys(map(_kind, fields)):
        same = [field for field in fields if _kind(field) == kind]
        table = _parsed(text, header, kind, same)
        rows = table.num_rows
        found |= {field.role: _LOADERS[kind](table, field) for field in same}
    return rows, found


def _kind(field: Field) -> str:
    if is_group_role(field.role):
        return "keys"
    return "ids" if field.role.endswith("ids") else "numbers"


def _parsed(text: NDArray[np.uint8], header: Header, kind: str, fields: Sequence[Field]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    cell = {
        "numbers": pa.float64(),
        "ids": pa.string(),
        "keys": pa.dictionary(pa.int32(), pa.string()),
    }[kind]
    wanted = list(dict.fromkeys(name for field in fields for name in field.columns))
    return csv.read_csv(
        pa.py_buffer(text),
        read_options=csv.ReadOptions(
            use_threads=False,
            column_names=list(header.names),
            block_size=max(1, text.size),
        ),
        parse_options=csv.ParseOptions(
            delimiter=header.delimiter, newlines_in_values=False, ignore_empty_lines=False
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, cell),
            include_columns=wanted,
            null_values=[],
            strings_can_be_null=False,
        ),
    )


def _ids(table: Any, field: Field) -> NDArray[Any]:
    columns = [table.column(name).to_pylist() for name in field.columns]
    # Objects: fixed-width text would make every id as long as the longest.
    return np.array(["\x1f".join(key) for key in zip(*columns, strict=True)], object)


def _keys(table: Any, field: Field) -> Keys:
    return Keys.product([_keys_of(table.column(name)) for name in field.columns])


def _keys_of(column: Any) -> Keys:
    parts = [
        Keys.named(_buffer(chunk.indices, np.int32), chunk.dictionary.to_pylist())
        for chunk in column.chunks
    ]
    return parts[0] if len(parts) == 1 else Keys.concatenate(parts)


def _numbers(table: Any, field: Field) -> NDArray[np.float64]:
    # Not to_numpy(): it imports pandas wherever that is installed.
    arrays = [_floats(table.column(name)) for name in field.columns]
    return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)


def _floats(column: Any) -> NDArray[np.float64]:
    parts = [_buffer(chunk, np.float64) for chunk in column.chunks]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _buffer(array: Any, dtype: Any) -> NDArray[Any]:
    """The values of an Arrow array, as a view."""
    values = np.frombuffer(array.buffers()[1], dtype)
    return values[array.offset : array.offset + len(array)]


_LOADERS: dict[str, Callable[[Any, Field], Loaded]] = {
    "numbers": _numbers,
    "ids": _ids,
    "keys": _keys,
}
