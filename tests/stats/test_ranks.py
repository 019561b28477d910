"""Rank intervals against SciPy, and the properties that they cannot lose."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from losscli.stats import order_statistics, signed_rank
from losscli.stats.distributions import normal_isf
from losscli.stats.order_statistics import bimodal, median_interval, outliers
from losscli.stats.signed_rank import p_above, p_at_most, ratio_interval

# Multiples of 1/64 within ±64: sums and shifts by such numbers, and halves, are exact.
GRID = st.integers(-4096, 4096).map(lambda i: i / 64.0)
SAMPLES = st.lists(GRID, min_size=1, max_size=40)


def drawn(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([n, seed]).normal(0.0, 0.01, n)


@pytest.mark.parametrize("n", [1, 2, 6, 9, 24, 25, 60, 200])
def test_p_is_the_exact_signed_rank_test(n):
    """`p_above` and `p_at_most` are SciPy's exact test of the differences to the margin.

    From 10 rounds on in an order that stretches nothing.
    """
    x = drawn(n)
    if n >= 10:
        x = alternating(x)
    for margin in (-0.004, 0.0, 0.003):
        greater = stats.wilcoxon(x - margin, alternative="greater", method="exact").pvalue
        less = stats.wilcoxon(x - margin, alternative="less", method="exact").pvalue
        assert p_above(x, margin) == pytest.approx(greater, rel=1e-9)
        assert p_at_most(x, margin) == pytest.approx(less, rel=1e-9)


def alternating(x: np.ndarray) -> np.ndarray:
    """The numbers reordered so that neighbours lie on opposite sides: no positive correlation."""
    ordered = np.sort(x)
    out = np.empty_like(ordered)
    out[0::2] = ordered[: (x.size + 1) // 2]
    out[1::2] = ordered[(x.size + 1) // 2 :]
    return out


@pytest.mark.parametrize("n", [201, 400])
def test_p_of_many_rounds_is_the_normal_approximation(n):
    """SciPy's, with the correction for continuity, on either side of the centre."""
    x = alternating(drawn(n))
    for margin in (-0.001, 0.0005):
        truth = stats.wilcoxon(
            x - margin, alternative="greater", method="asymptotic", correction=True
        ).pvalue
        assert p_above(x, margin) == pytest.approx(truth, rel=1e-9)


