"""Rows whose numbers mean different things: a mean and a variance, two ends, a box."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.losses.core.domain import NON_NEGATIVE, REAL, Domain, Numbers, Raw, Violations


@dataclass(frozen=True)
class Columns(Domain):
    """One domain a column. names: of the columns."""

    parts: tuple[Numbers, ...] = ()
    names: tuple[str, ...] = ()

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """The entries outside the domain of their column."""
        missing = outside = None
        for at, part in enumerate(self.parts):
            found = part.violations(raw[:, at])
            missing = _put(missing, raw, at, found.missing)
            outside = _put(outside, raw, at, found.outside)
        return Violations(missing, outside)

    def reason(self, value: float, classes: int | None = None) -> str:
        """The column whose bounds the value violates."""
        for part, name in zip(self.parts, self.names, strict=True):
            if math.isfinite(value) and not part.interval.holds(value):
                return f"is not a {name}"
        return "is not finite"


@dataclass(frozen=True)
class Ordered(Domain):
    """Finite numbers in pairs (low, high) of columns, low <= high: the ends of an interval.

    pairs: the columns of each.
    """

    pairs: tuple[tuple[int, int], ...] = ()

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """Entries that are not finite, and upper ends below their lower ends."""
        missing = REAL.violations(raw).missing
        outside = None
        for low, high in self.pairs:
            wrong = raw[:, high] < raw[:, low]
            outside = _put(outside, raw, high, wrong if wrong.any() else None)
        return Violations(missing, outside)

    def reason(self, value: float, classes: int | None = None) -> str:
        """The reason, of the upper end."""
        return "is below its lower end" if np.isfinite(value) else "is not finite"


def _put(mask: Any, raw: Raw, at: int, part: Any) -> Any:
    """A mask of the whole with one column added; None if no entry is set."""
    if part is None:
        return mask
    if mask is None:
        mask = np.zeros(raw.shape, np.bool_)
    mask[:, at] |= part
    return mask


INTERVAL = Ordered("intervals, low <= high", "the lower end comes first", ((0, 1),))
BOX = Ordered(
    "boxes x1, y1, x2, y2, x1 <= x2 and y1 <= y2",
    "are they x, y, width, height? convert them to corners",
    ((0, 2), (1, 3)),
)
MEAN_VARIANCE = Columns(
    "a mean and a variance >= 0", "", (REAL, NON_NEGATIVE), ("mean", "variance")
)
MEAN_DEVIATION = Columns(
    "a mean and a standard deviation >= 0", "", (REAL, NON_NEGATIVE), ("mean", "deviation")
)
