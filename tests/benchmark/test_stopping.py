"""When a benchmark stops."""

import itertools
import math

import numpy as np
import pytest

from losscli.benchmark.rounds import looks, settled
from losscli.stats.signed_rank import ratio_interval


def test_looks_are_few_and_even_and_grow_by_about_a_quarter():
    """From 12, to the most that is allowed."""
    first = list(itertools.islice(looks(), 30))
    assert first[:8] == [12, 16, 20, 24, 30, 38, 48, 60]
    assert all(n % 2 == 0 for n in first)
    assert all(1.15 < b / a < 1.4 for a, b in itertools.pairwise(first))
    assert list(looks(30)) == first[:5]
    assert list(looks(11)) == []


def test_every_row_has_to_be_known():
    """One that is not keeps the others going; none has nothing to wait for."""
    random = np.random.default_rng(0)
    narrow, wide = random.normal(0.0, 0.001, 20), random.normal(0.0, 0.1, 20)
    assert settled([narrow], 0.01)
    assert settled([narrow, narrow + 3.0], 0.01)
    assert not settled([narrow, wide], 0.01)
    assert settled([], 0.01)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_known_is_not_settled(bad):
    """Neither too few rounds nor a ratio that is not finite."""
    assert not settled([[0.0] * 5], 0.01)
    assert not settled([[0.0] * 20 + [bad]], 0.01)
    assert not settled([[]], 0.01)


def test_the_half_width_is_held_against_the_fraction():
    """On either side of log(1 + resolve)."""
    x = np.random.default_rng(1).normal(0.0, 0.01, 24)
    _, low, high = ratio_interval(x, 0.9)
    half = math.expm1(0.5 * (high - low))
    assert settled([x], half * (1.0 + 1e-9), 0.9)
    assert not settled([x], half * (1.0 - 1e-9), 0.9)
    assert not settled([x], half, 0.99)
