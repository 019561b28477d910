"""Floating-point types by their parameters, bfloat16 among them, and distances in their ULP."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import UsageError

Floats = NDArray[np.float64]


class Precision(NamedTuple):
    """A binary floating-point type: its fraction bits with the hidden one, its ends.

    lowest: the exponent of the smallest subnormal; highest: that of the first power of two beyond
    its largest number; size: bytes.
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
        """The largest number of this type."""
        return math.ldexp(1.0 - 2.0**-self.digits, self.highest)

    def spacing(self, values: Any) -> Floats:
        """The unit in the last place of each number of this type nearest to a value."""
        _, exponent = np.frexp(np.abs(values))
        exponent = np.where(np.asarray(values) == 0, self.lowest, exponent)
        return np.asarray(np.ldexp(1.0, np.maximum(exponent - self.digits, self.lowest)))

    def ulps(self, found: Any, truth: Any, size: Any = None) -> Floats:
        """How far each value is from the truth, in units in the last place of it, or of `size`.

        0 where both are the same infinity or both nan, inf where only one is.
        """
        found, truth = np.asarray(found, np.float64), np.asarray(truth, np.float64)
        with np.errstate(all="ignore"):
            units = self.spacing(np.where(np.isfinite(truth), truth if size is None else size, 1.0))
            distance = np.abs(found - truth) / units
        same = (found == truth) | (np.isnan(found) & np.isnan(truth))
        return np.where(same, 0.0, np.where(np.isfinite(distance), distance, np.inf))


_KNOWN = {
    "float64": Precision("float64", 53, -1074, 1024, 8),
    "float32": Precision("float32", 24, -149, 128, 4),
    "float16": Precision("float16", 11, -24, 16, 2),
    "bfloat16": Precision("bfloat16", 8, -133, 128, 2),
}
NAMES = tuple(_KNOWN)


def precision(name: str) -> Precision:
    """The type of a name; raises UsageError for one that is unknown."""
    if name not in _KNOWN:
        raise UsageError(f"no dtype {name!r}", hint=f"--dtype {', '.join(_KNOWN)}")
    return _KNOWN[name]
