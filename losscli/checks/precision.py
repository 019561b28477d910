"""Floating-point types by their parameters, bfloat16 included, and conversions between them."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import UsageError
from losscli.implementations.implementation import Setting

Floats = NDArray[np.float64]


class Precision(NamedTuple):
    """A binary floating-point type.

    digits: bits of the significand, the hidden one included. lowest: the exponent of the smallest
    subnormal. highest: the exponent of the smallest power of two that overflows. size: bytes.
    """

    name: str
    digits: int
    lowest: int
    highest: int
    size: int

    @property
    def eps(self) -> float:
        """The distance from 1 to the next number."""
        return float(2.0 ** (1 - self.digits))

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return math.ldexp(1.0 - 2.0**-self.digits, self.highest)

    def spacing(self, values: Any) -> Floats:
        """The unit in the last place of the number nearest to each value."""
        _, exponent = np.frexp(np.abs(values))
        exponent = np.where(np.asarray(values) == 0, self.lowest, exponent)
        return np.asarray(np.ldexp(1.0, np.maximum(exponent - self.digits, self.lowest)))

    def ulps(self, actual: Any, truth: Any, unit_of: Any = None) -> Floats:
        """The distance of each value from the truth, in units in the last place of `unit_of`.

        unit_of: the truth by default. The distance is 0 between equal infinities and between NaNs,
        infinite where only one of the two is not finite.
        """
        actual, truth = np.asarray(actual, np.float64), np.asarray(truth, np.float64)
        with np.errstate(all="ignore"):
            of = truth if unit_of is None else unit_of
            distance = np.abs(actual - truth) / self.spacing(np.where(np.isfinite(truth), of, 1.0))
        same = (actual == truth) | (np.isnan(actual) & np.isnan(truth))
        return np.where(same, 0.0, np.where(np.isfinite(distance), distance, np.inf))


_PRECISIONS = {
    "float64": Precision("float64", 53, -1074, 1024, 8),
    "float32": Precision("float32", 24, -149, 128, 4),
    "float16": Precision("float16", 11, -24, 16, 2),
    "bfloat16": Precision("bfloat16", 8, -133, 128, 2),
}


def precision(name: str) -> Precision:
    """The type of a name; raises UsageError for an unknown one."""
    if name not in _PRECISIONS:
        raise UsageError(f"unknown dtype {name!r}", hint=f"--dtype {', '.join(_PRECISIONS)}")
    return _PRECISIONS[name]


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
