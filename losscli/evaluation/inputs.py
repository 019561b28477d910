"""The arrays of a block, as losses on a backend and the compiled machine read them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from losscli.accumulators.design import Design
from losscli.backends.backend import Array, Backend
from losscli.kernels import machine
from losscli.losses.core.domain import Mask
from losscli.losses.spec.binding import BoundLoss
from losscli.sources.table import Workspace


class Inputs(Struct):
    """The arrays of a block by role, and their conversions, made once for all losses."""

    raw: Mapping[str, NDArray[Any]]
    _backend: Backend
    _workspace: Workspace
    design: Design | None = None
    _converted: dict[str, Array] = field(default_factory=dict)

    def real(self, role: str) -> Array:
        """The numbers of a role in the type of the arithmetic."""
        if role not in self._converted:
            empty = partial(self._workspace.empty, f"wide {role}")
            with np.errstate(all="ignore"):  # of a signalling nan
                self._converted[role] = self._backend.widen(self.raw[role], empty)
        return self._converted[role]

    def readable(self, role: str, indexed: bool) -> Array:
        """A role as the compiled machine reads it; indexed: True if targets are class indices."""
        raw = self.raw[role]
        if indexed and role == "targets":
            return np.ascontiguousarray(raw, np.int64)
        return raw if machine.readable(raw) else self.real(role)

    def target(self, loss: BoundLoss, missing: Mask | None) -> Array:
        """The targets as the loss takes them: indices of classes, or real numbers."""
        raw = self.raw["targets"]
        if not loss.loss.indexed(raw.shape[1:]):
            return self.real("targets")
        if "labels" not in self._converted:
            if missing is not None and raw.dtype.kind == "f":
                raw = np.where(np.isnan(raw), 0, raw)
            self._converted["labels"] = self._backend.indices(raw)
        return self._converted["labels"]


def is_of_integers(array: NDArray[Any]) -> bool:
    """True for integers of any size."""
    return array.dtype.kind in "iu"


def loses_digits(raw: NDArray[Any], dtype: str) -> bool:
    """True if an integer has more digits than a number of a floating-point type."""
    digits = np.finfo(dtype).nmant + 1
    if raw.dtype.kind not in "iu" or np.iinfo(raw.dtype).bits <= digits:
        return False
    return bool(raw.max() > 1 << digits or raw.min() < -(1 << digits))
