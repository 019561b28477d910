"""Coverage, false alarms and power, simulated: what docs/statistics.md says holds.

Seeds are fixed, so a bound that holds once holds always. Bounds are widened by two standard errors
of a share of that many runs, no more, so that a rule that is truly off does fail.
"""

import math

import pytest

from benchmarks import simulations as sim

DEEP = pytest.mark.deep
RUNS = [1000, pytest.param(10_000, marks=DEEP)]


def within(share: float, low: float, high: float, runs: int) -> bool:
    """Whether a true share in [low, high] explains this one."""
    reach = 2.0 * math.sqrt(max(low * (1.0 - low), high * (1.0 - high)) / runs)
    return low - reach <= share <= high + reach


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("name", list(sim.TIMES))
@pytest.mark.parametrize("n", [6, 7, 10, 16, 50, 200])
def test_intervals_hold_the_truth(name, n, runs):
    """93 to 97 % of them do, at a nominal 95 %."""
    assert within(sim.covers_median(name, n, runs), 0.93, 0.97, runs)
    assert within(sim.covers_ratio(name, n, runs), 0.93, 0.97, runs)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("n", [16, 30, 100])
def test_a_correlation_of_rounds_is_made_up_for(n, runs):
    """In the most part: uncorrected, 0.2 would leave 91 % and 0.4 would leave 84 %."""
    assert within(sim.covers_ratio("", n, runs, 0.2), 0.93, 0.97, runs)
    assert within(sim.covers_ratio("", n, runs, 0.4), 0.89, 0.97, runs)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("name", list(sim.TIMES))
@pytest.mark.parametrize("resolve", [0.005, 0.01, 0.02])
def test_stopping_on_the_width_leaves_the_coverage(name, resolve, runs):
    """Of the ratio, and of the median of one side."""
    ratio, median, _ = sim.covers_stopped(name, resolve, runs)
    assert within(ratio, 0.93, 0.97, runs)
    assert within(median, 0.93, 0.97, runs)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("resolve", [0.005, 0.01, 0.02])
def test_stopping_on_correlated_rounds_costs_little(resolve, runs):
    """The rule stops sooner on runs that look quiet; what that leaves is written down."""
    assert within(sim.covers_stopped_alike(0.2, resolve, runs)[0], 0.92, 0.97, runs)
    assert within(sim.covers_stopped_alike(0.4, resolve, runs)[0], 0.88, 0.97, runs)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("between", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("resolve", [0.01, 0.005])
def test_interleaved_pairs_neither_cry_wolf_nor_sleep(between, resolve, runs):
    """At a margin of 1 %: slower in at most 1 % of equal pairs and at least 90 % of +5 %."""
    assert sim.paired(0.0, between, runs, resolve)["slower"] <= 0.01 * runs
    assert sim.paired(0.05, between, runs, resolve)["slower"] >= 0.9 * runs


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("between", [0.01, 0.03, 0.1])
def test_a_reference_in_each_run_makes_two_runs_comparable(between, runs):
    """At a margin of 5 %, with 0.3 % that the reference does not share."""
    assert sim.two_runs(0.0, between, 0.003, runs)["anchored"]["slower"] <= 0.01 * runs
    assert sim.two_runs(0.1, between, 0.003, runs)["anchored"]["slower"] >= 0.9 * runs


def test_raw_times_of_two_runs_cannot_be_trusted():
    """Why the reference is there: 3 % between runs, and no change, is often called slower."""
    verdicts = sim.two_runs(0.0, 0.03, 0.003, 500)
    assert verdicts["raw"]["slower"] > 0.05 * 500
    assert sim.two_runs(0.1, 0.03, 0.003, 500)["raw"]["slower"] < 0.9 * 500


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("n", [20, 30, 60])
def test_two_modes_are_seen_and_spikes_are_not_one(n, runs):
    """Under 1 % false alarms; over 90 % of 20/80 and 50/50, 10 % apart at 1 % noise."""
    assert within(sim.called_bimodal(n, 0.0, runs), 0.0, 0.01, runs)
    for share in (0.2, 0.5, 0.8):
        assert sim.called_bimodal(n, share, runs) > 0.9


@pytest.mark.parametrize("runs", RUNS)
def test_the_rows_of_a_table_are_one_family(runs):
    """Of 20 rows at the margin itself, a false "slower" in at most 2.5 % of tables."""
    adjusted, alone = sim.false_tables(20, 24, runs // 5)
    assert within(adjusted, 0.0, 0.025, runs // 5)
    assert alone > 0.2  # unadjusted
