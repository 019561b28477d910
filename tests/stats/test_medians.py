"""The bootstrap of the difference of two medians."""

import math

import numpy as np
import pytest

from losscli.stats.medians import DRAWS, median_difference


def drawn(count, shift=0.0, seed=0):
    return (np.random.default_rng(seed).normal(size=count) + shift).tolist()


@pytest.mark.parametrize(("old", "new"), [(5, 50), (50, 5)])
def test_few_values_decide_nothing(old, new):
    """Under 6 on a side the interval is infinite."""
    found = median_difference(drawn(old), drawn(new, 1.0), margin=0.0, seed=1)
    assert found.estimate == pytest.approx(np.median(drawn(new, 1.0)) - np.median(drawn(old)))
    assert found[1:] == (-math.inf, math.inf, 1.0, 1.0)
    assert math.isfinite(median_difference(drawn(6), drawn(6), margin=0.0, seed=1).low)


@pytest.mark.parametrize(("old", "new"), [(40, 40), (41, 41), (40, 31)])
def test_the_interval_is_that_of_resampled_medians(old, new):
    """Without resampling: the quantiles agree with those of a plain bootstrap."""
    a, b = np.array(drawn(old)), np.array(drawn(new, 0.3, seed=1))
    rng = np.random.default_rng(2)
    medians = [np.median(rng.choice(x, (20_000, len(x))), axis=1) for x in (a, b)]
    samples = medians[1] - medians[0]
    found = median_difference(a.tolist(), b.tolist(), margin=0.1, seed=3, draws=20_000)
    assert (found.low, found.high) == pytest.approx(np.quantile(samples, [0.025, 0.975]), abs=0.03)
    assert found.p_above == pytest.approx(np.mean(samples <= 0.1), abs=0.015)
    assert found.p_below == pytest.approx(np.mean(samples > 0.1), abs=0.015)


def test_the_interval_has_the_level_that_is_given():
    """A lower one is inside a higher one, both about the estimate."""
    a, b = drawn(30), drawn(30, 1.0, seed=1)
    low, high = (median_difference(a, b, margin=0.0, seed=1, level=level) for level in (0.5, 0.99))
    assert high.low < low.low < low.estimate < low.high < high.high


def test_the_spread_between_runs_widens_the_interval():
    """As a normal error of that standard deviation."""
    a, b = [1.0] * 9, [2.0] * 9
    alone = median_difference(a, b, margin=0.0, seed=1)
    wide = median_difference(a, b, margin=0.0, seed=1, spread=0.1, draws=50_000)
    assert (alone.low, alone.high) == (1.0, 1.0)
    assert (wide.low, wide.high) == pytest.approx((1 - 0.196, 1 + 0.196), abs=0.004)


def test_p_values_are_never_below_what_the_counts_can_show():
    """Neither the number of draws nor of values makes evidence of nothing."""
    six = median_difference(drawn(6), drawn(6, 99.0), margin=0.0, seed=1, draws=10_000)
    assert six.p_above == 1 / math.comb(12, 6)
    assert six.p_below == 1.0
    many = median_difference(drawn(60), drawn(60, 99.0), margin=0.0, seed=1)
    assert many.p_above == 1 / (DRAWS + 1)
    exactly = median_difference([1.0] * 30, [2.0] * 30, margin=1.0, seed=1)
    assert (exactly.p_above, exactly.p_below) == (1.0, 1 / (DRAWS + 1))


def test_a_seed_gives_the_same_bits():
    """And another seed others."""
    a, b = drawn(30), drawn(30, 0.1, seed=1)
    first, again, other = (median_difference(a, b, margin=0.0, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("count", [6, 7])
def test_resampled_medians_have_their_exact_distribution(count):
    """Of all samples with replacement; of an even number, between neighbours too."""
    values = [float(2**k) for k in range(count)]
    samples = np.indices((count,) * count).reshape(count, -1)
    medians = np.median(np.array(values)[samples], axis=0)
    known = [0.0] * 9
    draws = 100_000
    for bound in (*values[1:-1], *(1.5 * value for value in values[:-1])):
        found = median_difference(known, values, margin=bound, seed=5, draws=draws)
        assert found.p_above == pytest.approx(np.mean(medians <= bound), abs=0.007)


def test_values_of_any_number_type_are_used():
    """Integers are numbers."""
    found = median_difference([1] * 7, [2, 2, 3, 3, 3, 4, 4], margin=0.0, seed=1)
    assert (found.estimate, found.low, found.high) == (2.0, 1.0, 3.0)
