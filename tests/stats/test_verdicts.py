"""The three-way decision, for a row and for a table of rows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulations import three_way_rows
from losscli.stats.decisions import compare_to_bound, holm, log_margin, three_way
from losscli.stats.signed_rank import p_above, p_at_most, ratio_interval

BOUND = math.log1p(0.05)
P_VALUES = st.lists(st.floats(0.0, 1.0), max_size=12)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (np.nextafter(BOUND, 1.0), 1.0, "slower"),
        (BOUND, 1.0, "undecided"),
        (-1.0, BOUND, "not slower"),
        (-1.0, np.nextafter(BOUND, 1.0), "undecided"),
        (BOUND, BOUND, "not slower"),
        (-math.inf, -1.0, "undecided"),
        (1.0, math.inf, "undecided"),
        (-math.inf, math.inf, "undecided"),
        (math.nan, -1.0, "undecided"),
        (1.0, math.nan, "undecided"),
    ],
)
def test_the_whole_interval_decides(low, high, verdict):
    """An end on the margin is not above it; no evidence is no verdict."""
    assert three_way(low, high, 0.05) == verdict


@pytest.mark.parametrize("margin", [-1.0, -2.0, math.nan, math.inf])
def test_a_margin_without_a_logarithm_is_refused(margin):
    """By name, before it could decide anything."""
    with pytest.raises(ValueError, match="margin must be a finite fraction above -1"):
        three_way(0.0, 1.0, margin)


@given(P_VALUES)
def test_holm_is_the_closed_test_of_bonferroni(values):
    """Adjusted is the largest Bonferroni p-value of the sets that hold the claim.

    Of the sets of a size only the one of the largest other p-values matters.
    """
    for i, p in enumerate(values):
        others = sorted(values[:i] + values[i + 1 :], reverse=True)
        sets = [[p, *others[:size]] for size in range(len(values))]
        truth = max(min(1.0, len(s) * min(s)) for s in sets)
        assert holm(values)[i] == pytest.approx(truth, rel=1e-12, abs=1e-300)


@given(P_VALUES, st.randoms(use_true_random=False))
def test_holm_does_not_mind_the_order(values, random):
    """Each keeps its own, and none falls."""
    order = random.sample(range(len(values)), len(values))
    adjusted = holm(values)
    assert holm([values[i] for i in order]) == [adjusted[i] for i in order]
    assert all(a >= p for a, p in zip(adjusted, values, strict=True))


def test_a_nan_counts_as_one_of_the_claims():
    """What could not be tested makes nothing else easier."""
    adjusted = holm([0.01, math.nan, 0.02])
    assert adjusted[0] == 0.03
    assert math.isnan(adjusted[1])
    assert adjusted[2] == 0.04


@pytest.mark.parametrize("n", [5, 6, 20, 201])
def test_one_row_gets_the_verdict_of_its_interval(n):
    """Holm changes nothing for a single claim."""
    random = np.random.default_rng(n)
    seen = set()
    for centre in (-0.02, 0.005, 0.01, 0.02, 0.05):
        x = random.normal(centre, 0.01, n)
        bound = log_margin(0.01)
        alone = three_way(*ratio_interval(x)[1:], 0.01)
        assert three_way_rows([p_above(x, bound)], [p_at_most(x, bound)]) == [alone]
        seen.add(alone)
    assert seen == ({"undecided"} if n < 6 else {"slower", "not slower", "undecided"})


def test_many_rows_need_more_evidence():
    """A claim that one row would make is not made for one of forty, and a clear one is."""
    above, at_most = [0.02, *[0.5] * 38, 1e-5], [0.98, *[0.5] * 38, 0.99]
    verdicts = three_way_rows(above, at_most)
    assert verdicts[0] == "undecided"
    assert verdicts[-1] == "slower"
    assert three_way_rows(above[:1], at_most[:1]) == ["slower"]
    assert three_way_rows([math.nan], [math.nan]) == ["undecided"]
    assert three_way_rows([], []) == []
    assert three_way_rows([0.25], [0.75], level=0.5) == ["slower"]  # exactly at the level
    assert three_way_rows([0.75], [0.25], level=0.5) == ["not slower"]
    with pytest.raises(ValueError, match="shorter"):
        three_way_rows([0.1], [])


def test_an_interval_is_above_at_most_or_undecided():
    """An end on the bound is at most; ends that are not finite decide nothing."""
    cases = {
        (1.0, 2.0): "above", (-1.0, 0.0): "at most", (0.0, 0.0): "at most", (0.0, 1.0): "undecided",
        (-1.0, 1.0): "undecided", (1.0, math.inf): "undecided", (-math.inf, -1.0): "undecided",
    }  # fmt: skip
    assert {ends: compare_to_bound(*ends, 0.0) for ends in cases} == cases
