"""Rows whose numbers mean different things: a mean and a variance, two ends, a box."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.losses.core.domain import NON_NEGATIVE, REAL, Domain, Numbers, Offenders, Random, Raw


@dataclass(frozen=True)
class Columns(Domain):
    """One domain a column. names: of the columns."""

    parts: tuple[Numbers, ...] = ()
    names: tuple[str, ...] = ()

    def offenders(
        self,
        raw: Raw,
        classes: int | None = None,
        spared: int | None = None,
    ) -> Offenders:
        """The entries outside the domain of their column."""
        missing = outside = None
        for at, part in enumerate(self.parts):
            found = part.offenders(raw[:, at])
            missing = _put(missing, raw, at, found.missing)
            outside = _put(outside, raw, at, found.outside)
        return Offenders(missing, outside)

    def fault(self, value: float, classes: int | None = None) -> str:
        """The column whose bounds it breaks."""
        for part, name in zip(self.parts, self.names, strict=True):
            if math.isfinite(value) and not part.interval.holds(value):
                return f"is no {name}"
        return "is not finite"

    def draw(
        self,
        random: Random,
        shape: Sequence[int],
        spread: float,
        classes: int = 0,
        dtype: Any = np.float64,
    ) -> NDArray[Any]:
        """Each column of its own."""
        columns = [part.draw(random, shape[:1], spread, classes, dtype) for part in self.parts]
        return np.stack(columns, axis=1)

    def edges(
        self, row: Sequence[int], steps: Sequence[float], classes: int = 0
    ) -> NDArray[np.float64]:
        """Every combination of the edges of two columns or more, as far as they are few."""
        columns = [part.edges((), steps) for part in self.parts]
        grid = np.stack(np.meshgrid(*columns, indexing="ij"), axis=-1)
        return np.asarray(grid.reshape(-1, len(self.parts)))

    def nearest(self, raw: Raw, classes: int = 0) -> Raw:
        """Each column brought into its own."""
        return np.stack([part.nearest(raw[:, at]) for at, part in enumerate(self.parts)], axis=1)


@dataclass(frozen=True)
class Ordered(Domain):
    """Finite numbers in pairs (low, high) of columns, low <= high: the ends of an interval.

    pairs: the columns of each.
    """

    pairs: tuple[tuple[int, int], ...] = ()

    def offenders(
        self,
        raw: Raw,
        classes: int | None = None,
        spared: int | None = None,
    ) -> Offenders:
        """What is not finite, and the upper ends that lie below their lower ones."""
        missing = REAL.offenders(raw).missing
        outside = None
        for low, high in self.pairs:
            wrong = raw[:, high] < raw[:, low]
            outside = _put(outside, raw, high, wrong if wrong.any() else None)
        return Offenders(missing, outside)

    def fault(self, value: float, classes: int | None = None) -> str:
        """The upper end is told of."""
        return "is below its lower end" if np.isfinite(value) else "is not finite"

    def draw(
        self,
        random: Random,
        shape: Sequence[int],
        spread: float,
        classes: int = 0,
        dtype: Any = np.float64,
    ) -> NDArray[Any]:
        """Ends about 0, and widths about 1."""
        found = spread * random.standard_normal(shape, dtype)
        for low, high in self.pairs:
            found[:, high] = found[:, low] + 0.1 + random.standard_exponential(shape[0], dtype)
        return np.asarray(found, dtype)

    def edges(
        self, row: Sequence[int], steps: Sequence[float], classes: int = 0
    ) -> NDArray[np.float64]:
        """Ends at 0 and a step, widths of 0 and a step: empty, thin and far ones among them."""
        spans = [(low, low + width) for low in (0.0, 1.0) for width in (0.0, *steps)]
        found = []
        for number, (low, high) in enumerate(spans):
            for other in (spans[number], spans[-1 - number]):
                ends = np.zeros(row)
                for at, pair in enumerate(self.pairs):
                    ends[list(pair)] = (low, high) if at % 2 == 0 else other
                found.append(ends)
        return np.array(found)

    def nearest(self, raw: Raw, classes: int = 0) -> Raw:
        """Finite numbers, the two of a pair in order."""
        found = REAL.nearest(raw)
        for low, high in self.pairs:
            ends = np.sort(found[:, [low, high]], axis=1)
            found[:, low], found[:, high] = ends[:, 0], ends[:, 1]
        return found


def _put(mask: Any, raw: Raw, at: int, part: Any) -> Any:
    """A mask of the whole with one column marked; None stays None where nothing is."""
    if part is None:
        return mask
    if mask is None:
        mask = np.zeros(raw.shape, np.bool_)
    mask[:, at] |= part
    return mask


INTERVAL = Ordered("intervals, low <= high", "the lower end stands first", ((0, 1),))
BOX = Ordered(
    "boxes x1, y1, x2, y2, x1 <= x2 and y1 <= y2",
    "boxes as x, y, width, height? make corners of them",
    ((0, 2), (1, 3)),
)
MEAN_VARIANCE = Columns(
    "a mean and a variance >= 0", "", (REAL, NON_NEGATIVE), ("mean", "variance")
)
MEAN_DEVIATION = Columns(
    "a mean and a standard deviation >= 0", "", (REAL, NON_NEGATIVE), ("mean", "deviation")
)
