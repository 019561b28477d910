"""Floating-point types by their parameters, bfloat16 included, and distances in ULP."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import UsageError

Floats = NDArray[np.float64]


class Precision(NamedTuple):
    """A binary floating-point type.

    digits: bits of the significand, the hidden one included. lowest: the exponent of the smallest
    subnormal. highest: the exponent of the smallest power of two that overflows. size: bytes.
    """

    name: str
    digits: int
    lowest: int
    highest: int
    size: int

    @property
    def eps(self) -> float:
        """The distance from 1 to the next number."""
        return float(2.0 ** (1 - self.digits))

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return math.ldexp(1.0 - 2.0**-self.digits, self.highest)

    def spacing(self, values: Any) -> Floats:
        """The unit in the last place of the number nearest to each value."""
        _, exponent = np.frexp(np.abs(values))
        exponent = np.where(np.asarray(values) == 0, self.lowest, exponent)
        return np.asarray(np.ldexp(1.0, np.maximum(exponent - self.digits, self.lowest)))

    def ulps(self, actual: Any, truth: Any, unit_of: Any = None) -> Floats:
        """The distance of each value from the truth, in units in the last place of `unit_of`.

        unit_of: the truth by default. The distance is 0 between equal infinities and between NaNs,
        infinite where only one of the two is not finite.
        """
        actual, truth = np.asarray(actual, np.float64), np.asarray(truth, np.float64)
        with np.errstate(all="ignore"):
            of = truth if unit_of is None else unit_of
            distance = np.abs(actual - truth) / self.spacing(np.where(np.isfinite(truth), of, 1.0))
        same = (actual == truth) | (np.isnan(actual) & np.isnan(truth))
        return np.where(same, 0.0, np.where(np.isfinite(distance), distance, np.inf))


_PRECISIONS = {
    "float64": Precision("float64", 53, -1074, 1024, 8),
    "float32": Precision("float32", 24, -149, 128, 4),
    "float16": Precision("float16", 11, -24, 16, 2),
    "bfloat16": Precision("bfloat16", 8, -133, 128, 2),
}


def precision(name: str) -> Precision:
    """The type of a name; raises UsageError for an unknown one."""
    if name not in _PRECISIONS:
        raise UsageError(f"unknown dtype {name!r}", hint=f"--dtype {', '.join(_PRECISIONS)}")
    return _PRECISIONS[name]
