"""The interface of backends, and the choice of one."""

from collections.abc import Callable
from functools import cache
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

    def __hash__(self) -> int:
        """By identity."""

    def widen(self, raw: NDArray[Any], empty: Callable[..., NDArray[Any]] = np.empty) -> Array:
        """Real numbers of any type in this backend's precision; empty: gives memory for them."""

    def indices(self, raw: NDArray[Any]) -> Array:
        """Integers as indices."""

    def to_numpy(self, array: Array) -> NDArray[np.float64]:
        """A result as float64 on the host, contiguous."""


def choose(backend: str, device: str, dtype: str) -> Backend:
    """The backend of these flags; `auto` is numpy, unless the device is an accelerator.

    Raises UsageError for a device that the backend does not have, MissingError for one that this
    machine does not have.
    """
    if device == "cpu" and backend != "torch":
        return _numpy(dtype)
    accelerated = device.split(":")[0] in ACCELERATORS
    if backend == "numpy" and accelerated:
        raise UsageError(
            f"the numpy backend computes on the cpu, not on {device}",
            hint="omit --backend, or use --backend torch",
        )
    if backend == "torch" or accelerated:
        from losscli.backends.torch import TorchBackend

        return TorchBackend(device, dtype)
    raise UsageError(f"unknown device {device!r}", hint="--device cpu, cuda, cuda:N or mps")


@cache
def _numpy(dtype: str) -> Backend:
    from losscli.backends.numpy import NumpyBackend

    return NumpyBackend(dtype)
