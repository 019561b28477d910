"""Opening one table: a file in any of the formats, or an array."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.sources import formats
from losscli.sources.files import OpenFile
from losscli.sources.memory import array_table
from losscli.sources.table import Table
from losscli.sources.workspace import Workspace

_PARAMETER_BYTES = 256 << 20


def open_table(thing: Any, name: str, header: bool = True) -> Table:
    """A path or an array as a table; `name` is what messages call an array.

    header: False if a text file has no line of column names.

    Raises DataError for what cannot be read, UsageError for a file in an unknown format.
    """
    if not isinstance(thing, str | os.PathLike):
        return array_table(thing, name)
    file = OpenFile(thing)
    try:
        return formats.format_of(file).open(file, header)
    except BaseException:
        file.close()
        raise


def read_array(path: str) -> NDArray[Any]:
    """A small array of a .npy file, whole: a parameter, not data.

    Any other file is refused before it is read: no message may show its content.
    """
    from losscli.sources.formats import npy

    file = OpenFile(path)
    try:
        if formats.format_of(file) is not npy.FORMAT:
            raise DataError(f"{path} is not a .npy file", hint="save the array with numpy.save")
        table = npy.NpyTable(file)
        if table.size > _PARAMETER_BYTES:
            raise DataError(
                f"{path} cannot be a parameter", hint="expected a .npy file of at most 256 MiB"
            )
        return np.array(table.read(0, table.rows, Workspace(), "array"))
    finally:
        file.close()
