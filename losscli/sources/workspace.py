"""The reused memory of one worker."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Workspace:
    """Buffers that a worker reuses from block to block, so that memory stays flat."""

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}

    def empty(self, key: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """An array whose content is undefined; the next call with this key takes it back."""
        dtype = np.dtype(dtype)
        size = dtype.itemsize * math.prod(shape)
        memory = self._memory.get(key)
        if memory is None or memory.size < size:
            memory = self._memory[key] = np.empty(size, np.uint8)
        array: NDArray[Any] = memory[:size].view(dtype).reshape(shape)
        return array
