"""Array-like objects as NumPy arrays of numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError


def as_array(values: Any, name: str) -> NDArray[Any]:
    """The values as a NumPy array of numbers, without a copy where that is possible.

    Raises DataError for anything else.
    """
    array = values if type(values) is np.ndarray else _converted(values, name)
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise DataError(
            f"{name} has dtype {array.dtype}; expected float16 to float64, integers or bool"
        )
    return array


def _converted(values: Any, name: str) -> NDArray[Any]:
    """An array of any type."""
    if hasattr(type(values), "detach"):
        values = _of_tensor(values, name)
    elif isinstance(values, np.ma.MaskedArray):
        if np.ma.getmaskarray(values).any():
            raise DataError(
                f"{name} has masked values",
                hint="fill them with nan and pass nan='skip': array.filled(numpy.nan)",
            )
        values = values.data
    elif hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        values = _of_dlpack(values, name)
    try:
        return np.asarray(_of_column(values))
    except (ValueError, TypeError, RuntimeError) as error:
        words = str(error).splitlines()[0]
        raise DataError(
            f"{name} is not an array of numbers: {words}",
            hint="expected numbers in rows of the same length",
        ) from error


_NO_FRAME = (np.ndarray, str, type(None))  # the most frequent by far


def is_frame(thing: Any) -> bool:
    """True for an object with named columns, rather than an array or a path."""
    if isinstance(thing, _NO_FRAME):
        return False
    return hasattr(thing, "columns") or hasattr(thing, "column_names") or (
        hasattr(thing, "__arrow_c_stream__") and not hasattr(thing, "__array__")
    )  # fmt: skip


def holds_numbers(values: Any) -> bool:
    """True if `as_array` accepts the values as numbers; others may be texts or any objects."""
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

    Raises DataError for rows of different lengths.
    """
    try:
        array = np.asarray(values.astype(object) if _nullable(values) else _of_column(values))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{name} has rows of different lengths", hint="give one key per row"
        ) from error
    if array.dtype.kind == "M":
        array = array.astype("M8[us]")  # finer times would become integers
    return array.astype(object)


def _nullable(values: Any) -> bool:
    """True for a pandas column of a type that NumPy lacks: integers would change as floats."""
    return hasattr(values, "isna") and not isinstance(getattr(values, "dtype", _PLAIN), np.dtype)


_PLAIN = np.dtype(np.float64)


def _of_column(values: Any) -> Any:
    """A column of a DataFrame or of Arrow as an array, with nan for missing values."""
    if not hasattr(values, "to_numpy"):
        return values
    if _nullable(values) and values.dtype.kind in "biuf" and values.isna().any():
        return values.to_numpy(np.float64, na_value=np.nan)
    try:
        return values.to_numpy()
    except ValueError:  # Arrow copies only if allowed to
        return values.to_numpy(zero_copy_only=False)


def _of_dlpack(values: Any, name: str) -> NDArray[Any]:
    """An array of another library that exchanges them by DLPack."""
    try:
        return np.from_dlpack(values)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise DataError(
            f"{name} cannot be exchanged by DLPack: {str(error).splitlines()[0]}",
            hint="copy it to the memory of the host, in a type that NumPy has",
        ) from error


def _of_tensor(tensor: Any, name: str) -> NDArray[Any]:
    try:
        tensor = tensor.detach().cpu()
        # NumPy has no bfloat16; float32 holds each of its numbers.
        array: NDArray[Any] = (
            tensor.float() if "bfloat16" in str(tensor.dtype) else tensor
        ).numpy()
    except (TypeError, RuntimeError) as error:
        raise DataError(
            f"{name} is a tensor that NumPy cannot convert: {str(error).splitlines()[0]}",
            hint="give a dense tensor of a common type: tensor.to_dense().float()",
        ) from error
    return array
