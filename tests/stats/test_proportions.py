"""The score interval of proportions: against SciPy, and never of no width."""

import numpy as np
import pytest
from scipy import stats

from losscli import evaluate
from losscli.stats.proportions import score_interval


@pytest.mark.parametrize(("errors", "rows"), [(0, 10), (1, 10), (10, 10), (7, 100), (1, 2)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_interval_is_that_of_wilson(errors, rows, level):
    """For the loss, and for the metric that is 1 minus it."""
    pred = np.zeros(rows, int)
    target = (np.arange(rows) < errors).astype(int)
    expected = stats.binomtest(errors, rows).proportion_ci(level, method="wilson")
    found = evaluate(pred, target, loss="zero_one", metric="accuracy", ci=level)
    assert found["zero_one"].ci == pytest.approx(tuple(expected), abs=1e-14)
    accuracy = found["accuracy"].ci
    assert accuracy == pytest.approx((1 - expected.high, 1 - expected.low), abs=1e-14)


def test_no_errors_are_no_proof():
    """10 correct rows leave 28 % possible: a gate at 1 % fails."""
    ones = np.ones(10)
    found = evaluate(ones, ones, loss="zero_one", gate="zero_one.ci_high <= 0.01")
    assert found.losses[0].ci == pytest.approx((0.0, 0.27753279986), abs=1e-11)
    assert found.gates[0].status == "fail"


def test_equal_rows_of_other_losses_are_noted():
    """The end of an interval without a width is no evidence."""
    ones = np.ones(10)
    gates = ["mse.ci_high <= 0.01", "mse <= 0.01"]
    found = evaluate(ones, ones, loss="mse", gate=gates)
    assert [gate.status for gate in found.gates] == ["error", "pass"]
    assert "no_spread" in [note.code for note in found.notes]


def test_weights_count_by_their_effective_number():
    """Rows of weight 0 count nothing, and the scale of weights is of no account."""
    generator = np.random.default_rng(4)
    target, weight = (generator.random(200) < 0.1).astype(int), generator.random(200)
    pred = np.zeros(200, int)
    found = evaluate(pred, target, loss="zero_one", weights=weight).losses[0]
    share = (weight * target).sum() / weight.sum()
    effective = share * (1 - share) / found.stderr**2 * 200 / 199
    assert found.ci == pytest.approx(score_interval(share, effective, 1.959963984540054), rel=1e-12)
    scaled = evaluate(pred, target, loss="zero_one", weights=weight * 1024).losses[0]
    assert scaled.ci == found.ci
    perfect = evaluate(pred, pred, loss="zero_one", weights=weight).losses[0]
    kish = weight.sum() ** 2 / (weight**2).sum()
    assert perfect.ci == pytest.approx(score_interval(0.0, kish, 1.959963984540054), rel=1e-12)


def test_clusters_without_errors_count_once():
    """10 documents of 20 correct rows are evidence of 10, by Student's t with 9 degrees."""
    ones, cluster = np.ones(200), np.arange(200) // 20
    found = evaluate(ones, ones, loss="zero_one", cluster=cluster).losses[0]
    critical = float(stats.t.ppf(0.975, 9))
    assert found.ci == pytest.approx(score_interval(0.0, 10.0, critical), rel=1e-9)


def test_a_share_of_columns_has_a_score_interval_too():
    """Its rows lie in [0, 1], and their variance is that of more trials."""
    generator = np.random.default_rng(4)
    target = (generator.random((50, 8)) < 0.1).astype(int)
    found = evaluate(np.zeros((50, 8)), target, loss="zero_one:average=columns").losses[0]
    assert 0 < found.ci[0] < found.mean < found.ci[1] < 1
