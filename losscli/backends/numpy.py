"""Arithmetic by NumPy, on the CPU."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.rowwise import ROWWISE


@cache
def prime_heap() -> None:
    """Free one large block, once: glibc then keeps freed memory instead of unmapping it.

    It raises its threshold to the largest block freed so far, so that without this the page faults
    of a call depend on earlier calls. No page of the block is ever touched.
    """
    np.empty((32 << 20) - (1 << 16), np.uint8)  # just below the largest threshold that it learns


class NumpyBackend:
    """NumPy 2 is an array-API namespace by itself."""

    name = "numpy"
    device = "cpu"
    xp: Any = ROWWISE

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = dtype
        self._type = np.dtype(dtype)
        prime_heap()

    def widen(
        self, raw: NDArray[Any], empty: Callable[..., NDArray[Any]] = np.empty
    ) -> NDArray[Any]:
        """The numbers in this precision and in C order; the array itself if it is so already."""
        if raw.dtype == self._type and raw.flags.c_contiguous and raw.dtype.isnative:
            return raw
        out = empty(raw.shape, self._type)
        out[...] = raw
        return out

    def indices(self, raw: NDArray[Any]) -> NDArray[np.int64]:
        """The same integers as int64."""
        return raw.astype(np.int64, copy=False)

    def to_numpy(self, array: NDArray[Any]) -> NDArray[np.float64]:
        """The same numbers as contiguous float64."""
        return np.ascontiguousarray(array, dtype=np.float64)
