"""`RunQueue`: how long a thread ran, and how long it waited for a core, as Linux counts it."""

import os
from contextlib import suppress


class RunQueue:
    """The main thread of a process, or one thread of it; it waits 0 s where nobody counts."""

    def __init__(self, process: int, thread: int | None = None) -> None:
        folder = f"/proc/{process}" if thread is None else f"/proc/{process}/task/{thread}"
        self._file = -1
        with suppress(OSError):
            self._file = os.open(f"{folder}/schedstat", os.O_RDONLY | os.O_CLOEXEC)

    @property
    def waited_s(self) -> float:
        """The seconds in which it was ready to run and had no core, so far."""
        return self._field(1)

    @property
    def ran_s(self) -> float:
        """Its CPU seconds so far; those of the last milliseconds may be missing."""
        return self._field(0)

    def _field(self, at: int) -> float:
        with suppress(OSError, IndexError, ValueError):
            return int(os.pread(self._file, 100, 0).split()[at]) * 1e-9
        return 0.0

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            os.close(self._file)
        self._file = -1
