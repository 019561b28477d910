"""Exact sums and second moments of columns, by cell: the state of a statistic of means.

A row lies in one cell, such as a pair of a target and a predicted label, and contributes columns of
numbers. Sums and sums of products are exact, so that the order and the division of the rows change
no bit of anything that follows from them.
"""

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from operator import add
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from losscli.accumulators.cell_design import CellDesign
from losscli.accumulators.design import Design
from losscli.accumulators.exact import ExactSum, Floats
from losscli.accumulators.products import two_product, two_sum
from losscli.accumulators.series_rows import SeriesBlock, SeriesRows

# A column of numbers, or several whose sum they are, that of the largest first.
Column: TypeAlias = Floats | tuple[Floats, ...]


class Cells(NamedTuple):
    """The cells of n rows: row i lies in keys[codes[i]]."""

    codes: NDArray[np.intp]
    keys: Sequence[Hashable]


class Cell(Struct, frozen=True):
    """The sums of the rows of a cell, of a_0 = w and a_j = w·x_j.

    rows: their number. sums: Σ a_j. products: Σ a_i·a_j for each i <= j, in the order of
    `itertools.combinations_with_replacement`. design: None where rows are independent and not
    resampled.
    """

    rows: int
    sums: tuple[ExactSum, ...]
    products: tuple[ExactSum, ...]
    design: CellDesign | None = None

    @classmethod
    def ones(cls, rows: int) -> "Cell":
        """Rows without columns, of weight 1."""
        return cls(rows, (ExactSum.ones(rows),), (ExactSum.ones(rows),))

    @classmethod
    def of(
        cls,
        columns: Sequence[Column],
        weight: Floats | None,
        rows: int,
        design: Design | None = None,
    ) -> "Cell":
        """The sums of rows; weight: None where all are 1."""
        ones = np.ones(rows)
        terms: list[tuple[Floats, ...]] = [(ones if weight is None else weight,)]
        terms += [_weighted(column, weight) for column in columns]
        sums = tuple(_sum(each) for each in terms)
        pairs = [*combinations_with_replacement(map(_head_and_rest, terms), 2)]
        if weight is not None and design is not None and design.frequency:
            # w·x·y in the place of w·x·w·y, and each row as often as it occurs.
            plain = [(ones,), *(c if isinstance(c, tuple) else (c,) for c in columns)]
            factors = combinations_with_replacement(map(_head_and_rest, plain), 2)
            pairs = [(a, b) for (a, _), (_, b) in zip(pairs, factors, strict=True)]
            rows = int(float(sums[0]))
        own = None if design is None else CellDesign.of(design, terms)
        if weight is not None:
            return cls(rows, sums, tuple(_sum(_product(a, b)) for a, b in pairs), own)
        others = (_sum(_product(a, b)) for a, b in pairs[len(terms) :])
        return cls(rows, sums, (*sums, *others), own)  # a_0 is 1

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(
            self.rows + other.rows,
            tuple(map(add, self.sums, other.sums)),
            tuple(map(add, self.products, other.products)),
            self.design + other.design if self.design and other.design else None,
        )


