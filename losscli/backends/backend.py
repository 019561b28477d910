"""What a backend is, and how one is chosen."""

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.errors import UsageError

Array: TypeAlias = Any  # a NumPy array or a torch tensor
Namespace: TypeAlias = Any  # the array-API functions of either

ACCELERATORS = ("cuda", "mps")


class Backend(Protocol):
    """A namespace of array functions on a device, in one precision."""

    name: str
    device: str
    dtype: str
    xp: Namespace

    def widen(self, raw: NDArray[Any], out: NDArray[Any] | None = None) -> Array:
        """Real numbers of any type as an array of this backend's precision; `out` may serve."""

    def indices(self, raw: NDArray[Any]) -> Array:
        """Whole numbers as indices."""

    def to_numpy(self, array: Array) -> NDArray[np.float64]:
        """A result as float64 on the host, contiguous."""


def choose(backend: str, device: str, dtype: str) -> Backend:
    """The backend that the flags ask for; `auto` is numpy, unless the device is an accelerator.

    Raises UsageError where the two exclude each other, MissingError where this machine lacks one.
    """
    accelerated = device.split(":")[0] in ACCELERATORS
    if backend == "numpy" and accelerated:
        raise UsageError(
            f"the numpy backend computes on the cpu, not on {device}",
            hint="leave --backend out, or say --backend torch",
        )
    if backend == "torch" or accelerated:
        from losscli.backends.torch import TorchBackend

        return TorchBackend(device, dtype)
    if device != "cpu":
        raise UsageError(f"no such device: {device}", hint="--device cpu, cuda, cuda:N or mps")
    from losscli.backends.numpy import NumpyBackend

    return NumpyBackend(dtype)
