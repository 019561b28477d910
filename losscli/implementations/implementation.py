"""The interface of implementations: workloads, settings, runners and answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from losscli.backends.backend import Array
from losscli.losses.core.loss import Loss

Framework: TypeAlias = Literal["numpy", "torch"]

LINEAR = "linear_cross_entropy"


@dataclass(frozen=True, eq=False)
class Workload:
    """A loss with its parameters, over inputs of a shape.

    shape: (N,) or (N, D) elements, (N, C) rows of classes, and for linear_cross_entropy
    (N rows, H of a hidden state, C classes); it is given hidden (N, H), weight (C, H) and class
    indices, and all others pred and target.
    words: the spec of the loss, with files relative to the current folder.
    loss: the declaration of the loss whose mean is taken; for linear_cross_entropy cross_entropy's.
    """

    name: str
    label: str
    loss: Loss
    params: Mapping[str, Any]
    shape: tuple[int, ...]
    words: str = ""

    @property
    def linear(self) -> bool:
        """True if a matrix product precedes the loss."""
        return self.name == LINEAR

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.shape[0]

    @property
    def logits(self) -> int:
        """The number of predictions of the loss itself."""
        if self.linear:
            return self.shape[0] * self.shape[2]
        return math.prod(self.shape)

    @property
    def set_params(self) -> dict[str, Any]:
        """The parameters that differ from their defaults; a user's function gets only these."""
        defaults = {param.name: param.default for param in self.loss.params}
        return {
            name: value
            for name, value in self.params.items()
            if not (value is defaults[name] or _equal(value, defaults[name]))
        }


def _equal(one: Any, other: Any) -> bool:
    found = one == other
    return bool(found) if isinstance(found, bool) else False


class Setting(NamedTuple):
    """The device, dtype of the inputs, and number of threads of a computation."""

    device: str
    dtype: str
    threads: int


class Answer(NamedTuple):
    """The result of a call: the mean or one loss per row, and gradients of the mean or None."""

    value: Array
    gradients: tuple[Array, ...] | None = None


class Runner(NamedTuple):
    """A prepared computation. forward, both and scaled take the inputs and return an Answer.

    both: forward and backward; None if the library or the loss has no backward.
    scaled: as both, with autograd's gradients of twice the mean, and without gradients if a
    function returns its own; None if it cannot be scaled.
    framework: the kind of arrays that it takes. compiles: True if the first call compiles.
    """

    framework: Framework
    forward: Callable[..., Answer]
    both: Callable[..., Answer] | None
    compiles: bool = False
    scaled: Callable[..., Answer] | None = None


class UnsupportedError(Exception):
    """The implementation does not support this workload in this setting; the text says why."""
