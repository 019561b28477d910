"""Settings of the C library's heap that make temporaries cheap."""

from functools import cache

_KEPT = (32 << 20) - (1 << 16)  # bytes: just below the most that glibc learns to keep


@cache
def prime_heap() -> None:
    """Free one large block, once: glibc then keeps freed memory instead of mapping it anew.

    It learns that from the largest block freed so far, so that without this the same call costs
    its page faults or does not, as what ran before happens to have it. Of the block, which nobody
    writes to, no page is ever there.
    """
    import numpy as np

    np.empty(_KEPT, np.uint8)


_reuses_memory = False


def reuses_memory() -> bool:
    """Whether large temporaries are cheap in this process."""
    return _reuses_memory


def reuse_freed_memory() -> None:
    """Keep freed blocks within this process, where the C library is glibc; for command lines.

    glibc gives each freed temporary above 128 KB back to the system, and faulting it in again
    costs several times the arithmetic done in it.
    """
    import ctypes

    trim_threshold, mmap_threshold, large = -1, -3, 1 << 30
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    global _reuses_memory
    _reuses_memory = bool(mallopt(mmap_threshold, large) and mallopt(trim_threshold, large))
