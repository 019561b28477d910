"""Arithmetic by NumPy, on the CPU."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.rowwise import ROWWISE


class NumpyBackend:
    """NumPy 2 is an array-API namespace by itself."""

    name = "numpy"
    device = "cpu"
    xp: Any = ROWWISE

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = dtype
        self._type = np.dtype(dtype)

    def widen(self, raw: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """The numbers in this precision and in C order; the array itself if it is so already."""
        if raw.dtype == self._type and raw.flags.c_contiguous and raw.dtype.isnative:
            return raw
        if out is None:
            out = np.empty(raw.shape, self._type)
        np.copyto(out, raw, casting="same_kind" if raw.dtype.kind == "f" else "unsafe")
        return out

    def indices(self, raw: NDArray[Any]) -> NDArray[np.int64]:
        """The same integers as int64."""
        return raw.astype(np.int64, copy=False)

    def to_numpy(self, array: NDArray[Any]) -> NDArray[np.float64]:
        """The same numbers as contiguous float64."""
        return np.ascontiguousarray(array, dtype=np.float64)