class CellSums(Struct, frozen=True):
    """The sums of all cells that have rows; `+` merges two, `CellSums()` has none.

    series: the rows themselves; None where they are not a time series.
    """

    cells: Mapping[Hashable, Cell] = field(default_factory=dict)
    series: SeriesRows | None = None

    @classmethod
    def of(
        cls,
        rows: int,
        columns: Sequence[Column] = (),
        weight: Floats | None = None,
        cells: Cells | None = None,
        design: Design | None = None,
    ) -> "CellSums":
        """The sums of some rows; without cells all of them lie in the cell ()."""
        if not rows:
            return cls()
        series = None
        if design is not None and design.lag is not None:
            series = SeriesRows(design.lag, (_in_order_of_time(rows, columns, weight, cells),))
        if cells is None:
            return cls({(): Cell.of(columns, weight, rows, design)}, series)
        counts = np.bincount(cells.codes, minlength=len(cells.keys))
        if not columns and weight is None and design is None:
            pairs = zip(cells.keys, counts.tolist(), strict=True)
            return cls({key: Cell.ones(count) for key, count in pairs if count})
        order = np.argsort(cells.codes, kind="stable")
        ends = np.cumsum(counts).tolist()
        found = {}
        for key, count, end in zip(cells.keys, counts.tolist(), ends, strict=True):
            if count:
                at = order[end - count : end]
                part = None if weight is None else weight[at]
                own = None if design is None else design.at(at)
                found[key] = Cell.of([_at(column, at) for column in columns], part, count, own)
        return cls(found, series)

    def __add__(self, other: "CellSums") -> "CellSums":
        merged = dict(self.cells)
        for key, cell in other.cells.items():
            merged[key] = merged[key] + cell if key in merged else cell
        ours, theirs = self.series, other.series
        return CellSums(merged, ours + theirs if ours and theirs else ours or theirs)

    def in_order(self) -> "CellSums":
        """The same with the cells in order, on which sums of floats depend, not as rows came."""
        cells: Mapping[Any, Cell] = self.cells
        if len(cells) < 2:
            return self
        return CellSums({key: cells[key] for key in sorted(cells)}, self.series)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(cell.rows for cell in self.cells.values())

    @property
    def designs(self) -> "list[CellDesign]":
        """The designs of the cells; empty where rows are independent and not resampled."""
        return [cell.design for cell in self.cells.values() if cell.design is not None]

    def effective_rows(self) -> float:
        """The number of rows of equal weight that are as good as these: (Σw)² / Σw² (Kish)."""
        squares = sum((exact(cell.products[0]) for cell in self.cells.values()), Fraction(0))
        return float(self.weight() ** 2 / squares) if squares else 0.0

    def weight(self) -> Fraction | float:
        """Σ w over all cells."""
        return sum((exact(cell.sums[0]) for cell in self.cells.values()), Fraction(0))


def exact(sum_: ExactSum) -> Fraction | float:
    """A sum as a fraction; a float where it is not finite."""
    return Fraction(sum_.finest, 1 << 2148) if sum_.finite else float(sum_)


def _in_order_of_time(
    rows: int, columns: Sequence[Column], weight: Floats | None, cells: Cells | None
) -> SeriesBlock:
    """The rows as they are, with their columns."""
    terms: list[tuple[Floats, ...]] = [() if weight is None else (weight,)]
    terms += [_weighted(column, weight) for column in columns]
    if cells is None:
        return SeriesBlock(((),), np.zeros(rows, np.uint8), tuple(terms))
    codes = cells.codes.astype(np.min_scalar_type(len(cells.keys)))
    return SeriesBlock(tuple(cells.keys), codes, tuple(terms))


def _at(column: Column, rows: NDArray[Any]) -> Column:
    if isinstance(column, tuple):
        return tuple(part[rows] for part in column)
    found: Floats = column[rows]
    return found


def _weighted(column: Column, weight: Floats | None) -> tuple[Floats, ...]:
    """Arrays whose sum is w·x, the largest first."""
    parts = column if isinstance(column, tuple) else (column,)
    if weight is None:
        return parts
    return tuple(term for part in parts for term in two_product(weight, part))


def _head_and_rest(parts: Sequence[Floats]) -> tuple[Floats, Floats | None]:
    """The rounded sum of arrays, and the rest of it, up to 2**-100 of the sum."""
    if len(parts) <= 2:
        return parts[0], parts[1] if len(parts) == 2 else None
    head, rest = parts[0], np.zeros_like(parts[0])
    for part in parts[1:]:
        head, error = two_sum(head, part)
        rest += error
    return head, rest


@np.errstate(over="ignore", invalid="ignore")
def _product(
    a: tuple[Floats, Floats | None], b: tuple[Floats, Floats | None]
) -> tuple[Floats, ...]:
    """Arrays whose sum is the product of two sums of a head and a rest."""
    high, low = two_product(a[0], b[0])
    for head, rest in ((a[0], b[1]), (b[0], a[1])):
        if rest is not None:
            low += head * rest
    return high, low


def _sum(parts: Sequence[Floats]) -> ExactSum:
    whole = ExactSum.of(np.ascontiguousarray(parts[0]))
    for part in parts[1:]:
        more = ExactSum.of(np.ascontiguousarray(part))
        whole = ExactSum(
            whole.units + more.units, whole.count, whole.nan, whole.pos_inf, whole.neg_inf
        )
    return whole
