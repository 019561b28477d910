"""NumPy, with fast reductions of rows of a few numbers.

NumPy reduces the last axis row by row: for rows of three that takes ten times as long as adding
three columns. Columns are added in the order that NumPy uses for a row, so no bit differs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Row lengths from which columns are not faster: for sums, and for other reductions.
_FEW_ADDED = 16
_FEW = 32


class RowWise:
    """The namespace of NumPy; the overridden functions differ in speed only."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        setattr(self, name, found)
        return found

    def sum(self, x: Any, axis: int | None = None, **options: Any) -> Any:
        """numpy.sum."""
        if _narrow(x, axis, options, _FEW_ADDED):
            return _added(x)
        return np.sum(x, axis=axis, **options)

    def mean(self, x: Any, axis: int | None = None, **options: Any) -> Any:
        """numpy.mean."""
        if _narrow(x, axis, options, _FEW_ADDED):
            return _added(x) / x.shape[-1]
        return np.mean(x, axis=axis, **options)

    def max(self, x: Any, axis: int | None = None, **options: Any) -> Any:
        """numpy.max."""
        if _narrow(x, axis, options, _FEW):
            return _reduced(np.maximum, x)
        return np.max(x, axis=axis, **options)

    def min(self, x: Any, axis: int | None = None, **options: Any) -> Any:
        """numpy.min."""
        if _narrow(x, axis, options, _FEW):
            return _reduced(np.minimum, x)
        return np.min(x, axis=axis, **options)

    def cumulative_sum(self, x: Any, *, axis: int | None = None, **options: Any) -> Any:
        """numpy.cumulative_sum."""
        if not _narrow(x, axis, options, _FEW):
            return np.cumulative_sum(x, axis=axis, **options)
        found = np.array(x)
        for k in range(1, x.shape[-1]):
            np.add(found[..., k - 1], x[..., k], out=found[..., k])
        return found


ROWWISE = RowWise()


def _narrow(x: Any, axis: int | None, options: dict[str, Any], width: int) -> bool:
    """True for plain NumPy arrays of floating-point rows of 2 to `width` - 1 numbers."""
    return (
        type(x) is np.ndarray
        and axis in (-1, x.ndim - 1)
        and x.ndim > 1
        and 1 < x.shape[-1] < width
        and x.dtype.kind == "f"
        and not options
    )


def _reduced(function: Callable[..., NDArray[Any]], x: NDArray[Any]) -> NDArray[Any]:
    found = function(x[..., 0], x[..., 1])
    for k in range(2, x.shape[-1]):
        function(found, x[..., k], out=found)
    return found


def _added(x: NDArray[Any]) -> NDArray[Any]:
    """The sum in NumPy's order: one after the other, but the first 8 of more than 7 in pairs."""
    if x.shape[-1] < 8:
        return _reduced(np.add, x)
    pairs = [x[..., k] + x[..., k + 1] for k in range(0, 8, 2)]
    found: NDArray[Any] = (pairs[0] + pairs[1]) + (pairs[2] + pairs[3])
    for k in range(8, x.shape[-1]):
        np.add(found, x[..., k], out=found)
    return found
