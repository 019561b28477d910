"""Arrays of a call from Python, taken and checked, and worked on a chunk at a time."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.backends.arrays import as_array
from losscli.backends.backend import Array, Namespace
from losscli.backends.heap import prime_heap
from losscli.backends.rowwise import ROWWISE
from losscli.errors import DataError, Place
from losscli.losses.core.domain import Domain, rows_with

if TYPE_CHECKING:
    from losscli.losses.core.loss import Loss

# Numbers that are worked on at once in a host's process: few enough for temporaries that it keeps
# (see prime_heap) and that stay in cache. Calls on a sixteenth of them are so short that two
# threads spend more on the interpreter's lock than they save: triplet_margin then took 7 ns, not 2.
_CHUNK = 262_144


def chunks(rows: int, numbers: int) -> Iterator[slice]:
    """Parts of so many rows of so many numbers each, alike long: a short last one costs as much."""
    count = max(1, round(rows * max(1, numbers) / _CHUNK))
    step = max(1, -(-rows // count))
    return (slice(start, start + step) for start in range(0, rows, step))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a Python call is made of, checked: arrays of one backend, and parameters."""

    xp: Namespace
    pred: Array
    target: Array
    params: Mapping[str, Any]

    @classmethod
    def of(cls, loss: "Loss", pred: Any, target: Any, given: Mapping[str, Any]) -> "Inputs":
        """Those of a call of a loss; raises what the call does."""
        params = loss.resolve(given)
        if not loss.rows_of.targeted and target is not None:
            raise DataError(f"{loss.name} takes no targets: its rows hold all that it needs")
        raw_pred = as_array(pred, "pred")
        raw_target = None if not loss.rows_of.targeted else as_array(target, "target")
        if raw_pred.ndim == 0 or (
            raw_target is not None and len(raw_pred) != len(np.atleast_1d(raw_target))
        ):
            beside = "" if raw_target is None else f" and {raw_target.shape}"
            raise DataError(
                f"{loss.name} takes one target a prediction; they are {raw_pred.shape}{beside}"
            )
        target_row = None if raw_target is None else raw_target.shape[1:]
        loss.check_shapes(raw_pred.shape[1:], target_row, params)
        if not raw_pred.size and len(raw_pred):
            raise DataError(f"{loss.name} takes rows of numbers; pred is {raw_pred.shape}")
        _check_inputs(loss, raw_pred, raw_target, params)
        indexed = loss.indexed(target_row)
        if hasattr(pred, "detach"):
            return cls._on_torch(pred, target, raw_target, params, indexed=indexed)
        kind = np.int64 if indexed else np.float64
        second = None if raw_target is None else np.ascontiguousarray(raw_target, kind)
        return cls(ROWWISE, np.ascontiguousarray(raw_pred, np.float64), second, params)

    @classmethod
    def _on_torch(
        cls, pred: Any, target: Any, raw_target: Any, params: Mapping[str, Any], *, indexed: bool
    ) -> "Inputs":
        """Tensors on the device of the predictions."""
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


def _check_inputs(loss: "Loss", pred: Any, target: Any, params: Mapping[str, Any]) -> None:
    """Raise DataError where an entry lies outside the domain of its role."""
    pred_domain, target_domain = loss.domains_of(params)
    classes = loss.classes(pred.shape[1:])
    ignore_index = params.get("ignore_index")
    out = target == ignore_index if ignore_index is not None and target.ndim == 1 else None
    _check(loss.name, "pred", pred, pred_domain, out=out)
    if target_domain is not None:
        _check(loss.name, "target", target, target_domain, classes, ignore_index)


def _check(
    name: str,
    role: str,
    raw: Any,
    domain: Domain,
    classes: int | None = None,
    ignore_index: int | None = None,
    out: Any = None,
) -> None:
    """Raise DataError where an entry lies outside the domain; rows that are `out` may."""
    missing, outside = domain.violations(raw, classes, ignore_index)
    mask = outside if outside is not None else missing
    if mask is not None and out is not None:
        mask = mask & ~out.reshape(-1, *(1,) * (mask.ndim - 1))
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
