"""Operations that are left out or joined have the bits that NumPy gives."""

import math
from itertools import product

import numpy as np
import pytest

from losscli.backends.rowwise import ROWWISE
from tests.kernels.programs import program_of, run

SPECIAL = np.array(
    [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 5e-324, -5e-324, 1e308, -1e308, 1e-200,
     math.inf, -math.inf, math.nan]
)  # fmt: skip
X, Y = (np.array(column) for column in zip(*product(SPECIAL, SPECIAL), strict=True))


def knee(xp, x, bound, part=0.5):
    """The form of Huber's loss."""
    short = xp.minimum(x, bound)
    return short * (x - part * short)


# Functions of two arrays, and the number of instructions that they need.
FUNCTIONS = {
    "times 1": (lambda xp, x, y: 1.0 * (x * 1.0) + y / 1.0, 1),
    "divided by -1": (lambda xp, x, y: x / -1.0 - y, 2),
    "size of minus": (lambda xp, x, y: xp.abs(-x) - xp.abs(xp.abs(y)), 3),
    "minus minus": (lambda xp, x, y: xp.negative(-x) - y, 1),
    "size of a square": (lambda xp, x, y: xp.abs(x * x) - y, 1),
    "size and 0": (lambda xp, x, y: (xp.abs(x) + 0.0) - y, 2),
    "number and 0": (lambda xp, x, y: (x + 0.0) - y, 2),
    "size above 0": (lambda xp, x, y: 1.0 / xp.maximum(xp.abs(x), 0.0) - y, 3),
    "size above -0": (lambda xp, x, y: 1.0 / xp.maximum(xp.abs(x), -0.0) - y, 4),
    "size above -1": (lambda xp, x, y: xp.maximum(xp.abs(x - y), -1.0), 1),
    "size above 1": (lambda xp, x, y: xp.maximum(xp.abs(x - y), 1.0), 2),
    "number above 0": (lambda xp, x, y: xp.maximum(x - y, 0.0), 1),
    "between infinities": (
        lambda xp, x, y: xp.where(xp.logical_and(x > -math.inf, x < math.inf), y, 7.0), 2,
    ),
    "between numbers": (
        lambda xp, x, y: xp.where(xp.logical_and(x > -1.0, x < math.inf), y, 7.0), 4,
    ),
    "two inputs between": (
        lambda xp, x, y: xp.where(xp.logical_and(x > -math.inf, y < math.inf), y, 7.0), 4,
    ),
    "knee": (lambda xp, x, y: knee(xp, xp.abs(x - y), 1.0), 2),
    "knee of signed numbers": (lambda xp, x, y: knee(xp, x, -0.0, -2.0) - y, 2),
    "knee of two factors": (lambda xp, x, y: (x - xp.minimum(x, 1.0) * y) * xp.minimum(x, 1.0), 3),
    "knee of another number": (
        lambda xp, x, y: (y - 0.5 * xp.minimum(x, 1.0)) * xp.minimum(x, 1.0), 3,
    ),
    "knee that is read twice": (lambda xp, x, y: knee(xp, x, 1.0) - xp.minimum(x, 1.0) * y, 3),
    "minus a size": (lambda xp, x, y: -xp.abs(x) - y, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_bits_are_those_of_numpy(each_machine, name):
    """Of zeros of both signs, infinities and subnormal numbers too; nan stays nan."""
    function, _ = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        true = function(ROWWISE, X.copy(), Y.copy())
    found = run(function, X, Y)
    numbers = ~np.isnan(true)
    np.testing.assert_array_equal(np.isnan(found), ~numbers)
    np.testing.assert_array_equal(found[numbers].view(np.int64), true[numbers].view(np.int64))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_program_has_no_instruction_that_it_can_do_without(each_machine, name):
    """Counted by hand."""
    function, count = FUNCTIONS[name]
    assert len(program_of(function, 2).code) // 7 == count
