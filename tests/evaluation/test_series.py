"""Standard errors of time series, and weights that count rows."""

import math

import numpy as np
import pytest

from losscli import DataError, UsageError, compare, evaluate
from losscli.accumulators.series import SeriesSums
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.evaluation.sampling import Sampling
from losscli.losses.spec.binding import bind
from losscli.sources.opener import read_array
from losscli.sources.opening import open_source

NUMPY = choose("numpy", "cpu", "float64")


def series(rows=500, seed=3, level=0.0):
    """Targets whose neighbours are alike, and weights."""
    random = np.random.default_rng(seed)
    noise, target = random.normal(size=rows), np.empty(rows)
    for t in range(rows):
        target[t] = 0.7 * target[t - 1] * (t > 0) + noise[t]
    return target + level, random.uniform(0.5, 2.0, rows)


def newey_west(values, weight, lag):
    """By the formula of Newey and West, with n / (n - 1)."""
    mean = (weight * values).sum() / weight.sum()
    u, n = weight * (values - mean), len(values)
    total = (u * u).sum()
    for distance in range(1, lag + 1):
        total += 2 * (1 - distance / (lag + 1)) * (u[distance:] * u[:-distance]).sum()
    return math.sqrt(total * n / (n - 1)) / weight.sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("lag", [0, 1, 5, 20])
def test_the_standard_error_of_a_series(lag, weighted):
    """Newey and West's; at a lag of 0 it is the plain one."""
    target, weight = series()
    given = {"weights": weight} if weighted else {}
    found = evaluate(np.zeros(500), target, loss="mae", hac=lag, **given)["mae"]
    expected = newey_west(np.abs(target), weight if weighted else np.ones(500), lag)
    assert found.stderr == pytest.approx(expected, rel=1e-11)
    half = 1.9647293909 * expected  # scipy.stats.t.ppf(0.975, 499)
    assert found.ci == pytest.approx((found.mean - half, found.mean + half), rel=1e-8)
    if not lag:
        plain = evaluate(np.zeros(500), target, loss="mae", **given)["mae"]
        assert found.stderr == pytest.approx(plain.stderr, rel=1e-12)


@pytest.mark.parametrize("cuts", [[100], [1, 2, 3], [250, 251, 499], [3, 5, 480]])
def test_sums_of_parts_are_those_of_the_whole(cuts):
    """Also of parts that are shorter than the lag; every field of the products is equal."""
    target, weight = series(level=1e6)
    whole = SeriesSums.of(7, target, weight)
    parts = [
        SeriesSums.of(7, a, b)
        for a, b in zip(np.split(target, cuts), np.split(weight, cuts), strict=True)
    ]
    left = parts[0]
    for part in parts[1:]:
        left = left + part
    right = parts[-1]
    for part in parts[-2::-1]:
        right = part + right
    for found in (left, right):
        for ours, theirs in zip(found.products, whole.products, strict=True):
            assert [each.finest for each in ours] == [each.finest for each in theirs]


@pytest.mark.parametrize(("threads", "block"), [(2, 64), (7, 201), (1, 3)])
@pytest.mark.parametrize("sampling", [Sampling(lag=6), Sampling(frequency=True)])
def test_no_bit_depends_on_blocks_or_threads(threads, block, sampling):
    """The products are exact."""
    target, _ = series()
    times = np.random.default_rng(2).integers(0, 5, 500)

    def measured(engine, rows):
        source = open_source(np.zeros(500), target, weights=times)
        losses = bind(["mse", "mae", "zero_one"][:2], read_array)
        return measure(source, losses, NUMPY, engine, block_rows=rows, sampling=sampling).losses

    assert measured(LocalEngine(threads), block) == measured(LocalEngine(1), None)


@pytest.mark.parametrize("loss", ["mse", "rmse", "zero_one"])
@pytest.mark.parametrize("by", [False, True])
def test_frequencies_are_rows_that_are_repeated(loss, by):
    """The same mean to the last bit, the same error, interval and degrees of freedom."""
    random = np.random.default_rng(4)
    target, times = random.integers(0, 3, 300), random.integers(0, 4, 300)
    pred = np.where(random.random(300) < 0.3, (target + 1) % 3, target)
    keys = random.integers(0, 2, 300)
    given = {"weights": times, "weights_are": "frequency"} | ({"by": keys} if by else {})
    found = evaluate(pred, target, loss=loss, **given)
    repeated = {"by": np.repeat(keys, times)} if by else {}
    whole = evaluate(np.repeat(pred, times), np.repeat(target, times), loss=loss, **repeated)
    sides = [(found, whole), *zip(found.groups, whole.groups, strict=True)]
    for ours, theirs in sides:
        one, other = ours.losses[0], theirs.losses[0]
        assert one.mean == other.mean
        assert one.stderr == pytest.approx(other.stderr, rel=1e-12)
        assert one.ci == pytest.approx(other.ci, rel=1e-12)