def test_the_change_of_method_is_small():
    """At 200 rounds both tell a tail of 2.5 % alike to 0.3 %, and the later one claims less."""
    exact = signed_rank._signed_rank(200)
    k = int(np.searchsorted(exact, 0.025))
    mean, sd = 200 * 201 / 4, math.sqrt(200 * 201 * 401 / 24)
    normal = stats.norm.cdf((k + 0.5 - mean) / sd)
    assert 1.0 < normal / exact[k] < 1.003


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_the_signed_rank_distribution_is_that_of_all_signs(n):
    """Of the sums of all 2^n sets of ranks."""
    sums = ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) @ np.arange(1, n + 1)
    truth = [float((sums <= k).mean()) for k in range(n * (n + 1) // 2 + 1)]
    assert signed_rank._signed_rank(n).tolist() == truth


@pytest.mark.parametrize("n", [6, 7, 12, 41, 42, 201, 1500])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_the_interval_and_the_p_values_agree(n, level):
    """At its ends the claim is just not made, a hair beyond them it is, stretched or not."""
    for seed in range(3):
        x = drawn(n, seed) + 0.01 * np.sin(np.arange(n) / 5.0) * (seed == 2)
        _, low, high = ratio_interval(x, level)
        tail = 0.5 * (1.0 - level)
        assert p_above(x, low) > tail >= p_above(x, np.nextafter(low, -1.0))
        assert p_at_most(x, np.nextafter(high, -1.0)) > tail >= p_at_most(x, high)


def test_many_rounds_are_counted_as_the_few_are_held(monkeypatch):
    """The search by counting gives the ends of the sorted averages."""
    x = drawn(300)
    held = ratio_interval(x)
    monkeypatch.setattr(signed_rank, "_STORED_UP_TO", 10)
    assert ratio_interval(x) == pytest.approx(held, rel=1e-12, abs=1e-17)
    for values in ([0.0] * 20, [-1.0, 0.0] * 10, [1.0] * 19 + [2.0]):
        counted = ratio_interval(values)
        with monkeypatch.context() as context:
            context.setattr(signed_rank, "_STORED_UP_TO", 1000)
            assert counted == pytest.approx(ratio_interval(values), abs=1e-300)


@pytest.mark.parametrize("n", [6, 7, 10, 33, 100, 1001, 20_000])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_the_depths_of_the_median_are_binomial(n, level):
    """The pairs of order statistics that the ends lie between cover less and more than `level`."""
    depth, share = order_statistics._depth(n, level)
    outer, inner = (1.0 - 2.0 * stats.binom.cdf(d - 1, n, 0.5) for d in (depth, depth + 1))
    assert inner < level <= outer
    part = (outer - level) / (outer - inner)
    odds = (1.0 + depth * (1.0 - part) / ((n - depth) * part)) if part else math.inf
    assert share == pytest.approx(1.0 / odds, rel=1e-7)  # Hettmansperger and Sheather, (2.4)


@pytest.mark.parametrize("n", [6, 15, 40, 101])
def test_the_interval_of_the_median_lies_in_scipys(n):
    """SciPy's, not interpolated, holds it; and its own next narrower one lies inside."""
    x = np.random.default_rng(n).exponential(size=n)
    low, high = median_interval(x)
    outer = stats.quantile_test(x, p=0.5).confidence_interval(0.95)
    assert outer.low <= low < np.median(x) < high <= outer.high
    ordered, (depth, _) = np.sort(x), order_statistics._depth(n, 0.95)
    assert low <= ordered[depth]
    assert high >= ordered[-depth - 1]


def test_too_few_values_exclude_nothing():
    """Under 6 at 95 %, and 6 are enough; fewer are needed for less."""
    for n in range(6):
        assert median_interval(drawn(n)) == (-math.inf, math.inf)
    for n in range(1, 6):
        assert ratio_interval(drawn(n))[1:] == (-math.inf, math.inf)
    assert all(map(math.isfinite, (*median_interval(drawn(6)), *ratio_interval(drawn(6)))))
    assert all(map(math.isfinite, ratio_interval(drawn(2), 0.5)))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_gives_nan(bad):
    """And never an interval or a p-value of the rest."""
    values = [*drawn(20), bad]
    assert all(map(math.isnan, median_interval(values)))
    assert all(map(math.isnan, ratio_interval(values)))
    assert math.isnan(p_above(values, 0.0))
    assert math.isnan(p_at_most(values, 0.0))
    assert not bimodal(values * 3)
    assert outliers(values) >= 1
    assert math.isnan(ratio_interval([])[0])


@given(SAMPLES, GRID, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_intervals_follow_shift_and_scale(values, shift, scale):
    """Ends move with the values; the p-values stay."""
    moved = [scale * v + shift for v in values]
    for interval in (median_interval, ratio_interval):
        expected = [scale * end + shift for end in interval(values)]
        assert interval(moved) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert p_above(moved, scale * 0.5 + shift) == p_above(values, 0.5)
    assert outliers([scale * v for v in values]) == outliers(values)
    assert bimodal([scale * v for v in values]) == bimodal(values)


@given(SAMPLES)
def test_intervals_are_mirrored_with_the_values(values):
    """Which of the two is the first does not matter."""
    estimate, low, high = ratio_interval(values)
    assert ratio_interval([-v for v in values]) == (-estimate, -high, -low)


@given(st.lists(GRID, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_order_matters_only_where_a_correlation_can_be_seen(values, random):
    """The median and few ratios forget the order; from 10 ratios on, neighbours count."""
    shuffled = random.sample(values, len(values))
    assert median_interval(shuffled) == median_interval(values)
    assert ratio_interval(shuffled) == ratio_interval(values)
    assert outliers(shuffled * 4) == outliers(values * 4)
    assert bimodal(shuffled * 4) == bimodal(values * 4)


@example([7 / 64.0, 7 / 64.0], [0.5, 0.14326569917803111])
@given(SAMPLES, st.lists(st.floats(0.05, 0.999), min_size=2, max_size=2))
def test_a_higher_level_is_wider(values, levels):
    """And the estimate lies inside."""
    less, more = sorted(levels)
    for interval in (median_interval, lambda v, level: ratio_interval(v, level)[1:]):
        inner, outer = interval(values, less), interval(values, more)
        assert outer[0] <= inner[0] <= inner[1] <= outer[1]
    estimate, low, high = ratio_interval(values, more)
    assert low <= estimate <= high


@given(SAMPLES, GRID, GRID)
def test_p_falls_as_the_margin_does(values, one, other):
    """A claim beyond a lower margin is easier, and the two claims do not hold at once."""
    low, high = sorted([one, other])
    assert p_above(values, low) <= p_above(values, high)
    assert p_at_most(values, high) <= p_at_most(values, low)
    assert p_above(values, low) + p_at_most(values, low) >= 1.0 - 1e-12


def test_neighbours_that_resemble_each_other_widen_the_interval():
    """Sorted rounds say less than the same in turn."""
    x = drawn(40)
    _, low, high = ratio_interval(np.sort(x))
    _, inner_low, inner_high = ratio_interval(alternating(x))
    assert high - low > 2.0 * (inner_high - inner_low)


def test_equal_ratios_have_no_width():
    """A clock too coarse to tell anything apart is no fault of the arithmetic."""
    assert ratio_interval([0.25] * 30) == (0.25, 0.25, 0.25)
    assert median_interval([0.25] * 30) == (0.25, 0.25)


def test_steps_of_a_clock_are_not_two_modes():
    """Two neighbouring ticks within 1 %, and all values alike."""
    assert not bimodal([1000.0, 1001.0] * 20)
    assert not bimodal([1000.0] * 40)
    assert bimodal([1000.0, 1100.0] * 20)
    assert not bimodal([1000.0, 1100.0] * 9)  # too few to say


def test_few_samples_between_two_modes_do_not_bridge_them():
    """As spikes of the fast mode do: 3 % of the samples, not more."""
    noise = np.random.default_rng(0).normal(0.0, 0.01, 97)
    modes = 1.0 + 0.1 * (np.arange(97) < 30) + noise
    assert bimodal([*modes, 1.035, 1.05, 1.065])
    assert not bimodal([*modes, *np.linspace(1.02, 1.08, 20)])


def test_outliers_are_counted_on_both_sides():
    """Beyond 3 interquartile ranges, as numpy.percentile has the quartiles."""
    assert outliers([1.0, 2.0, 3.0, 4.0, 5.0, 11.0, -5.0]) == 0
    values = [float(v) for v in range(101)]
    assert outliers([*values, 300.0, -200.0]) == 2
    assert outliers([]) == 0
    assert outliers([math.nan]) == 1


@pytest.mark.parametrize("probability", [0.5, 0.4, 0.025, 1e-8, 1e-40, 1e-290])
def test_the_normal_quantile_keeps_its_digits_far_out(probability):
    """Where 1 - probability is 1."""
    truth = stats.norm.isf(probability)
    assert normal_isf(probability) == pytest.approx(truth, rel=1e-12, abs=1e-15)
