"""What an implementation is, and what it is asked to compute."""

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
    words: what names the loss from the current folder.
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
        """Whether a matrix product comes before the loss."""
        return self.name == LINEAR

    @property
    def differentiable(self) -> bool:
        """Whether the loss has a gradient."""
        return self.loss.differentiable

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.shape[0]

    @property
    def logits(self) -> int:
        """The number of predictions that the loss itself is taken of."""
        if self.linear:
            return self.shape[0] * self.shape[2]
        count = 1
        for length in self.shape:
            count *= length
        return count

    @property
    def set_params(self) -> dict[str, Any]:
        """The parameters that are not at their defaults, as a user's function gets them."""
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
    """Where and how a workload is computed: dtype is that of the inputs."""

    device: str
    dtype: str
    threads: int


class Answer(NamedTuple):
    """What a call gave: the mean or one loss a row, and gradients of the mean; None: not asked."""

    value: Array
    gradients: tuple[Array, ...] | None = None


class Runner(NamedTuple):
    """A prepared computation. forward, both and scaled take the inputs and return an Answer.

    both: forward and backward; None where the library, or the loss, has no backward.
    scaled: as both, with autograd's gradients of twice the mean, and without any where a function
    gives its own; None where it is not known how to ask for them.
    framework: the arrays that it takes. compiles: its first call does work that others do not.
    """

    framework: Framework
    forward: Callable[..., Answer]
    both: Callable[..., Answer] | None
    compiles: bool = False
    scaled: Callable[..., Answer] | None = None


class UnsupportedError(Exception):
    """The implementation does not have this workload in this setting; its text says why."""
