"""Arrays of every kind that people have, as NumPy arrays of numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError


def as_array(values: Any, name: str) -> NDArray[Any]:
    """The values as a NumPy array of numbers, without a copy where that is possible.

    Raises DataError for what is no array of numbers.
    """
    if hasattr(values, "detach"):
        values = _of_tensor(values, name)
    elif isinstance(values, np.ma.MaskedArray):
        if np.ma.getmaskarray(values).any():
            raise DataError(
                f"{name} has masked values, which are no numbers",
                hint="fill them with nan, and say nan='skip': array.filled(numpy.nan)",
            )
        values = values.data
    try:
        array = np.asarray(_of_column(values))
    except (ValueError, TypeError, RuntimeError) as error:
        words = str(error).splitlines()[0]
        raise DataError(
            f"{name} is no array of numbers: {words}", hint="rows of one length, all numbers"
        ) from error
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise DataError(
            f"{name} is of {array.dtype}; numbers are wanted: float16 to float64, integers, bool"
        )
    return array


def holds_numbers(values: Any) -> bool:
    """Whether `as_array` takes the values for numbers; others may be texts or any objects."""
    if hasattr(values, "detach") or isinstance(values, np.ma.MaskedArray):
        return True
    if _nullable(values):
        return False
    try:
        return np.asarray(_of_column(values)).dtype.kind in "fiub"
    except (ValueError, TypeError):
        return False


def as_objects(values: Any, name: str) -> NDArray[Any]:
    """The values as an array of Python objects: texts, dates, None where one is missing.

    Raises DataError for rows of unlike lengths.
    """
    try:
        array = np.asarray(values.astype(object) if _nullable(values) else _of_column(values))
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} has rows of unlike lengths", hint="one key a row") from error
    if array.dtype.kind == "M":
        array = array.astype("M8[us]")  # finer times would become integers
    return array.astype(object)


def _nullable(values: Any) -> bool:
    """Whether it is a pandas column of a type that NumPy lacks: as floats its integers change."""
    return hasattr(values, "isna") and not isinstance(getattr(values, "dtype", _PLAIN), np.dtype)


_PLAIN = np.dtype(np.float64)


def _of_column(values: Any) -> Any:
    """A DataFrame's or Arrow's column as an array, nan where it has no number."""
    if not hasattr(values, "to_numpy"):
        return values
    try:
        return values.to_numpy()
    except ValueError:  # Arrow copies only when it is told to
        return values.to_numpy(zero_copy_only=False)


def _of_tensor(tensor: Any, name: str) -> NDArray[Any]:
    """A torch tensor's numbers on the host."""
    try:
        tensor = tensor.detach().cpu()
        # NumPy has no bfloat16; float32 holds each of its numbers.
        array: NDArray[Any] = (
            tensor.float() if "bfloat16" in str(tensor.dtype) else tensor
        ).numpy()
    except (TypeError, RuntimeError) as error:
        raise DataError(
            f"{name} is a tensor that NumPy cannot take: {str(error).splitlines()[0]}",
            hint="give a dense tensor of a common type: tensor.to_dense().float()",
        ) from error
    return array
