"""Settings of the C library's heap that make temporaries cheap."""

from functools import cache

_PRIMED = (32 << 20) - (1 << 16)  # bytes: just below the largest threshold that glibc learns


@cache
def prime_heap() -> None:
    """Free one large block, once: glibc then keeps freed memory instead of unmapping it.

    It raises its threshold to the largest block freed so far, so that without this the page faults
    of a call depend on earlier calls. No page of the block is ever touched.
    """
    import numpy as np

    np.empty(_PRIMED, np.uint8)


_reuses_memory = False


def reuses_memory() -> bool:
    """True if large temporaries are cheap in this process."""
    return _reuses_memory


def reuse_freed_memory() -> None:
    """Keep freed blocks within this process, where the C library is glibc; for command lines.

    glibc returns each freed temporary above 128 KB to the system, and the page faults of the next
    one cost several times its arithmetic.
    """
    import ctypes

    trim_threshold, mmap_threshold, large = -1, -3, 1 << 30
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    global _reuses_memory
    _reuses_memory = bool(mallopt(mmap_threshold, large) and mallopt(trim_threshold, large))
