"""Metrics of rows in clusters, and of resamples: the errors, and the same bits for any division."""

import math

import numpy as np
import pytest

from losscli import DataError, compare, evaluate
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.evaluation.sampling import Sampling
from losscli.metrics.binding import bind_with_losses
from losscli.sources.opening import open_source
from tests.metrics.samples import cases

ROWS = 600
CASES = [case for case in cases() if case.params.get("train") is None]
NUMPY = choose("numpy", "cpu", "float64")
# Their states are rows, or their order: no sums of clusters follow from them.
OF_ORDER = ("roc_auc", "average_precision", "quantile")


def of_order(case):
    """True for a metric without a standard error under clusters."""
    by_mass = case.params.get("strategy") == "quantile"
    return case.metric.name in OF_ORDER or by_mass or case.params.get("loss") in ("mae", "pinball")


def evaluated(case, pred, target, **flags):
    """The result of a case."""
    given = {key: value for key, value in case.params.items() if value is not None}
    words = ",".join(f"{key}={_word(value)}" for key, value in given.items())
    spec = f"{case.metric.name}:{words}" if words else case.metric.name
    return evaluate(pred, target, metric=f"m={spec}", **flags)


def _word(value):
    return " ".join(map(str, value)) if isinstance(value, tuple) else value


def usable(case):
    """Rows of a case whose evaluation by flags is plain, and its weights."""
    pred, target = case.rows(5, ROWS)
    weight = np.random.default_rng(7).uniform(0.5, 2.0, ROWS)
    return pred, target, weight


# The shapes of the others need other flags.
NAMES = [
    case.name
    for case in CASES
    if not any("," in str(value) for value in case.params.values())
    and case.metric.rows_of.targeted
    and case.name != "accuracy:/a row of numbers a sample"
    and "categorical" not in case.name
]
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("name", NAMES)
def test_clusters_of_one_row_give_the_plain_standard_error(name):
    """C is n then; of metrics of the order of rows there is none, and a note says so."""
    case = BY_NAME[name]
    pred, target, weight = usable(case)
    plain = evaluated(case, pred, target, weights=weight)["m"]
    result = evaluated(case, pred, target, weights=weight, cluster=np.arange(ROWS))
    found = result["m"]
    assert found.value == plain.value or (math.isnan(found.value) and math.isnan(plain.value))
    if of_order(case):
        assert found.stderr is None
        assert "no_clustered_stderr" in [note.code for note in result.notes]
        return
    assert found.clusters == ROWS
    if plain.stderr is None:
        assert found.stderr is None
    else:
        assert found.stderr == pytest.approx(plain.stderr, rel=1e-9, abs=1e-15)
        assert found.ci == pytest.approx(plain.ci, rel=1e-2, abs=1e-12)


def changes(case, pred, target, weight):
    """The change of a metric by each row, as its derivative by the row's weight times the weight.

    By a difference quotient, from values alone.
    """
    found = np.empty(len(weight))
    for row, size in enumerate(weight):
        ends = []
        for step in (1e-5 * size, -1e-5 * size):
            moved = weight.copy()
            moved[row] += step
            state = case.metric.state(pred, target, moved, case.params)
            ends.append(case.metric.estimate(state, case.params).value)
        found[row] = (ends[0] - ends[1]) / 2e-5
    return found


def newey_west(changes, lag):
    """The formula of Newey and West, with n / (n - 1)."""
    n, total = len(changes), (changes**2).sum()
    for distance in range(1, lag + 1):
        share = 1 - distance / (lag + 1)
        total += 2 * share * (changes[distance:] * changes[:-distance]).sum()
    return math.sqrt(max(total, 0.0) * n / (n - 1))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_error_of_a_series_is_newey_wests_of_its_changes(name, weighted):
    """Of metrics of the order of rows there is none, and a note says so."""
    case, rows = BY_NAME[name], 30
    pred, target, weight = (column[:rows] for column in usable(case))
    weight = weight if weighted else np.ones(rows)
    flags = {"weights": weight} if weighted else {}
    result = evaluated(case, pred, target, hac=3, **flags)
    found = result["m"]
    if of_order(case):
        assert found.stderr is None
        assert "no_clustered_stderr" in [note.code for note in result.notes]
    elif math.isnan(found.value):
        assert found.stderr is None
    else:
        expected = newey_west(changes(case, pred, target, weight), 3)
        assert found.stderr == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("spec", ["r2", "f1:average=macro", "pearson"])
