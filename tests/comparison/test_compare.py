"""Differences of paired losses, held against SciPy, fractions and formulas."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from losscli import losses as catalogue
from losscli.backends.backend import choose
from losscli.comparison.difference import Comparison, Difference
from losscli.comparison.gates import judged
from losscli.comparison.measure import compare
from losscli.engines.local import LocalEngine
from losscli.errors import DataError
from losscli.gates import Margin, NotWorse
from losscli.losses.spec.binding import bind
from losscli.sources.opener import read_array
from losscli.sources.opening import open_source
from losscli.sources.roles import Reference

NUMPY = choose("numpy", "cpu", "float64")


def compared(preds, reference, targets, spec="mse", weights=None, **flags):
    """The only difference of arrays."""
    engine = flags.pop("engine", LocalEngine(1))
    source = open_source(preds, targets, weights=weights, references=[Reference(reference)])
    (found,) = compare(source, bind(spec, read_array), NUMPY, engine, **flags).differences
    return found


def drawn(seed, rows, shift=0.1):
    """Predictions, a reference of them and targets, with losses that go together."""
    random = np.random.default_rng(seed)
    targets, noise = random.normal(size=(2, rows))
    reference = targets + noise
    return reference + random.normal(shift, 0.3, rows), reference, targets


@pytest.mark.parametrize("rows", [2, 3, 10, 442, 5000])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_interval_is_that_of_the_paired_t_test(rows, level):
    """Of SciPy, on the losses of the rows; the difference is their exact mean."""
    ours, theirs, targets = drawn(rows, rows)
    found = compared(ours, theirs, targets, ci=level)
    left, right = (catalogue.mse(preds, targets) for preds in (ours, theirs))
    truth = stats.ttest_rel(left, right)
    ends = truth.confidence_interval(level)
    assert found.value == float(sum(map(Fraction, (left - right).tolist())) / rows)
    assert found.reference == float(sum(map(Fraction, right.tolist())) / rows)
    assert found.ci == pytest.approx((ends.low, ends.high), rel=1e-11)
    assert found.value / found.stderr == pytest.approx(truth.statistic, rel=1e-11)
    assert found.n == rows


def test_weights_make_it_a_quotient():
    """Σ w·d / Σ w, its standard error linearised; rows of no weight are out."""
    ours, theirs, targets = drawn(5, 300)
    weights = np.random.default_rng(6).integers(0, 4, 300) * 0.25
    theirs[weights == 0] = np.inf
    found = compared(ours, theirs, targets, weights=weights)
    kept = weights > 0
    w, t = weights[kept], targets[kept]
    difference = (ours[kept] - t) ** 2 - (theirs[kept] - t) ** 2
    value = float(w @ difference / w.sum())
    n = int(kept.sum())
    stderr = math.sqrt(n / (n - 1) * np.sum((w * (difference - value)) ** 2)) / w.sum()
    half = stats.t.ppf(0.975, n - 1) * stderr
    assert (found.n, found.ignored) == (n, 300 - n)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.ci == pytest.approx((value - half, value + half), rel=1e-10)


def test_class_weights_and_ignored_labels_count_as_in_the_mean():
    """The difference is that of the two means, and ignored rows may hold anything."""
    random = np.random.default_rng(8)
    ours, theirs = random.normal(size=(2, 400, 3))
    labels = random.integers(0, 3, 400)
    labels[::7] = -100
    theirs[::7] = np.nan
    spec = "cross_entropy:weight=@w.npy"
    (loss,) = bind(spec, lambda _: np.array([1.0, 0.5, 4.0]))
    source = open_source(ours, labels, references=[Reference(theirs)])
    (found,) = compare(source, [loss], NUMPY, LocalEngine(1)).differences
    kept = labels >= 0
    means = [
        np.average(
            catalogue.cross_entropy(preds[kept], labels[kept]),
            weights=np.array([1.0, 0.5, 4.0])[labels[kept]],
        )
        for preds in (ours, theirs)
    ]
    assert found.value == pytest.approx(means[0] - means[1], rel=1e-11)
    assert found.reference == pytest.approx(means[1], rel=1e-11)
    assert (found.n, found.ignored) == (int(kept.sum()), int((~kept).sum()))


@given(st.integers(0, 2**32), st.integers(2, 300), st.integers(1, 310))
def test_no_bit_of_the_difference_depends_on_the_blocks(seed, rows, block):
    """Nor any bit at all on threads and processes."""
    arrays = drawn(seed, rows)
    whole = compared(*arrays)
    cut = compared(*arrays, block_rows=block)
    assert (cut.value, cut.reference) == (whole.value, whole.reference)
    assert cut.ci == pytest.approx(whole.ci, rel=1e-9)
    assert compared(*arrays, block_rows=block, engine=LocalEngine(3)) == cut


def test_a_row_counts_where_it_counts_for_both():
    """Skipped rows are left out of the mean that is held against, too."""
    ours, theirs, targets = drawn(11, 200)
    ours[3] = theirs[50] = targets[51] = np.nan
    kept = np.delete(np.arange(200), [3, 50, 51])
    rest = compared(ours[kept], theirs[kept], targets[kept])
    for block in (1, 40, 200):
        found = compared(ours, theirs, targets, nan="skip", block_rows=block)
        assert (found.value, found.reference) == (rest.value, rest.reference)
        assert (found.n, found.skipped) == (197, 3)
        assert found.ci == pytest.approx(rest.ci, rel=1e-9)


def test_what_is_missing_in_the_reference_is_blamed_on_it():
    """By name and row."""
    ours, theirs, targets = drawn(12, 20)
    theirs[7] = np.nan
    with pytest.raises(DataError) as caught:
        compared(ours, theirs, targets)
    assert (caught.value.place.path, caught.value.place.row) == ("reference", 7)


def test_rows_of_other_shapes_are_no_pair():
    """Though a loss would take each."""
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 9)
    with pytest.raises(DataError, match="one shape"):
        compared(random.normal(size=(9, 3)), random.normal(size=(9, 4)), labels, "cross_entropy")
    with pytest.raises(DataError, match="numbers of rows differ"):
        compared(random.normal(size=9), random.normal(size=8), random.normal(size=9))


NUMBERS = st.floats(-10, 10)


@given(NUMBERS, st.floats(1e-3, 10), st.integers(2, 4000), st.floats(0, 5))
def test_the_rows_that_would_do_are_the_fewest(value, spread, rows, number):
    """By SciPy's quantiles: with one row less the interval holds the number still."""
    stderr = spread / math.sqrt(rows)
    half = stats.t.ppf(0.975, rows - 1) * stderr
    found = Difference("x", value, 1.0, rows, 0, 0, stderr, (value - half, value + half), 0.95)
    wanted = found.rows_to_exclude(number)
    gap = abs(value - number)
    if wanted is None:
        assert gap < 1e-3
        return
    slack = 1e-9 * gap
    assert stats.t.ppf(0.975, wanted - 1) * spread / math.sqrt(wanted) < gap + slack
    if wanted > 2:
        assert stats.t.ppf(0.975, wanted - 2) * spread / math.sqrt(wanted - 1) > gap - slack


@given(NUMBERS, st.floats(0, 5), st.floats(0.1, 100), st.floats(0, 2), st.booleans())
def test_the_whole_interval_decides(value, half, mean, size, relative):
    """Pass where all of it is within the margin, fail where all is beyond, else undecided."""
    ends = (value - half, value + half)
    margin = size * mean if relative else size
    found = Difference("x", value, mean, 50, 0, 0, half / 2, ends, 0.95)
    gate = judged(NotWorse("x", "a.npy", Margin(size, relative)), Comparison((found,)))
    wanted = "pass" if ends[1] <= margin else "fail" if ends[0] > margin else "undecided"
    assert (gate.status, gate.value, gate.limit) == (wanted, value, margin)
