"""Conversions between arrays on the host and tensors on a device."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.precision import Floats
from losscli.implementations.implementation import Setting


def to_host(array: Any) -> Floats:
    """A result as float64 on the host."""
    if hasattr(array, "detach"):
        import torch

        wide: Floats = array.detach().to("cpu").to(torch.float64).numpy()
        return wide
    return np.asarray(array, np.float64)


def to_tensor(array: NDArray[Any], setting: Setting) -> Any:
    """A tensor on the device; on the CPU it shares the array's memory, except for bfloat16."""
    import torch

    tensor = torch.from_numpy(array)
    if array.dtype.kind == "f":
        tensor = tensor.to(getattr(torch, setting.dtype))
    return tensor.to(setting.device)


def as_dtype(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The nearest numbers of a dtype; bfloat16 is stored as float32, integers are unchanged."""
    if array.dtype.kind != "f":
        return array
    if dtype != "bfloat16":
        return np.ascontiguousarray(array, dtype)
    import torch

    rounded = torch.from_numpy(np.ascontiguousarray(array)).to(torch.bfloat16)
    stored: NDArray[Any] = rounded.to(torch.float32).numpy()
    return stored


def row_index(like: Any, rows: NDArray[np.int64]) -> Any:
    """Row indices in the form that an array or a tensor takes."""
    if hasattr(like, "detach"):
        import torch

        return torch.from_numpy(rows).to(like.device)
    return rows


def tensor_bytes(tensor: Any) -> NDArray[np.uint8]:
    """The bytes of a tensor, on the host."""
    import torch

    view: NDArray[np.uint8] = tensor.detach().cpu().contiguous().view(torch.uint8).numpy()
    return view
