"""Arithmetic by PyTorch, on the CPU or an accelerator; imported only if requested."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import MissingError, UsageError


class TorchBackend:
    """PyTorch through array_api_compat, so that the same expressions run."""

    name = "torch"

    def __init__(self, device: str = "cpu", dtype: str = "float64") -> None:
        try:
            import torch
            from array_api_compat import torch as xp
        except ImportError as error:
            raise MissingError(
                f"the torch backend needs a package that is not installed: {error.name}",
                hint="pip install 'losscli[torch]'",
            ) from error
        _check_device(torch, device)
        if device.startswith("mps") and dtype == "float64":
            raise MissingError("mps has no float64", hint="use --dtype float32")
        self.xp = xp
        self.device = device
        self.dtype = dtype
        self._torch = torch
        self._type = getattr(torch, dtype)

    def widen(self, raw: NDArray[Any], empty: Callable[..., NDArray[Any]] = np.empty) -> Any:  # noqa: ARG002
        """The same numbers on the device, in this precision."""
        return self._tensor(raw).to(self.device, self._type)

    def indices(self, raw: NDArray[Any]) -> Any:
        """The same integers as int64 on the device."""
        return self._tensor(raw.astype(np.int64, copy=False)).to(self.device)

    def to_numpy(self, array: Any) -> NDArray[np.float64]:
        """The same numbers as contiguous float64 on the host."""
        host = array.detach().to("cpu", self._torch.float64)
        return np.ascontiguousarray(host.numpy())

    def _tensor(self, raw: NDArray[Any]) -> Any:
        if not raw.dtype.isnative or raw.dtype.kind == "u" or not raw.flags.writeable:
            # torch has no other byte order, few unsigned types, and warns of read-only memory
            raw = raw.astype(np.float64 if raw.dtype.kind in "fu" else np.int64)
        raw = np.ascontiguousarray(raw)
        if min(raw.strides, default=0) < 0:  # of an axis of 1, which NumPy does not copy for it
            raw = raw.copy()
        return self._torch.from_numpy(raw)


def _check_device(torch: Any, device: str) -> None:
    kind, _, index = device.partition(":")
    if kind == "cpu" and not index:
        return
    if kind == "cuda" and (not index or index.isdecimal()):
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(index or 0) < found:
            return
        names = ", ".join(torch.cuda.get_device_name(i) for i in range(found)) or "none"
        raise MissingError(
            f"this machine has no {device}: {found} CUDA devices found ({names})",
            hint=f"torch {torch.__version__}, CUDA {torch.version.cuda or 'not built in'}",
        )
    if kind == "mps" and not index:
        if torch.backends.mps.is_available():
            return
        raise MissingError("this machine has no mps device")
    raise UsageError(f"no such device: {device}", hint="--device cpu, cuda, cuda:N or mps")
