"""PyTorch files: tensors that `torch.save` wrote, loaded without running code in them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, MissingError
from losscli.sources.array_table import ArrayTable
from losscli.sources.arrays import JoinedArray, PositionedArray
from losscli.sources.files import NoRowsError, OpenFile
from losscli.sources.formats import Format
from losscli.sources.named_arrays import ArraysTable, missing_array
from losscli.sources.options import ReadOptions
from losscli.sources.table import Table, Workspace

_TENSORS = "save tensors, a dict of them, or a list of batches: torch.save({'pred': pred}, path)"
# What a damaged file raises in torch.
_DAMAGE = (RuntimeError, ValueError, LookupError, EOFError, OSError, AttributeError, TypeError,
           MemoryError, AssertionError)  # fmt: skip


class TensorArray(PositionedArray):
    """A dense tensor, as NumPy has its numbers.

    Raises DataError for a tensor that holds no rows of real numbers, and for one that repeats the
    few numbers that are in the file.
    """

    def __init__(self, path: str, tensor: Any) -> None:
        import torch

        self.path = path
        _check_tensor(path, tensor)
        # NumPy lacks bfloat16 and the types of 8 bits; float32 holds each of their numbers.
        self._widens = tensor.is_floating_point() and (
            tensor.dtype == torch.bfloat16 or tensor.element_size() == 1
        )
        self._flat = tensor.detach().resolve_neg().contiguous().reshape(-1)
        self.shape = tuple(tensor.shape)
        self.dtype = self._numbers(0, 0).dtype
        self.size = self._flat.numel() * self._flat.element_size()

    def flat(self, start: int, count: int, workspace: Workspace, key: str) -> NDArray[Any]:  # noqa: ARG002
        """A view, or a copy where NumPy lacks the type."""
        return self._numbers(start, count)

    def _numbers(self, start: int, count: int) -> NDArray[Any]:
        part = self._flat[start : start + count]
        numbers: NDArray[Any] = (part.float() if self._widens else part).numpy()
        return numbers


def _check_tensor(path: str, tensor: Any) -> None:
    import torch

    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
        kind = "complex" if tensor.is_complex() else str(tensor.layout).removeprefix("torch.")
        kind = "quantized" if tensor.is_quantized else kind
        raise DataError(
            f"{path} is a {kind} tensor, not a dense one of real numbers",
            hint="save tensor.to_dense(), or its real numbers",
        )
    if not tensor.dim() or not tensor.numel():
        shape = tuple(tensor.shape)
        error = NoRowsError if shape[:1] == (0,) else DataError
        raise error(
            f"{path} has no rows: its shape is {shape}", hint="save a tensor of one row a sample"
        )
    there = tensor.untyped_storage().nbytes() // tensor.element_size()
    if tensor.numel() > there:
        raise DataError(
            f"{path} repeats {there:,} numbers as {tensor.numel():,} ({tuple(tensor.shape)})",
            hint="an expanded tensor? save tensor.contiguous()",
        )


class _Tensors:
    """The tensors of a file by their names; a tensor or a list of batches has the name ""."""

    def __init__(self, file: OpenFile) -> None:
        self._path = file.path
        found = _single(_loaded(file))
        self._found = {"": found} if _is_array(found) else _named(found)
        self.names = list(self._found)
        if not self.names:
            kind = type(found).__name__
            raise DataError(f"{file.path} holds a {kind} without tensors", hint=_TENSORS)

    def open(self, name: str) -> PositionedArray:
        """A tensor, or batches that are joined; raises DataError where there are none."""
        if name not in self._found:
            raise missing_array(self._path, name, self.names)
        found = self._found[name]
        path = f"{self._path}:{name}" if name else self._path
        if not isinstance(found, Sequence):
            return TensorArray(path, found)
        return JoinedArray(path, [TensorArray(path, batch) for batch in _batches(found)])


def _single(found: Any) -> Any:
    """The batches of the only data loader, where they are in a list for each of these."""
    while isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    return found


def _is_array(found: Any) -> bool:
    """True for a tensor, and for a list of tensors, of numbers, or of lists of integers."""
    import torch

    if isinstance(found, torch.Tensor):
        return True
    return isinstance(found, list | tuple) and bool(found) and (
        all(isinstance(batch, torch.Tensor) for batch in found)
        or all(isinstance(number, int | float) for number in found)
        or _are_indices(found)
    )  # fmt: skip


def _are_indices(found: Sequence[Any]) -> bool:
    """True for lists of integers, a batch each, not all empty: the row numbers of a sampler."""
    return any(found) and all(
        isinstance(batch, list) and all(type(number) is int for number in batch) for batch in found
    )


def _batches(found: Sequence[Any]) -> Sequence[Any]:
    """Tensors of rows: single numbers are one batch, and empty batches are omitted."""
    import torch

    if isinstance(found[0], list):
        found = [number for batch in found for number in batch]
    if not isinstance(found[0], torch.Tensor):
        kind = np.int64 if all(type(number) is int for number in found) else np.float64
        return [torch.from_numpy(np.array(found, kind))]
    if not any(batch.dim() for batch in found):
        return [torch.stack(list(found))]
    return [batch for batch in found if batch.numel()] or found[:1]


def _named(found: Any, prefix: str = "") -> dict[str, Any]:
    """The arrays in a mapping by their keys; those in a mapping of it as `key.name`."""
    arrays: dict[str, Any] = {}
    for key, value in found.items() if isinstance(found, Mapping) else ():
        if _is_array(value):
            arrays[f"{prefix}{key}"] = value
        elif isinstance(value, Mapping):
            arrays |= _named(value, f"{prefix}{key}.")
    return arrays


def _loaded(file: OpenFile) -> Any:
    """The objects of a file: tensors and containers of them.

    Raises MissingError without torch, DataError for other objects and for a damaged file.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingError(
            f"{file.path} can be read with torch only", hint="pip install 'losscli[torch]'"
        ) from error
    from pickle import UnpicklingError

    mapped = file.read(2, 0) == b"PK"  # older files are not zip archives
    try:
        return torch.load(file.path, map_location="cpu", weights_only=True, mmap=mapped)
    except UnpicklingError as error:
        raise DataError(
            f"{file.path} holds objects other than tensors, which could run code",
            hint=_TENSORS,
        ) from error
    except _DAMAGE as error:
        raise DataError(
            f"{file.path} cannot be read by torch: {str(error).splitlines()[0][:100]}",
            hint="the write or the copy did not finish, or it is damaged: make the file again",
        ) from error


def _open(file: OpenFile, options: ReadOptions) -> Table:
    tensors = _Tensors(file)
    if options.part or tensors.names == [""]:
        return ArrayTable(file, tensors.open(options.part), "pt")
    return ArraysTable(file, "pt", tensors.names, tensors.open)


# A zip archive with the objects in NAME/data.pkl, or the magic number of older versions.
FORMAT = Format(
    _open,
    suffixes=(".pt", ".pth"),
    magic=re.compile(
        rb"PK\x03\x04.{26}[^/\0]{1,512}/(?:data\.pkl|\.format_version|\.data/)"
        rb"|\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19\.",
        re.DOTALL,
    ),
    parts=True,
)
