"""The declaration of a penalty: one number of an array of weights, which has no rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import as_array
from losscli.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Penalty:
    """A penalty on the weights of a model, added once to a loss that is reduced already.

    Call it for its value, and its `gradient` for its slope: both take arrays of any shape.

    symbol: its name in an expression. values(weights): the sum, to a unit in the last place, of
    finite float64 numbers, (N,). derivative(weights): of the same shape.
    reference(mp, weights): the plain formula in mpmath.
    """

    name: str
    symbol: str
    formula: str
    latex: str
    source: str
    values: Callable[[Floats], float]
    derivative: Callable[[Floats], Floats]
    reference: Callable[..., Any]
    use: str
    avoid: str
    equivalents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pitfalls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.values.__doc__)  # for people who ask a prompt

    def __repr__(self) -> str:
        return f"<penalty {self.name}>"

    def __call__(self, weights: Any) -> float:
        """The penalty of an array; raises DataError where a number of it is not finite."""
        return self.values(self._checked(weights).reshape(-1))

    def gradient(self, weights: Any) -> Floats:
        """The slope of the penalty in each weight, of the array's shape."""
        return self.derivative(self._checked(weights))

    def _checked(self, weights: Any) -> Floats:
        array = np.ascontiguousarray(as_array(weights, "weights"), np.float64)
        invalid = ~np.isfinite(array)
        if invalid.any():
            at = int(invalid.argmax())
            raise DataError(
                f"{self.symbol} takes finite weights; number {at:,} is {array.flat[at]}",
                hint="nan or infinite weights come from a diverged model",
            )
        return array
