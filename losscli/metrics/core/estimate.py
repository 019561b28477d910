"""A smooth function of exact means, with its standard error by the delta method."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import NamedTuple

from losscli.accumulators.cells import Cell, CellSums, exact
from losscli.stats.dual import Dual, Number


class Table(NamedTuple):
    """Numbers by row and column. corner: the meaning of the labels of rows and columns."""

    corner: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...]]


class Estimate(NamedTuple):
    """A statistic of n rows, with its standard error; None where there is none.

    table: numbers that belong to it.
    """

    value: float
    stderr: float | None
    n: int
    table: Table | None = None


class Means:
    """The means of the columns of a statistic: Σ w·x / Σ w over all rows.

    `means["x"]` is that of column x where the rows are not divided into cells.
    """

    def __init__(self, sums: CellSums, names: Sequence[str]) -> None:
        self._sums = sums
        self._places = {name: place for place, name in enumerate(names, start=1)}
        # With exact slopes y² - ȳ² has a standard error however large ȳ is; many cells take floats.
        self._slope: Number = 1.0 if sums.cells.keys() - {()} else Fraction(1)
        self.weight = sums.weight()

    @property
    def cells(self) -> list[Hashable]:
        """The cells that have rows."""
        return list(self._sums.cells)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self._sums.rows

    def share(self, cell: Hashable) -> Dual:
        """The share of a cell in the weight of all rows; 0 for a cell without rows."""
        return self._mean(cell, 0)

    def of(self, cell: Hashable, name: str) -> Dual:
        """The sum of a column over a cell, divided by the weight of all rows."""
        return self._mean(cell, self._places[name])

    def __getitem__(self, name: str) -> Dual:
        return self.of((), name)

    def _mean(self, cell: Hashable, place: int) -> Dual:
        if cell not in self._sums.cells:
            return Dual(Fraction(0))
        total = exact(self._sums.cells[cell].sums[place])
        mean = total / self.weight if self.weight else math.nan
        return Dual.variable((cell, place), mean, self._slope)


def estimate(
    value: Callable[[Means], Dual],
    sums: CellSums,
    names: Sequence[str],
    table: Callable[[Means], Table | Mapping[str, Dual]] | None = None,
) -> Estimate:
    """A function of the means of columns; table: gives numbers that belong to it, or functions.

    Row i changes the statistic by u_i / Σ w, u_i = Σ_j g_j·w·(x_j - x̄_j), where g are the slopes of
    the function; the standard error is √(n / (n - 1)·Σ u²) / Σ w (Cochran, Sampling Techniques,
    1977, section 6.4, for a quotient). nan where the function is undefined, or without weight.
    """
    if not sums.rows or not sums.weight():
        return Estimate(math.nan, None, sums.rows)
    means = Means(sums, names)
    found = value(means)
    numbers = None if table is None else table(means)
    if numbers is not None and not isinstance(numbers, Table):
        numbers = _parts(numbers, means, sums)
    return Estimate(float(found), _stderr(found, means, sums), sums.rows, numbers)


def _parts(parts: Mapping[str, Dual], means: Means, sums: CellSums) -> Table:
    rows = {}
    for name, part in parts.items():
        stderr = _stderr(part, means, sums)
        rows[name] = (float(part), math.nan if stderr is None else stderr)
    return Table("part", ("value", "stderr"), rows)


def _stderr(found: Dual, means: Means, sums: CellSums) -> float | None:
    n = sums.rows
    slopes = found.slopes
    finite = math.isfinite(float(found)) and all(map(math.isfinite, slopes.values()))
    if n < 2 or not finite or not isinstance(means.weight, Fraction):
        return None
    centre = Fraction(0)
    squares = Fraction(0)
    by_cell = {
        key: [Fraction(slopes.get((key, j), 0)) for j in range(len(cell.sums))]
        for key, cell in sums.cells.items()
    }
    for key, cell in sums.cells.items():
        for slope, total in zip(by_cell[key], map(exact, cell.sums), strict=True):
            if not isinstance(total, Fraction):
                return None
            centre += slope * total / means.weight
    for key, cell in sums.cells.items():
        part = _squares(cell, by_cell[key], centre)
        if part is None:
            return None
        squares += part
    variance = squares * n / ((n - 1) * means.weight**2)
    return math.sqrt(variance) if variance > 0 else 0.0


def _squares(cell: Cell, slopes: list[Fraction], centre: Fraction) -> Fraction | None:
    """Σ u² over the rows of a cell; None where it is not finite."""
    factors = [slopes[0] - centre, *slopes[1:]]
    squares = Fraction(0)
    pairs = combinations_with_replacement(range(len(factors)), 2)
    for (i, j), product in zip(pairs, cell.products, strict=True):
        value = exact(product)
        if not isinstance(value, Fraction):
            return None
        squares += factors[i] * factors[j] * value * (1 if i == j else 2)
    return squares
