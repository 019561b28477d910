"""The interface of implementations: workloads, settings, runners, answers, and declared code."""

import ast
import builtins
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
    loss: the declaration of the loss whose mean is taken; for linear_cross_entropy, that of logits.
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


@dataclass(frozen=True)
class Expression:
    """The code that a loss declares as its equivalent in a library.

    It is an expression of `pred`, `target`, the loss's parameters and names of the library.
    """

    text: str
    tree: ast.expr

    @classmethod
    def of(cls, loss: Loss, library: str) -> "Expression | None":
        """The equivalent of a loss in a library; None where none is declared."""
        text = loss.equivalents.get(library)
        return None if text is None else cls(text, ast.parse(text.strip(), mode="eval").body)

    @property
    def names(self) -> frozenset[str]:
        """The names that it reads and does not define."""
        names = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        defined = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        return frozenset({node.id for node in names} - defined - set(dir(builtins)))

    def function(self, params: Mapping[str, Any], library: Mapping[str, Any]) -> Callable[..., Any]:
        """The expression as a function of pred and target.

        params: the values of the loss's parameters; library: those of all other names.
        """
        given = {name: params[name] for name in params if name in self.names}
        # The comment that may end the text ends at the line break.
        code = f"lambda {', '.join(given)}: lambda pred, target: (\n{self.text}\n)"
        return eval(code, dict(library))(**given)  # type: ignore[no-any-return]
