"""The memory of the benchmark, which the processes of implementations may not read: on Linux.

Linux lets a process read the memory of another one of the same user, if that one may be dumped, and
lets a superuser read all.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_GET_DUMPABLE, _SET_DUMPABLE, _DROP = 3, 4, 24  # of prctl
_TRACE = 19  # CAP_SYS_PTRACE
_VERSION = 0x20080522  # of the arguments of capset


@contextmanager
def unreadable() -> Iterator[None]:
    """A context in which other processes of the user cannot read the memory of this one."""
    prctl = _function("prctl")
    before = prctl(_GET_DUMPABLE, 0, 0, 0, 0)
    if before == 1:
        prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    try:
        yield
    finally:
        if before == 1:
            prctl(_SET_DUMPABLE, 1, 0, 0, 0)


def give_up_tracing() -> None:
    """Give up a superuser's right to read the memory of others, for all that it starts as well."""
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, twice 32 bits
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    _function("prctl")(_DROP, _TRACE, 0, 0, 0)
    if _function("capget")(header, sets) == 0:
        for at in range(3):
            sets[at] &= ~(1 << _TRACE) & 0xFFFFFFFF
        _function("capset")(header, sets)


def _function(name: str) -> Any:
    """A function of the system's library; one that does nothing where there is none."""
    return getattr(ctypes.CDLL(None), name, lambda *_: -1)
