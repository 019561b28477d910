"""Penalties of arrays, held against fractions."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from losscli import losses
from losscli.losses import l1_penalty, l2_penalty
from losscli.losses.registry import penalties

ANY_SIZE = st.one_of(
    st.floats(-1e3, 1e3), st.floats(allow_nan=False, allow_infinity=False), st.just(0.0)
)


def rounded(value):
    """The nearest float64 of a fraction, infinite beyond them."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


@given(arrays(np.float64, st.integers(0, 40), elements=ANY_SIZE))
def test_penalties_are_exact(weights):
    """Of any range, subnormal numbers and overflow included."""
    absolute = rounded(sum((abs(Fraction(w)) for w in weights.tolist()), Fraction(0)))
    squares = rounded(sum((Fraction(w) ** 2 for w in weights.tolist()), Fraction(0)))
    for found, truth in ((l1_penalty(weights), absolute), (l2_penalty(weights), squares)):
        assert found == truth or abs(found - truth) <= math.ulp(truth)


def test_many_weights_of_any_shape_are_summed_exactly(rng):
    """More than a chunk; float32 too."""
    weights = rng.standard_normal((300, 1000))
    assert l1_penalty(weights) == math.fsum(np.abs(weights).ravel())
    truth = float(sum(Fraction(w) ** 2 for w in weights.ravel()[:200_000].tolist()))
    assert l2_penalty(weights.ravel()[:200_000]) == truth
    single = weights.astype(np.float32)
    assert l2_penalty(single) == math.fsum((single.astype(np.float64) ** 2).ravel())
    assert (l2_penalty.gradient(weights) == 2 * weights).all()
    assert (l1_penalty.gradient(weights) == np.sign(weights)).all()


def test_keras_names_the_same_penalties():
    """Σ|w| and Σw²; the numbers are those of weight decay at twice its λ."""
    assert l1_penalty([1.0, -2.0]) == 3.0
    assert l2_penalty([1.0, -2.0]) == 5.0


@pytest.mark.parametrize("penalty", penalties().values(), ids=str)
def test_every_penalty_is_declared_whole(penalty):
    """And stands under its name in the package, in the file of its name."""
    for part in ("formula", "latex", "source", "use", "avoid", "equivalents", "pitfalls"):
        assert getattr(penalty, part), part
    assert getattr(losses, penalty.name) is penalty
    assert penalty.name in dir(losses)
    assert ">>> " in penalty.__doc__


@pytest.mark.parametrize("penalty", penalties().values(), ids=str)
def test_values_and_slopes_are_those_of_the_reference(penalty, rng):
    """By mpmath, the slope by moving each weight."""
    weights = rng.standard_normal(9)
    with mpmath.workdps(60):
        exact = [mpmath.mpf(w) for w in weights.tolist()]
        truth = penalty.reference(mpmath.mp, exact)
        assert penalty(weights) == float(truth)
        step = mpmath.mpf(10) ** -30
        for at, slope in enumerate(penalty.gradient(weights)):
            moved = [w + step * (place == at) for place, w in enumerate(exact)]
            rise = (penalty.reference(mpmath.mp, moved) - truth) / step
            assert slope == pytest.approx(float(rise), rel=1e-15)