def test_a_series_of_lag_0_has_the_error_of_independent_rows(spec):
    """Also far from 0, where the terms of a variance cancel."""
    random = np.random.default_rng(3)
    pred, target = random.integers(0, 3, (2, 300))
    if spec != "f1:average=macro":
        pred, target = pred + 2.0**24, target + 2.0**24
    plain = evaluate(pred, target, metric=f"m={spec}")["m"]
    found = evaluate(pred, target, metric=f"m={spec}", hac=0)["m"]
    assert found.stderr == pytest.approx(plain.stderr, rel=1e-9)
    assert found.ci == pytest.approx(plain.ci, rel=1e-9)


def test_models_of_a_series_are_compared_by_metrics():
    """The difference has the error of its own changes."""
    random = np.random.default_rng(6)
    target = np.cumsum(random.normal(size=60))
    models = {name: target + np.cumsum(random.normal(size=60)) / 4 for name in "ab"}
    case = BY_NAME[next(name for name in NAMES if name.startswith("r2"))]
    ours, theirs = (changes(case, models[name], target, np.ones(60)) for name in "ba")
    found = compare(models, target, metric="r2", hac=4)["r2"]["b"]
    assert found.stderr == pytest.approx(newey_west(ours - theirs, 4), rel=1e-5)


def test_a_short_lag_is_noted_for_metrics_alone():
    """With a lag that is long enough."""
    random = np.random.default_rng(1)
    error = np.zeros(3000)
    for t in range(1, 3000):
        error[t] = 0.8 * error[t - 1] + random.normal()
    target = random.normal(size=3000)
    [note] = evaluate(target + error, target, metric="bias", hac=2).notes
    assert note.code == "low_coverage"
    lag = int(note.hint.removeprefix("--hac "))
    assert not evaluate(target + error, target, metric="bias", hac=lag).notes


