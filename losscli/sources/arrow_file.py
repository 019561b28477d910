"""Open files as pyarrow reads them: by position, through the descriptor that is watched."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.sources.files import OpenFile


class _Positioned:
    """The methods of a Python file that pyarrow calls; each reader has a position of its own."""

    closed = False

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._position = 0

    def read(self, size: int = -1) -> NDArray[np.uint8]:
        left = max(0, self._file.size - self._position)
        data = np.empty(left if size < 0 else min(size, left), np.uint8)  # bytes would be a copy
        self._file.read_into(data, self._position)
        self._position += data.size
        return data

    def seek(self, offset: int, origin: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._file.size}
        self._position = base[origin] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def flush(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        self.closed = True  # the descriptor is the table's


def as_arrow(file: OpenFile) -> Any:
    """A file of pyarrow over an open file, which stays open when it is closed."""
    import pyarrow as pa

    return pa.PythonFile(_Positioned(file), mode="r")
