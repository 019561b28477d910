"""Tables of locations, arrays and DataFrames, each by its own name."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import holds_numbers, is_frame
from losscli.errors import DataError, UsageError
from losscli.sources import formats
from losscli.sources.files import STANDARD_INPUT, OpenFile
from losscli.sources.memory import array_table, key_table
from losscli.sources.naming import listed
from losscli.sources.options import ReadOptions
from losscli.sources.references import exists, split_reference
from losscli.sources.table import Table, Workspace

if TYPE_CHECKING:
    pass


_PARAMETER_BYTES = 256 << 20


def open_table(thing: Any, name: str, options: ReadOptions = ReadOptions()) -> Table:  # noqa: B008
    """A location, an array or a DataFrame as a table; `name` is what messages call the last two.

    A table is itself.

    A location: a file, a folder or a pattern of files, a pipe, "-" for standard input, or a URL.

    A path may name a part of a file, `FILE:PART`.

    Raises DataError for what cannot be read, UsageError for a file in an unknown format.
    """
    if not isinstance(thing, str | os.PathLike):
        if hasattr(thing, "cuts"):
            table: Table = thing
            return table
        if not is_frame(thing):
            return array_table(thing, name)
        from losscli.sources.frames import frame_table

        return frame_table(thing, name)
    path, part = split_reference(thing)
    options = options._replace(part=part)
    if os.path.isfile(path):  # noqa: PTH113 - pathlib costs its import
        return formats.open_table(OpenFile(path), options)
    from losscli.sources.locations import open_location

    return open_location(path, options)


def read_array(path: str) -> NDArray[Any]:
    """A small array of a .npy file, whole: a parameter, not data.

    Any other file is refused before it is read: no message may show its content.
    """
    from losscli.sources.formats import npy

    file = OpenFile(path)
    try:
        if formats.format_of(file) is not npy.FORMAT:
            raise DataError(f"{path} is not a .npy file", hint="save the array with numpy.save")
        if file.size > _PARAMETER_BYTES:
            raise DataError(
                f"{path} cannot be a parameter", hint="expected a .npy file of at most 256 MiB"
            )
        array = npy.read_npy(file)
        return np.array(array.read(0, array.shape[0], Workspace(), "array"))
    finally:
        file.close()


class Opener:
    """Opens tables, and finds columns in those at hand."""

    def __init__(self, options: ReadOptions, *, texts: bool) -> None:
        self._options = options
        self._opened: list[Table] = []
        self.at_hand: tuple[Table, ...] = ()
        self.paired: Callable[[Table], Table] = lambda table: table
        self._texts = ("preds", "targets") if texts else ()  # may be arrays of text

    def open(self, thing: Any, name: str) -> Table:
        """The table of a location, an array or a DataFrame; as `open_table`."""
        if isinstance(thing, np.ndarray) and thing.dtype.kind in "fiub":
            return array_table(thing, name)
        again = isinstance(thing, str) and thing == STANDARD_INPUT
        if again and any(table.path == STANDARD_INPUT for table in self._opened):
            raise UsageError(
                "- is named twice, and standard input can be read once only",
                hint="save one of the two as a file",
            )
        try:
            table = open_table(thing, name, self._options)
        except DataError:
            path = isinstance(thing, str | os.PathLike)
            if name not in self._texts or path or holds_numbers(thing):
                raise
            table = key_table(thing, name)
        self._opened.append(table)
        return table

    def row_numbers(self, rows: Any, first: Table) -> tuple[Table, Sequence[str] | None]:
        """The table of the row numbers of predictions, and their column if it is theirs."""
        self.at_hand = (first,)
        found = self.find(rows, "--rows")
        return (self.open(rows, "rows"), None) if found is None else (found, [rows])

    def close(self) -> None:
        """Close the tables that were opened."""
        for table in self._opened:
            table.close()

    def find(self, thing: Any, flag: str) -> Table | None:
        """The table that has a column of that name, None for a file; `./name` is always a file.

        Raises DataError for what is neither.
        """
        if not isinstance(thing, str):
            return None
        table = next((table for table in self.at_hand if thing in table.names()), None)
        if table is None and not _is_location(thing):
            names = dict.fromkeys(name for table in self.at_hand for name in table.names())
            raise DataError(
                f"{flag} {thing} is neither a column nor a file",
                place=f"the columns are {listed([*map(repr, names)], 60)}" if names else None,
                hint="name a column of a table, or a .npy or .csv file",
            )
        return table


def _is_location(path: str) -> bool:
    if exists(path):
        return True
    from losscli.sources.locations import is_location

    return is_location(split_reference(path).path)