@pytest.mark.parametrize("name", NAMES)
def test_frequencies_are_rows_that_are_repeated(name):
    """The same value to the last bit, and the same error, as of the rows written out."""
    case = BY_NAME[name]
    pred, target, _ = usable(case)
    times = np.random.default_rng(9).integers(0, 4, ROWS)
    found = evaluated(case, pred, target, weights=times, weights_are="frequency")["m"]
    whole = evaluated(case, np.repeat(pred, times, axis=0), np.repeat(target, times, axis=0))["m"]
    assert found.value == whole.value or (math.isnan(found.value) and math.isnan(whole.value))
    if whole.stderr is None:
        assert found.stderr is None
    else:
        assert found.stderr == pytest.approx(whole.stderr, rel=1e-12)
        assert found.ci == pytest.approx(whole.ci, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("spec", ["r2", "f1:average=macro", "mcc", "accuracy", "pearson"])
def test_the_error_of_clusters_is_that_of_leaving_out_one(spec):
    """A jackknife of clusters, as far as two linearisations agree."""
    random = np.random.default_rng(11)
    cluster = random.integers(0, 150, 4000)
    shared = random.normal(size=150)[cluster]
    if spec in ("r2", "pearson"):
        target = random.normal(size=4000)
        pred = target + random.normal(size=4000) * np.exp(0.4 * shared)
    else:
        target = random.integers(0, 3, 4000)
        wrong = random.random(4000) < 0.2 + 0.2 * (shared > 0)
        pred = np.where(wrong, (target + random.integers(1, 3, 4000)) % 3, target)
    found = evaluate(pred, target, metric=f"m={spec}", cluster=cluster)["m"]
    left = [cluster != c for c in range(150)]
    parts = [evaluate(pred[at], target[at], metric=f"m={spec}")["m"].value for at in left]
    expected = math.sqrt(149 / 150 * np.sum((np.array(parts) - np.mean(parts)) ** 2))
    assert found.clusters == 150
    assert found.stderr == pytest.approx(expected, rel=0.05)
    assert found.stderr != evaluate(pred, target, metric=f"m={spec}")["m"].stderr


def test_accuracy_of_clusters_is_the_mirror_of_the_error_rate():
    """The same interval from either side."""
    random = np.random.default_rng(3)
    pred, target = random.integers(0, 2, (2, 500))
    cluster = random.integers(0, 60, 500)
    found = evaluate(pred, target, loss="zero_one", metric="accuracy", cluster=cluster)
    low, high = found["zero_one"].ci
    assert found["accuracy"].stderr == pytest.approx(found["zero_one"].stderr, rel=1e-12)
    assert found["accuracy"].ci == pytest.approx((1 - high, 1 - low), rel=1e-12)


@pytest.mark.parametrize(("threads", "block"), [(2, 64), (7, 201), (1, 7)])
@pytest.mark.parametrize("spec", ["r2", "explained_variance", "bias"])
@pytest.mark.parametrize("lag", [None, 3])
def test_no_bit_depends_on_blocks_or_threads(spec, threads, block, lag):
    """Sums of clusters, of resamples and of neighbours are exact."""
    random = np.random.default_rng(1)
    target = random.normal(1e3, 1.0, ROWS)
    pred, cluster = target + random.normal(size=ROWS), random.integers(0, 50, ROWS)
    metrics = bind_with_losses([spec], [])

    def measured(engine, rows):
        flags, sampling = {"cluster": cluster}, Sampling(100)
        if lag is not None:
            flags, sampling = {}, Sampling(lag=lag)
        return measure(
            open_source(pred, target, **flags),
            [],
            NUMPY,
            engine,
            metrics=metrics,
            block_rows=rows,
            sampling=sampling,
        ).metrics

    assert measured(LocalEngine(threads), block) == measured(LocalEngine(1), None)


@pytest.mark.parametrize("spec", ["r2", "accuracy", "f1:average=macro", "brier_decomposition"])
def test_resamples_agree_with_the_standard_error(spec):
    """The percentile interval is about as wide as that of the delta method."""
    random = np.random.default_rng(2)
    if spec == "r2":
        target = random.normal(size=5000)
        pred = target + random.normal(size=5000)
    elif spec == "brier_decomposition":
        pred = random.random(5000)
        target = (random.random(5000) < pred).astype(float)
    else:
        target = random.integers(0, 3, 5000)
        pred = np.where(random.random(5000) < 0.3, (target + 1) % 3, target)
    found = evaluate(pred, target, metric=f"m={spec}", bootstrap=1000)["m"]
    low, high = found.bootstrap_ci
    assert low < found.value < high
    assert high - low == pytest.approx(found.ci[1] - found.ci[0], rel=0.1)


def test_metrics_of_order_say_that_they_are_not_resampled():
    """A note, and the interval of DeLong as it is."""
    random = np.random.default_rng(4)
    target = random.integers(0, 2, 300)
    found = evaluate(target + random.normal(size=300), target, metric="roc_auc", bootstrap=100)
    assert found["roc_auc"].bootstrap_ci is None
    assert found["roc_auc"].ci is not None
    assert [note.code for note in found.notes] == ["not_resampled"]


def test_one_cluster_is_an_error_for_metrics_too():
    """There is no standard error."""
    with pytest.raises(DataError, match="one cluster"):
        evaluate([1.0, 2.0, 4.0], [1.0, 2.5, 3.0], metric="r2", cluster=[1, 1, 1])


def test_few_clusters_are_noted_for_metrics_alone():
    """As for losses: the interval may cover less than its level."""
    random = np.random.default_rng(8)
    pred, target = random.normal(size=(2, 90))
    found = evaluate(pred, target, metric="r2", cluster=np.arange(90) // 10)
    assert [note.code for note in found.notes] == ["few_clusters"]


def test_models_of_clusters_are_compared_by_metrics():
    """Clusters of one row give the plain comparison; of several, a larger error."""
    random = np.random.default_rng(6)
    cluster = np.repeat(np.arange(100), 10)
    shared = random.normal(size=100)[cluster]
    target = random.normal(size=1000)
    models = {
        "a": target + random.normal(size=1000) + shared,
        "b": target + random.normal(size=1000),
    }
    plain = compare(models, target, metric="r2")["r2"]["b"]
    alone = compare(models, target, metric="r2", cluster=np.arange(1000))["r2"]["b"]
    found = compare(models, target, metric="r2", cluster=cluster)["r2"]
    assert alone.stderr == pytest.approx(plain.stderr, rel=1e-9)
    assert alone.p == pytest.approx(plain.p, rel=1e-6)
    assert (found.clusters, found["b"].degrees_of_freedom) == (100, 99.0)
    assert found["b"].stderr > 1.2 * plain.stderr
