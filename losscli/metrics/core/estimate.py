"""A smooth function of exact means, with its standard error by the delta method."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from losscli.accumulators.cell_design import CellDesign, cluster_counts, clustered_root
from losscli.accumulators.cells import Cell, CellSums, exact
from losscli.accumulators.exact import Floats
from losscli.stats.dual import Dual, Number
from losscli.stats.nearest import root_of


class Table(NamedTuple):
    """Numbers by row and column. corner: the meaning of the labels of rows and columns."""

    corner: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...]]


class Estimate(NamedTuple):
    """A statistic of n rows, with its standard error; None where there is none.

    table: numbers that belong to it. clusters: those that the standard error is of, and the number
    of equal ones that are as good; None where it is of independent rows. correlation: that of the
    changes of the statistic by neighbours, where the standard error is of a time series; else None.
    replicates: the statistic of each resample; None without.
    """

    value: float
    stderr: float | None
    n: int
    table: Table | None = None
    clusters: int | None = None
    effective_clusters: float | None = None
    correlation: float | None = None
    replicates: Floats | None = None


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
        return self.mean(cell, 0)

    def of(self, cell: Hashable, name: str) -> Dual:
        """The sum of a column over a cell, divided by the weight of all rows."""
        return self.mean(cell, self._places[name])

    def __getitem__(self, name: str) -> Dual:
        return self.of((), name)

    def mean(self, cell: Hashable, place: int) -> Dual:
        """The sum of a column over a cell, by its place, divided by the weight of all rows."""
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
    1977, section 6.4, for a quotient); of clusters, u is summed over each of them; of a time series
    products of neighbours are added (Newey and West). nan where the function is undefined, or
    without weight.
    """
    if not sums.rows or not sums.weight():
        return Estimate(math.nan, None, sums.rows)
    sums = sums.in_order()
    means = Means(sums, names)
    found = value(means)
    numbers = None if table is None else table(means)
    if numbers is not None and not isinstance(numbers, Table):
        numbers = _parts(numbers, means, sums)
    replicates = None
    if any(design.replicates is not None for design in sums.designs):
        replicates = _replicates(value, sums, names)
    (stderr, correlation), counts = _spread(found, means, sums), _cluster_counts(sums, names)
    clusters, effective = counts or (None, None)
    return Estimate(
        float(found), stderr, sums.rows, numbers, clusters, effective, correlation, replicates
    )


def _replicates(value: Callable[[Means], Dual], sums: CellSums, names: Sequence[str]) -> Floats:
    """The statistic of each resample."""
    columns = len(names) + 1
    by_cell = {
        key: cell.design.resampled(columns) for key, cell in sums.cells.items() if cell.design
    }
    resamples = next(iter(by_cell.values())).shape[1]
    means = (
        _ResampledMeans(sums, names, {key: found[:, r].tolist() for key, found in by_cell.items()})
        for r in range(resamples)
    )
    return np.array([float(value(each)) if each.weight else math.nan for each in means])


class _ResampledMeans(Means):
    """The means of a resample, floats without slopes. totals: Σ a_j of each cell."""

    def __init__(
        self, sums: CellSums, names: Sequence[str], totals: Mapping[Hashable, Sequence[float]]
    ) -> None:
        self._sums = sums
        self._places = {name: place for place, name in enumerate(names, start=1)}
        self._totals = totals
        self.weight = math.fsum(total[0] for total in totals.values())

    def mean(self, cell: Hashable, place: int) -> Dual:
        """As `Means.mean`."""
        found = self._totals.get(cell)
        return Dual(Fraction(0) if found is None else found[place] / self.weight)


def _parts(parts: Mapping[str, Dual], means: Means, sums: CellSums) -> Table:
    rows = {}
    for name, part in parts.items():
        stderr, _ = _spread(part, means, sums)
        rows[name] = (float(part), math.nan if stderr is None else stderr)
    return Table("part", ("value", "stderr"), rows)


def _spread(found: Dual, means: Means, sums: CellSums) -> tuple[float | None, float | None]:
    """The standard error, and the correlation of neighbours in a time series."""
    factors = _factors(found, means, sums)
    if factors is None:
        return None, None
    correlation, designs = None, _clustered(sums)
    if sums.series is not None:
        root, correlation = sums.series.spread(factors)
    elif designs:
        root = clustered_root([design.deviations(factors[key]) for key, design in designs.items()])
    else:
        return _of_rows(factors, means, sums), None
    return None if root is None else root / abs(float(means.weight)), correlation


def _clustered(sums: CellSums) -> dict[Hashable, CellDesign]:
    """The designs of the cells whose rows lie in clusters."""
    pairs = [(key, cell.design) for key, cell in sums.cells.items()]
    return {key: own for key, own in pairs if own is not None and own.clusters is not None}


def _cluster_counts(sums: CellSums, names: Sequence[str]) -> tuple[int, float] | None:
    """The clusters, and the number of equal ones that are as good; None for independent rows."""
    designs = _clustered(sums)
    if not designs:
        return None
    weight = [Fraction(1), *(Fraction(0) for _ in names)]
    return cluster_counts([design.deviations(weight) for design in designs.values()])


def _factors(found: Dual, means: Means, sums: CellSums) -> dict[Hashable, list[Fraction]] | None:
    """The change of the statistic times Σ w by one more unit of each a_j, by cell.

    None where it is not finite.
    """
    slopes = found.slopes
    ends = (slope for slope in slopes.values() if not isinstance(slope, Fraction))
    finite = math.isfinite(float(found)) and all(map(math.isfinite, ends))
    if not finite or not isinstance(means.weight, Fraction):
        return None
    centre = Fraction(0)
    by_cell = {
        key: [Fraction(slopes.get((key, j), 0)) for j in range(len(cell.sums))]
        for key, cell in sums.cells.items()
    }
    for key, cell in sums.cells.items():
        for slope, total in zip(by_cell[key], map(exact, cell.sums), strict=True):
            if not isinstance(total, Fraction):
                return None
            centre += slope * total / means.weight
    return {key: [slopes[0] - centre, *slopes[1:]] for key, slopes in by_cell.items()}


def _of_rows(
    factors: Mapping[Hashable, Sequence[Fraction]], means: Means, sums: CellSums
) -> float | None:
    """The standard error where rows are independent."""
    n, squares = sums.rows, Fraction(0)
    if n < 2:
        return None
    for key, cell in sums.cells.items():
        part = _squares(cell, factors[key])
        if part is None:
            return None
        squares += part
    variance = squares * n / ((n - 1) * Fraction(means.weight) ** 2)
    return root_of(variance)


def _squares(cell: Cell, factors: Sequence[Fraction]) -> Fraction | None:
    """Σ u² over the rows of a cell; None where it is not finite."""
    squares = Fraction(0)
    pairs = combinations_with_replacement(range(len(factors)), 2)
    for (i, j), product in zip(pairs, cell.products, strict=True):
        value = exact(product)
        if not isinstance(value, Fraction):
            return None
        squares += factors[i] * factors[j] * value * (1 if i == j else 2)
    return squares
