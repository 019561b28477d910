"""The bootstrap: intervals near those of theory, and the same for any division of the rows."""

import numpy as np
import pytest

from losscli import UsageError, evaluate
from losscli.accumulators.replicates import Draws, ReplicateSums
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.evaluation.sampling import Sampling
from losscli.losses.spec.binding import bind
from losscli.sources.opener import read_array
from losscli.sources.opening import open_source

NUMPY = choose("numpy", "cpu", "float64")


def data(rows=3_000, seed=5):
    """Targets, predictions of 0, weights and clusters."""
    generator = np.random.default_rng(seed)
    target = generator.exponential(size=rows)
    return np.zeros(rows), target, generator.random(rows), generator.integers(0, 60, rows)


def half_width(interval):
    """Half of its length."""
    return (interval[1] - interval[0]) / 2


@pytest.mark.parametrize("loss", ["mse", "rmse", "mae"])
@pytest.mark.parametrize("given", [(), ("weights",), ("cluster",), ("weights", "cluster")])
def test_it_agrees_with_the_linearised_interval(loss, given):
    """Within 10 %, of which 2,000 resamples leave some 2 % to chance."""
    pred, target, weight, cluster = data(10_000)
    columns = {"weights": weight, "cluster": cluster}
    columns = {name: columns[name] for name in given}
    found = evaluate(pred, target, loss=loss, bootstrap=2_000, **columns).losses[0]
    assert half_width(found.bootstrap_ci) == pytest.approx(half_width(found.ci), rel=0.1)
    assert found.bootstrap_ci[0] < found.of_mean < found.bootstrap_ci[1]


@pytest.mark.parametrize(("threads", "block"), [(1, 64), (2, 1_000), (7, 3_000), (3, 7)])
@pytest.mark.parametrize("given", [(), ("weights", "cluster")])
def test_no_bit_depends_on_blocks_or_threads(threads, block, given):
    """A weight is a hash of the row or the cluster, and sums are exact."""
    pred, target, weight, cluster = data()
    columns = {"weights": weight, "cluster": cluster}
    columns = {name: columns[name] for name in given}
    whole = evaluate(pred, target, loss="mse", bootstrap=200, **columns).losses[0]
    with open_source(pred, target, **columns) as source:
        found = measure(
            source,
            bind("mse", read_array),
            NUMPY,
            LocalEngine(threads),
            block_rows=block,
            sampling=Sampling(200),
        ).losses[0]
    assert found.bootstrap_ci == whole.bootstrap_ci


def test_each_group_is_resampled_as_if_alone():
    """A group's interval lies around its mean."""
    pred, target, _, cluster = data()
    found = evaluate(pred, target, loss="mse", bootstrap=200, by=cluster % 3)
    for group in found.groups:
        low, high = group.losses[0].bootstrap_ci
        assert low < group.losses[0].mean < high


def test_weights_are_poisson_and_independent():
    """Of rows and of resamples: mean 1, variance 1, correlations of the size of chance."""
    rows, resamples = 2_000, 102
    keys = np.arange(rows, dtype=np.uint64)
    weights = np.stack(
        [
            ReplicateSums.of(Draws(keys[k : k + 1], resamples), np.ones(1), None).numerator.digits[
                :, 0
            ]
            for k in range(rows)
        ]
    )
    counts = np.bincount(weights.ravel(), minlength=4) / weights.size
    assert counts[:4] == pytest.approx([0.3679, 0.3679, 0.1839, 0.0613], abs=0.005)
    for matrix in (weights, weights.T[:, :400]):
        correlations = np.corrcoef(matrix, rowvar=False)
        chance = 1 / np.sqrt(len(matrix))
        apart = correlations[np.triu_indices(len(correlations), 1)]
        assert apart.std() == pytest.approx(chance, rel=0.1)
        assert np.abs(apart).max() < 6 * chance


def test_without_it_there_is_no_such_interval():
    """And odd numbers of resamples are refused."""
    pred, target, _, _ = data(50)
    assert evaluate(pred, target, loss="mse").losses[0].bootstrap_ci is None
    with pytest.raises(UsageError, match="5 resamples"):
        evaluate(pred, target, loss="mse", bootstrap=5)