def test_models_of_a_series_are_compared():
    """The difference has the standard error of its series."""
    target, _ = series()
    models = {"a": np.zeros(500), "b": 0.3 * target}
    pair = compare(models, target, loss="mae", hac=4)["mae"]["b"]
    values = np.abs(target - models["b"]) - np.abs(target)
    assert pair.stderr == pytest.approx(newey_west(values, np.ones(500), 4), rel=1e-10)
    assert pair.stderr > compare(models, target, loss="mae")["mae"]["b"].stderr


def test_models_of_counted_rows_are_compared():
    """As of the rows that are repeated."""
    target, _ = series()
    times = np.random.default_rng(5).integers(0, 4, 500)
    models = {"a": np.zeros(500), "b": 0.3 * target}
    pair = compare(models, target, loss="mae", weights=times, weights_are="frequency")["mae"]["b"]
    written = {name: np.repeat(pred, times) for name, pred in models.items()}
    other = compare(written, np.repeat(target, times), loss="mae")["mae"]["b"]
    assert pair.stderr == pytest.approx(other.stderr, rel=1e-11)
    assert pair.degrees_of_freedom == other.degrees_of_freedom
    assert pair.p == pytest.approx(other.p, rel=1e-6)


def test_what_does_not_go_together_is_refused():
    """With the flag, before or at the first rows."""
    target, weight = series(50)
    pred = np.zeros(50)
    with pytest.raises(UsageError, match="hac is for rows in the order of time"):
        evaluate(pred, target, loss="mae", hac=2, cluster=np.arange(50))
    with pytest.raises(UsageError, match="bootstrap"):
        evaluate(pred, target, loss="mae", hac=2, bootstrap=100)
    with pytest.raises(UsageError, match="needs"):
        evaluate(pred, target, loss="mae", weights_are="frequency")
    with pytest.raises(DataError, match="takes whole numbers"):
        evaluate(pred, target, loss="mae", weights=weight, weights_are="frequency")
    assert evaluate(pred, target, loss="mae", hac=50)["mae"].stderr is None


def autoregression(correlation, rows, seed=1):
    """Losses of mean 20 whose neighbours correlate."""
    noise = np.random.default_rng(seed).normal(size=rows)
    found = np.zeros(rows)
    for t in range(1, rows):
        found[t] = correlation * found[t - 1] + noise[t]
    return 20.0 + found


def low_coverage(losses, lag):
    """The note on the interval of a series, if any."""
    found = evaluate(losses, np.zeros(len(losses)), loss="mae", hac=lag)
    notes = [note for note in found.notes if note.code == "low_coverage"]
    return notes[0] if notes else None


def test_a_lag_that_is_too_short_is_noted_with_one_that_is_not():
    """The lag of the hint has no note."""
    losses = autoregression(0.8, 4000)
    note = low_coverage(losses, 5)
    correlation = np.corrcoef(losses[1:], losses[:-1])[0, 1]
    assert f"neighbours correlate at {correlation:.2f}, of 4,000 rows" in note.message
    assert low_coverage(losses, int(note.hint.removeprefix("--hac "))) is None


def test_a_series_of_few_rows_is_noted_with_their_number():
    """As many rows as the hint says have no note."""
    losses = autoregression(0.8, 200)
    _, lag, _, rows, _ = low_coverage(losses, 5).hint.split()
    again = np.tile(losses, 10)[: int(rows.replace(",", ""))]
    assert low_coverage(again, int(lag)) is None
    assert low_coverage(autoregression(0.0, 40), 20) is not None


@pytest.mark.parametrize("lag", [0, 1, 5])
def test_independent_rows_in_order_are_not_noted(lag):
    """Nor are rows whose neighbours differ."""
    assert low_coverage(autoregression(0.0, 1000), lag) is None
    assert low_coverage(autoregression(-0.5, 1000), lag) is None
