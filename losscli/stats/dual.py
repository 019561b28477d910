"""Numbers with their derivatives: functions of exact means and, in the same pass, their slopes.

Forward-mode automatic differentiation (Griewank and Walther, Evaluating Derivatives, 2008, chapter
3). Values stay exact fractions as long as only `+ - * /` and whole powers are applied.
"""

import math
from collections.abc import Callable, Hashable, Mapping
from fractions import Fraction
from operator import add, mul, sub, truediv
from typing import Any, TypeAlias, Union

from losscli.stats.nearest import nearest

Number: TypeAlias = Fraction | float
Operand: TypeAlias = Union["Dual", Number]


class Dual:
    """A number and its derivatives by the variables that it was computed from.

    value: an exact fraction, or a float where a mean is not finite or a root was taken.
    slopes: the derivatives that are not 0, by variable; fractions where those of all variables
    are, so that terms of opposite signs cancel without an error.

    >>> x = Dual.variable("x", Fraction(3))
    >>> y = x * x / 2
    >>> float(y), y.slopes
    (4.5, {'x': 3.0})
    """

    __slots__ = ("slopes", "value")

    def __init__(self, value: Number, slopes: Mapping[Hashable, Number] | None = None) -> None:
        self.value = value
        self.slopes: Mapping[Hashable, Number] = {} if slopes is None else slopes

    @classmethod
    def variable(cls, name: Hashable, value: Number, slope: Number = 1.0) -> "Dual":
        """A variable, whose derivative by itself is 1; slope: 1 as a float or as a fraction."""
        return cls(value, {name: slope})

    def __float__(self) -> float:
        return nearest(self.value)

    def __add__(self, other: Operand) -> "Dual":
        right = _dual(other)
        return _combined(_apply(add, self.value, right.value), (self, 1.0), (right, 1.0))

    def __sub__(self, other: Operand) -> "Dual":
        right = _dual(other)
        return _combined(_apply(sub, self.value, right.value), (self, 1.0), (right, -1.0))

    def __mul__(self, other: Operand) -> "Dual":
        right = _dual(other)
        value = _apply(mul, self.value, right.value)
        return _combined(value, (self, right.value), (right, self.value))

    def __truediv__(self, other: Operand) -> "Dual":
        right = _dual(other)
        if not right.value:
            return Dual(math.nan)  # an undefined statistic
        value = _apply(truediv, self.value, right.value)
        slope = _apply(truediv, 1, right.value)
        return _combined(value, (self, slope), (right, _apply(mul, -value, slope)))

    def __pow__(self, power: int) -> "Dual":
        if power == 0:
            return Dual(Fraction(1))
        slope = _power(self.value, power - 1)
        return _combined(_apply(mul, slope, self.value), (self, _apply(mul, slope, power)))

    def __neg__(self) -> "Dual":
        return _combined(-self.value, (self, -1.0))

    def __radd__(self, other: Number) -> "Dual":
        return self + other

    def __rsub__(self, other: Number) -> "Dual":
        return _dual(other) - self

    def __rmul__(self, other: Number) -> "Dual":
        return self * other

    def __rtruediv__(self, other: Number) -> "Dual":
        return _dual(other) / self

    def __repr__(self) -> str:
        return f"Dual({float(self)!r}, {dict(self.slopes)!r})"


def sqrt(x: Dual) -> Dual:
    """The square root; nan below 0."""
    value = _root(x.value)
    return _combined(value, (x, 0.5 / value if value else math.nan))


def exp(x: Dual) -> Dual:
    """The exponential."""
    value = _floating(math.exp, x.value)
    if isinstance(x.value, Fraction) and math.isfinite(value):
        near = nearest(x.value)
        value += value * float(x.value - Fraction(near)) if math.isfinite(near) else 0.0
    return _combined(value, (x, value))


def log(x: Dual) -> Dual:
    """The natural logarithm; nan below 0, -inf at 0."""
    if not x.value:
        return Dual(-math.inf)
    value = _floating(math.log, x.value)
    if isinstance(x.value, Fraction) and x.value > 0:
        near = nearest(x.value)
        if 0.0 < near < math.inf:
            value += float(x.value / Fraction(near) - 1)
        else:  # beyond float64, which its logarithm is not
            value = math.log(x.value.numerator) - math.log(x.value.denominator)
    return _combined(value, (x, _apply(truediv, 1, x.value)))


def absolute(x: Dual) -> Dual:
    """The absolute value, of slope 0 at 0."""
    sign = float(x.value > 0) - float(x.value < 0)
    return x * sign


def total(terms: "list[Dual]") -> Dual:
    """The sum of many numbers."""
    return _combined(_sum(terms), *((t, 1.0) for t in terms))


def _sum(terms: "list[Dual]") -> Number:
    value: Number = Fraction(0)
    for term in terms:
        value = _apply(add, value, term.value)
    return value


def _dual(number: Operand) -> Dual:
    if isinstance(number, Dual):
        return number
    exact = isinstance(number, float) and math.isfinite(number)
    return Dual(Fraction(number) if exact else number)


def _combined(value: Number, *terms: tuple[Dual, Number]) -> Dual:
    """A value whose derivatives are the sum of those of the terms, each times a factor."""
    slopes: dict[Hashable, Number] = {}
    for term, factor in terms:
        by: Number | None = None
        for name, slope in term.slopes.items():
            if by is None:
                by = _like(slope, factor)
            known = slopes.get(name)
            product = _apply(mul, by, slope)
            slopes[name] = product if known is None else _apply(add, known, product)
    return Dual(value, slopes)


def _like(slope: Number, factor: Number) -> Number:
    """A factor in the type of a slope: one rounding of it is the same for all slopes."""
    if isinstance(slope, Fraction):
        exact = isinstance(factor, Fraction) or math.isfinite(factor)
        return Fraction(factor) if exact else factor
    return nearest(factor)


def _apply(operation: Callable[[Any, Any], Any], left: Number | int, right: Number | int) -> Number:
    """The result of an operation, also of a float with a fraction beyond float64 or too small."""
    try:
        result: Number = operation(left, right)
    except ArithmeticError:
        pair = left, right
        if all(isinstance(x, Fraction) or math.isfinite(x) for x in pair):
            return nearest(operation(*[Fraction(x) for x in pair]))
        # Next to an infinity only the sign of a number counts.
        signs = (x if not isinstance(x, Fraction) else 1.0 if x > 0 else -1.0 for x in pair)
        return float(operation(*signs))
    return result


def _power(value: Number, power: int) -> Number:
    """A power of at least 0; of floats an infinity where it lies beyond float64."""
    return value**power if isinstance(value, Fraction) else math.prod([value] * power)


def _floating(function: Callable[[float], float], value: Number) -> float:
    try:
        return function(nearest(value))
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _root(value: Number) -> float:
    """The root, correctly rounded for an exact fraction."""
    if not isinstance(value, Fraction) or value <= 0:
        return _floating(math.sqrt, value)
    # An integer root of 64 bits at least, with a last bit that says that digits follow.
    shift = max(0, 130 - value.numerator.bit_length() + value.denominator.bit_length())
    shift += shift % 2
    scaled = (value.numerator << shift) // value.denominator
    root = math.isqrt(scaled)
    odd = root * root * value.denominator != value.numerator << shift
    return nearest(Fraction((root << 1) | odd, 1 << (shift // 2 + 1)))
