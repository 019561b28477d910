"""Open files as pyarrow reads them: by position, through the descriptor that is watched."""

import os
from typing import Any

from losscli.sources.files import OpenFile


class _Positioned:
    """The methods of a Python file that pyarrow calls; each reader has a position of its own."""

    closed = False

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        count = self._file.size - self._position if size < 0 else size
        data = self._file.read(count, self._position)
        self._position += len(data)
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
