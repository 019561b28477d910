"""Rows of a few numbers give by columns what NumPy gives by rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.backends.rowwise import ROWWISE

NAMES = ["sum", "mean", "max", "min", "cumulative_sum"]
ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300]


def same_bits(found, wanted):
    """Also of zeros and nans; not the sign of a nan, of which NumPy says nothing."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    assert (np.isnan(found) == np.isnan(wanted)).all()
    kept = ~np.isnan(wanted)
    assert found[kept].tobytes() == wanted[kept].tobytes()


@pytest.mark.parametrize("name", NAMES)
@given(
    st.integers(0, 2**32),
    st.integers(1, 40),
    st.sampled_from([(5,), (3, 2), (0,), (1,)]),
    st.sampled_from([np.float64, np.float32, np.int64]),
    st.booleans(),
)
def test_no_bit_differs(name, seed, width, outer, dtype, transposed):
    """Of any width, type and layout, with what is not finite among them."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((*outer, width)) * 10.0 ** random.integers(-9, 9, (*outer, width))
    if dtype != np.int64:
        at = random.random(x.shape) < 0.02
        x[at] = random.choice(ODD, int(at.sum()))
    with np.errstate(all="ignore"):
        x = x.astype(dtype)
        wanted = getattr(np, name)(x, axis=-1)
        if transposed and width < 16:  # of longer rows NumPy adds in another order then
            x = np.asfortranarray(x)
        same_bits(getattr(ROWWISE, name)(x, axis=-1), wanted)


@pytest.mark.parametrize("name", NAMES[:-1])
def test_everything_else_is_numpys(name):
    """Another axis, all of them, an option, a single row, and whatever has no rows."""
    x = np.arange(12.0).reshape(4, 3)
    ours, theirs = getattr(ROWWISE, name), getattr(np, name)
    assert ours(x) == theirs(x)
    assert (ours(x, axis=0) == theirs(x, axis=0)).all()
    assert (ours(x, axis=-1, keepdims=True) == theirs(x, axis=-1, keepdims=True)).all()
    assert ours(x[0], axis=-1) == theirs(x[0], axis=-1)
    assert ROWWISE.log1p is np.log1p
    with pytest.raises(AttributeError):
        _ = ROWWISE.no_such_function
