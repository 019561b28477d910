"""Cores: one for the benchmark while it times a process, and the others for that process.

Linux likes to run two processes that talk to each other on one core, where each waits for the other
and takes its caches.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def give_others(process: int, threads: int) -> None:
    """Let a process run on all cores but the benchmark's, if it needs fewer than all."""
    with suppress(OSError):
        cores = os.sched_getaffinity(process) if _cores() else set()
        if len(cores) > threads:
            os.sched_setaffinity(process, cores - _own(cores))


@contextmanager
def on_own_core(threads: int) -> Iterator[None]:
    """A context in which this thread runs on the benchmark's core, if processes run on others."""
    cores = _cores()
    if len(cores) <= threads:
        yield
        return
    os.sched_setaffinity(0, _own(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _cores() -> set[int]:
    """The cores that this thread may use; none if the system does not say."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _own(cores: set[int]) -> set[int]:
    return {min(cores)}
