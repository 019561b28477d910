"""The declaration of a penalty: one number of an array of weights, which has no rows."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import as_array
from losscli.errors import DataError

Floats = NDArray[np.float64]

_CHUNK = 1 << 16
_HEAD = np.int64(-1) << np.int64(27)  # keeps the sign, the exponent and 25 fraction bits


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


def exact_sum(values: Floats) -> float:
    """The sum of finite numbers >= 0, rounded once."""
    chunks, exponent = _scaled(values)
    return _unscaled(math.fsum(number for part in chunks for number in part.tolist()), exponent)


def exact_sum_of_squares(values: Floats) -> float:
    """The sum of the squares of finite numbers, within 1 ULP."""
    chunks, exponent = _scaled(values)
    return _unscaled(
        math.fsum(number for part in chunks for number in _squares(part)), 2 * exponent
    )


def _squares(part: Floats) -> Iterator[float]:
    """The rounded squares, and the sum of what their rounding lost."""
    squares = part * part
    yield from squares.tolist()
    head = (part.view(np.int64) & _HEAD).view(np.float64)
    tail = part - head
    yield float(((head * head - squares + 2.0 * head * tail) + tail * tail).sum())


def _scaled(values: Floats) -> tuple[Iterator[Floats], int]:
    """Chunks with the largest near 1, where no square overflows, and the exponent they lost."""
    largest = float(np.abs(values).max()) if values.size else 0.0
    exponent = math.frexp(largest)[1]
    parts = (values[i : i + _CHUNK] for i in range(0, values.size, _CHUNK))
    return (np.ldexp(part, -exponent) for part in parts), exponent


def _unscaled(total: float, exponent: int) -> float:
    try:
        return math.ldexp(total, exponent)
    except OverflowError:
        return math.inf
