"""Sums by cell are exact, and any division of the rows gives the same state."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators.cells import Cells, CellSums, exact
from losscli.accumulators.products import two_product

NUMBERS = st.floats(-1e100, 1e100).filter(lambda x: x == 0 or abs(x) > 1e-100)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, st.floats(1e-50, 1e50), st.integers(0, 2)), min_size=1)


def sums_of(rows):
    x, y, w, c = (np.array(column) for column in zip(*rows, strict=True))
    return CellSums.of(len(rows), [x, two_product(x, y)], w, Cells(c.astype(np.intp), "abc"))


@given(ROWS)
def test_sums_are_those_of_fractions(rows):
    found = sums_of(rows)
    for key, cell in found.cells.items():
        inside = [tuple(map(Fraction, row[:3])) for row in rows if "abc"[row[3]] == key]
        assert cell.rows == len(inside)
        assert [exact(each) for each in cell.sums] == [
            sum(w for _, _, w in inside),
            sum(w * x for x, _, w in inside),
            sum(w * x * y for x, y, w in inside),
        ]
        products = [w * w * x for x, _, w in inside]
        assert abs(exact(cell.products[1]) - sum(products)) <= sum(map(abs, products)) / (1 << 100)


@given(ROWS, st.integers(0, 50))
def test_any_division_gives_the_same_state(rows, at):
    parts = [part for part in (rows[:at], rows[at:]) if part]
    merged = sum((sums_of(part) for part in parts), CellSums())
    assert merged == sums_of(rows)


@given(st.lists(st.integers(0, 2), min_size=1))
def test_rows_without_columns_are_counted(codes):
    cells = Cells(np.array(codes, np.intp), "abc")
    assert CellSums.of(len(codes), (), None, cells) == CellSums.of(
        len(codes), (), np.ones(len(codes)), cells
    )
