"""Arrays of a call from Python: converted, checked, and computed on a chunk at a time."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from losscli.backends.arrays import as_array
from losscli.backends.backend import Array, Namespace
from losscli.backends.numpy import prime_heap
from losscli.backends.rowwise import ROWWISE
from losscli.errors import DataError, Place
from losscli.losses.core.domain import Domain, rows_with

# Numbers in a chunk: few enough that temporaries stay in cache, many enough that threads seldom
# wait for the interpreter's lock.
_CHUNK = 32_768


def chunks(rows: int, numbers: int) -> list[slice]:
    """Slices of so many rows, of so many numbers each, in parts of equal length.

    A short last part would cost as much as a whole one.
    """
    count = round(rows * max(1, numbers) / _CHUNK)
    if count < 2:
        return [slice(0, rows)]
    step = max(1, -(-rows // count))
    return [slice(start, start + step) for start in range(0, rows, step)]


class RawInputs(NamedTuple):
    """Predictions and targets as NumPy arrays of any type of numbers; None without targets."""

    pred: NDArray[Any]
    target: NDArray[Any] | None

    @classmethod
    def of(cls, name: str, pred: Any, target: Any, *, targeted: bool) -> "RawInputs":
        """The arrays of a call of the loss `name`; targeted: True if it takes targets.

        Raises DataError for other than one row of targets for each row of predictions.
        """
        if not targeted and target is not None:
            raise DataError(f"{name} takes no targets: its rows hold all that it needs")
        raw = cls(as_array(pred, "pred"), as_array(target, "target") if targeted else None)
        rows = [array.shape[:1] for array in raw if array is not None]
        if () in rows or rows[0] != rows[-1]:
            shapes = " and ".join(str(array.shape) for array in raw if array is not None)
            raise DataError(f"{name} takes one target for each prediction; they are {shapes}")
        if 0 in raw.pred.shape[1:]:
            raise DataError(f"{name} takes rows of numbers; pred is {raw.pred.shape}")
        return raw

    def check_values(
        self,
        name: str,
        domains: tuple[Domain, Domain | None],
        classes: int | None,
        ignore_index: int | None,
    ) -> None:
        """Raise DataError for a value outside the domain of predictions or of targets."""
        pred_domain, target_domain = domains
        ignored = None
        if ignore_index is not None and self.target is not None and self.target.ndim == 1:
            ignored = self.target == ignore_index
        _check(name, "pred", self.pred, pred_domain, ignored=ignored)
        if target_domain is not None:
            _check(name, "target", self.target, target_domain, classes, ignore_index)


class Inputs(Struct, frozen=True):
    """The checked inputs of a call from Python: arrays of one backend, and parameters."""

    xp: Namespace
    pred: Array
    target: Array
    params: Mapping[str, Any]

    @classmethod
    def of(
        cls, pred: Any, target: Any, raw: "RawInputs", params: Mapping[str, Any], *, indexed: bool
    ) -> "Inputs":
        """The inputs on the backend of the predictions, in float64.

        pred, target: as they were given; raw: as NumPy arrays. indexed: True if targets are class
        indices, which stay integers.
        """
        if hasattr(pred, "detach"):
            return cls._on_torch(pred, target, raw.target, params, indexed=indexed)
        kind = np.int64 if indexed else np.float64
        second = None if raw.target is None else np.ascontiguousarray(raw.target, kind)
        return cls(ROWWISE, np.ascontiguousarray(raw.pred, np.float64), second, params)

    @classmethod
    def _on_torch(
        cls, pred: Any, target: Any, raw_target: Any, params: Mapping[str, Any], *, indexed: bool
    ) -> "Inputs":
        import torch
        from array_api_compat import torch as xp

        moved = {
            k: torch.as_tensor(v, dtype=torch.float64, device=pred.device)
            if isinstance(v, np.ndarray)
            else v
            for k, v in params.items()
        }
        second = None
        if raw_target is not None:
            other = target if hasattr(target, "detach") else torch.from_numpy(_plain(raw_target))
            second = other.to(pred.device).to(torch.int64 if indexed else torch.float64)
        return cls(xp, pred.to(torch.float64), second, moved)

    def map_chunks(self, function: Callable[..., Array], row: Sequence[int]) -> Array:
        """`function` of all rows, a chunk at a time where that keeps temporaries small."""
        with np.errstate(all="ignore"):
            if self.xp is not ROWWISE:
                return function(self.xp, self.pred, self.target, self.params)
            prime_heap()
            out = np.empty((len(self.pred), *row))
            for part in chunks(len(self.pred), math.prod(self.pred.shape[1:])):
                target = None if self.target is None else self.target[part]
                out[part] = function(self.xp, self.pred[part], target, self.params)
            return out


def _plain(array: Any) -> Any:
    """The same numbers in memory that torch can take: native, writable, of a type that it has."""
    kind = {"f": array.dtype.newbyteorder("="), "b": np.dtype(np.bool_)}.get(array.dtype.kind)
    return np.array(array, dtype=kind or np.int64, order="C")


def _check(
    name: str,
    role: str,
    raw: Any,
    domain: Domain,
    classes: int | None = None,
    ignore_index: int | None = None,
    ignored: Any = None,
) -> None:
    """Raise DataError where an entry of a row that is not `ignored` lies outside the domain."""
    missing, outside = domain.violations(raw, classes, ignore_index)
    mask = outside if outside is not None else missing
    if mask is not None and ignored is not None:
        mask = mask & ~ignored.reshape(-1, *(1,) * (mask.ndim - 1))
    if mask is not None and mask.any():
        at = np.unravel_index(int(mask.argmax()), mask.shape)
        raise DataError(
            f"{name} takes {domain.words}; {raw[at]} {domain.reason(float(raw[at]), classes)}",
            place=Place(role, row=int(at[0]), column=int(at[1]) if len(at) > 1 else None),
            count=int(rows_with(mask).sum()),
            total=len(mask),
        )
    finding = domain.finding(domain.marks(raw)) if domain.leaves_marks else None
    if finding is not None and not finding.code:
        raise DataError(f"{name}: {finding.message}", place=role, hint=finding.hint)
