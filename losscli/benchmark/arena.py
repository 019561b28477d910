"""Memory that a benchmark shares with the process of an implementation, and arrays in it."""

import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.benchmark.messages import Part

_ALIGNED = 64
_KNOWN = ("float64", "float32", "float16", "int64", "int32", "bool", "uint8")


class Arena:
    """Shared memory: a file without a name, mapped by both processes.

    descriptor: the file. It only grows, and cannot be cut where the system can seal it.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = _anonymous() if descriptor is None else descriptor
        self.size = 0
        self._map: mmap.mmap | None = None

    def grow(self, size: int) -> bool:
        """Make room for `size` bytes; True if it had to grow."""
        if size <= self.size:
            return False
        os.ftruncate(self.descriptor, size)
        self.map(size)
        return True

    def map(self, size: int) -> None:
        """Map the file, of so many bytes; arrays of before keep the old mapping."""
        self._map = mmap.mmap(self.descriptor, size)
        self.size = size

    def array(self, part: Part) -> NDArray[Any]:
        """The array of a part; numbers of bfloat16 are their 16 bits.

        Raises ValueError for a part that is not in the memory.
        """
        dtype = np.dtype("uint16" if part.dtype == "bfloat16" else part.dtype)
        count = int(np.prod(part.shape, dtype=np.int64))
        if self._map is None or part.dtype not in (*_KNOWN, "bfloat16") or part.offset < 0:
            raise ValueError(f"not an array in this memory: {part.dtype} at {part.offset}")
        flat = np.frombuffer(self._map, dtype, count, part.offset)
        return flat.reshape(part.shape)

    def close(self) -> None:
        """Close the file; the mapping goes with its last array."""
        with suppress(OSError):
            os.close(self.descriptor)
        self._map = None


def _anonymous() -> int:
    """A new file that has no name; Linux keeps it in memory and lets nobody cut it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("losscli", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        return descriptor
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def layout(arrays: Iterable[NDArray[Any]], dtype: str) -> tuple[tuple[Part, ...], int]:
    """Parts for arrays of numbers of `dtype` and of integers, one after the other, and their end.

    Arrays of bfloat16 are float32 on the host and 16 bits in the memory.
    """
    parts, end = [], 0
    for array in arrays:
        narrow = dtype == "bfloat16" and array.dtype.kind == "f"
        part = Part(end, tuple(array.shape), "bfloat16" if narrow else array.dtype.name)
        parts.append(part)
        end = aligned(end + array.size * (2 if narrow else array.itemsize))
    return tuple(parts), end


def aligned(offset: int) -> int:
    """The next offset at which an array may begin."""
    return -(-offset // _ALIGNED) * _ALIGNED


def encoded(array: NDArray[Any], part: Part) -> NDArray[Any]:
    """Numbers as the memory holds them; those of bfloat16 are given exactly, as float32."""
    if part.dtype != "bfloat16":
        return array
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32) >> np.uint32(16)
    return bits.astype(np.uint16)


def decoded(array: NDArray[Any], part: Part) -> NDArray[Any]:
    """The inverse of `encoded`."""
    if part.dtype != "bfloat16":
        return array
    return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
