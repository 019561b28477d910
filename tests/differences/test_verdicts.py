"""What is decided of one row and of many, on times whose truth is known."""

import itertools

import numpy as np
import pytest

from losscli import diff
from losscli.stats.medians import median_difference
from tests.differences.conftest import bench, document, row

MINE, TORCH = "kernels.py:f", "torch"


def verdicts(result, impl=MINE):
    """The verdicts of an implementation's rows."""
    return {pair.verdict for pair in result if pair.impl == impl}


@pytest.mark.parametrize("seed", range(20))
def test_a_run_is_not_slower_than_its_like(seed):
    """An A/A pair is never slower, and anchored it is found not to be."""
    result = diff(bench(2 * seed), bench(2 * seed + 1))
    assert verdicts(result) == {"not slower"}
    assert "slower" not in verdicts(result, TORCH)


def test_a_slowdown_of_the_code_is_found():
    """20 % beyond a margin of 5 %, in every row of the code and in no other."""
    result = diff(bench(1), bench(2, slowdown=1.2))
    assert verdicts(result) == {"slower"}
    assert "slower" not in verdicts(result, TORCH)
    ratios = [pair.anchored.ratio for pair in result if pair.impl == MINE]
    assert ratios == pytest.approx([1.2] * 4, rel=0.02)


def test_a_slower_machine_is_not_slower_code():
    """All times grow by 30 %: what is anchored did not change, and a note says what did."""
    result = diff(bench(1), bench(2, machine=1.3))
    assert verdicts(result) == {"not slower"}
    assert [note.code for note in result.notes] == ["machine"]
    raw = [pair.raw.ratio for pair in result if pair.impl == MINE]
    assert raw == pytest.approx([1.3] * 4, rel=0.03)


@pytest.mark.parametrize("machine", [0.7, 1.3, 2.0])
def test_raw_ratios_decide_nothing_on_a_machine_that_changed(machine):
    """The anchor says that runs differ by more than the allowance, which raw ratios rest on."""
    result = diff(bench(1), bench(2, machine=machine), fail_on="slower")
    assert verdicts(result, TORCH) == {"undecided"}
    assert result.exit_code == 0
    assert verdicts(diff(bench(1), bench(2, machine=1.05)), TORCH) != {"slower"}


def test_a_raw_slowdown_is_found_where_no_anchor_speaks_against_it():
    """One implementation alone, twice as slow: beyond the margin and any allowance."""
    old, new = (
        document([r for r in found["rows"] if r["impl"] == MINE])
        for found in (bench(1), bench(2, slowdown=2.0))
    )
    assert verdicts(diff(old, new)) == {"slower"}


def test_a_slowdown_that_a_quicker_machine_hides_is_found():
    """The raw ratio is below 1."""
    result = diff(bench(1), bench(2, machine=0.7, slowdown=1.2))
    assert verdicts(result) == {"slower"}
    assert all(pair.raw.ratio < 1.0 for pair in result)


def test_what_lies_about_the_margin_is_undecided():
    """A slowdown of the margin itself is neither."""
    result = diff(bench(1), bench(2, slowdown=1.05), margin="5%")
    assert verdicts(result) == {"undecided"}
    assert {pair.reason for pair in result if pair.impl == MINE} == {
        "the interval contains the margin"
    }
    assert verdicts(diff(bench(1), bench(2, slowdown=1.05), margin=0.2)) == {"not slower"}


def test_swapped_files_turn_ratios_over():
    """A known slowdown is above 1 in one direction and below in the other."""
    there, back = (diff(*pair) for pair in itertools.permutations([bench(1), bench(2, 1.2)]))
    for one, other in zip(there, back, strict=True):
        for kind in ("raw", "anchored"):
            ratios = getattr(one, kind), getattr(other, kind)
            if None not in ratios:
                assert ratios[0].ratio == pytest.approx(1.0 / ratios[1].ratio, rel=1e-12)
    assert verdicts(there) == {"slower"}
    assert verdicts(back) == {"not slower"}


def test_a_raw_ratio_is_as_wide_as_runs_differ():
    """Without an anchor the same 8 % are beyond a margin of 1 % only where runs never differ."""
    documents = []
    for seed, slowdown in ((1, 1.0), (2, 1.08)):
        one = bench(seed, slowdown)
        documents.append(document([r for r in one["rows"] if r["impl"] == MINE]))
    result = diff(*documents, margin="1%")
    assert {pair.anchor for pair in result} == {None}
    assert verdicts(result) == {"undecided"}
    assert verdicts(diff(*documents, margin="1%", between_runs=0)) == {"slower"}
    low, high = result.rows[0].raw.ci
    assert np.log(high / low) == pytest.approx(2 * 1.96 * np.sqrt(2) * np.log1p(0.03), rel=0.15)


def test_forty_rows_without_a_change_are_forty_chances():
    """At the very margin, 1 in 40 is slower alone; Holm's correction holds nearly all back."""
    blocks = [(f"loss_{at}", "forward") for at in range(40)]
    false_positives = 0
    for seed in range(10):
        old, new = bench(2 * seed, blocks=blocks), bench(2 * seed + 1, 1.05, blocks=blocks)
        false_positives += "slower" in verdicts(diff(old, new, margin="5%"))
    assert false_positives <= 1


def test_one_slow_row_of_forty_is_found():
    """The bootstrap has draws enough for a p-value that survives the correction."""
    blocks = [(f"loss_{at}", "forward") for at in range(40)]
    new = bench(2, blocks=blocks)
    slow = new["rows"][41]
    slow["time_s"]["rounds_s"] = [1.2 * time for time in slow["time_s"]["rounds_s"]]
    result = diff(bench(1, blocks=blocks), new)
    assert [pair.label for pair in result if pair.verdict == "slower"] == ["loss_20"]
    assert result.draws >= 2000


@pytest.mark.parametrize("count", [6, 7, 30, 31])
def test_medians_of_resamples_are_distributed_as_if_resampled(count):
    """Against a plain bootstrap, by the quantiles."""
    random = np.random.default_rng(count)
    old, new = np.sort(random.normal(size=(2, count)))
    shift = median_difference(old, new, margin=0.0, seed=1, draws=40_000)
    draws = [
        np.median(side[random.integers(count, size=(40_000, count))], axis=1) for side in (old, new)
    ]
    low, high = np.quantile(draws[1] - draws[0], [0.025, 0.975])
    assert (shift.low, shift.high) == pytest.approx((low, high), abs=0.06)
    assert shift.p_above == pytest.approx(np.mean(draws[1] - draws[0] <= 0.0), abs=0.02)


def test_few_rounds_decide_nothing():
    """Five a side, however far apart."""
    old, new = (document([row("torch", [time] * 5)]) for time in (1.0, 9.0))
    (pair,) = diff(old, new)
    assert (pair.verdict, pair.reason) == ("undecided", "too few rounds: 5 and 5")
    assert pair.raw.ci is None


def test_a_slowdown_within_the_noise_of_the_machine_is_undecided():
    """A run that could not tell an implementation from itself cannot tell two apart."""
    new = bench(2, slowdown=1.2) | {"noise_floor": 0.5}
    assert verdicts(diff(bench(1), new)) == {"undecided"}
