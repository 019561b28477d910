"""`--interval hall`: intervals that are corrected for skewed rows, and tests that agree."""

import math
from fractions import Fraction
from functools import reduce
from operator import add

import numpy as np
import pytest

from losscli import UsageError, compare, evaluate
from losscli.accumulators.cubes import CubeSums
from losscli.stats.distributions import t_critical
from losscli.stats.means import MeanDifference
from losscli.stats.skewness import Skewness

ROWS = 400


def data(rows=ROWS, seed=5):
    """Skewed losses, weights and clusters."""
    random = np.random.default_rng(seed)
    return random.lognormal(size=rows), random.uniform(0.5, 2.0, rows), random.integers(0, 60, rows)


def halls(a, b, *, freedom):
    """The interval of Σa / Σb by bisection of the transformed t, of terms that are independent."""
    n, quotient = len(a), a.sum() / b.sum()
    e = a - quotient * b
    stderr = math.sqrt(n / (n - 1) * (e * e).sum()) / b.sum()
    root = math.sqrt((e * e).sum())
    third, shared = (e**3).sum() / root**3, (e * b).sum() / (b.sum() * root)
    c = third / 3 - shared
    critical = t_critical(0.95, freedom)

    def t_of(wanted):
        low, high = -1e3, 1e3
        for _ in range(200):
            t = 0.5 * (low + high)
            found = t + c * t**2 + c**2 * t**3 / 3 + third / 6
            low, high = (t, high) if found < wanted else (low, t)
        return low

    return quotient - t_of(critical) * stderr, quotient - t_of(-critical) * stderr


def summed(values, codes):
    """The sums of values by code."""
    return np.bincount(codes, values)


@pytest.mark.parametrize("given", [(), ("weights",), ("cluster",), ("weights", "cluster")])
def test_the_interval_is_that_of_the_formula(given):
    """Of rows, of weighted rows, and of the sums of clusters."""
    losses, weight, cluster = data()
    columns = {name: {"weights": weight, "cluster": cluster}[name] for name in given}
    found = evaluate(losses, np.zeros(ROWS), loss="mae", interval="hall", **columns)["mae"]
    b = weight if "weights" in given else np.ones(ROWS)
    a, count = b * losses, ROWS
    if "cluster" in given:
        a, b, count = summed(a, cluster), summed(b, cluster), len(np.unique(cluster))
    assert found.ci == pytest.approx(halls(a, b, freedom=count - 1), rel=1e-9)
    assert found.ci_method == "hall"
    plain = evaluate(losses, np.zeros(ROWS), loss="mae", **columns)["mae"]
    assert plain.ci_method is None
    assert (found.mean, found.stderr) == (plain.mean, plain.stderr)
    assert found.ci[0] > plain.ci[0]
    assert found.ci[1] > plain.ci[1]


def test_frequencies_are_rows_that_are_repeated():
    """Their skewness is that of the rows written out."""
    losses, *_ = data()
    times = np.random.default_rng(4).integers(0, 4, ROWS)
    flags = {"loss": "mae", "interval": "hall"}
    found = evaluate(
        losses, np.zeros(ROWS), weights=times, weights_are="frequency", **flags
    ).losses[0]
    written = np.repeat(losses, times)
    whole = evaluate(written, np.zeros(len(written)), **flags).losses[0]
    assert found.ci == pytest.approx(whole.ci, rel=1e-11)


@pytest.mark.parametrize("cuts", [[100], [1, 2, 3], [200, 201, 399]])
@pytest.mark.parametrize("weighted", [False, True])
def test_sums_of_parts_are_those_of_the_whole(cuts, weighted):
    """In any order, to the last bit."""
    losses, weight, _ = data()
    columns = (losses + 1e6, np.sqrt(weight), weight) if weighted else (losses + 1e6,)
    split = (np.split(column, cuts) for column in columns)
    parts = [CubeSums.of(*part) for part in zip(*split, strict=True)]
    assert reduce(add, parts[::-1]) == CubeSums.of(*columns)


@pytest.mark.parametrize("weighted", [False, True])
def test_no_bit_depends_on_threads(weighted):
    """Of several blocks."""
    losses, weight, _ = data(300_000)
    columns = {"weights": weight} if weighted else {}
    found = [
        evaluate(losses, 0 * losses, loss="mae", interval="hall", threads=threads, **columns)["mae"]
        for threads in (1, 2, 7)
    ]
    assert found[0].ci == found[1].ci == found[2].ci


def test_a_distant_mean_costs_no_digits():
    """A million standard deviations away; the corrected ends move with it."""
    losses, *_ = data()
    near = evaluate(losses, np.zeros(ROWS), loss="mae", interval="hall")["mae"]
    far = evaluate(losses + 2.0**20, np.zeros(ROWS), loss="mae", interval="hall")["mae"]
    ends = [end - 2.0**20 for end in far.ci]
    assert ends == pytest.approx(near.ci, rel=1e-8)


def test_of_a_root_the_ends_are_the_roots():
    """Those of the interval of mse."""
    losses, *_ = data()
    flags = {"interval": "hall"}
    of_mean = evaluate(losses, np.zeros(ROWS), loss="mse", **flags)["mse"]
    of_root = evaluate(losses, np.zeros(ROWS), loss="rmse", **flags)["rmse"]
    assert of_root.ci == pytest.approx([math.sqrt(end) for end in of_mean.ci], rel=1e-14)


@pytest.mark.parametrize("losses", [[1.0], [2.0, 2.0], [1.0, 3.0], [0.0, 0.0, 1e-200]])
def test_few_rows_and_equal_rows_have_their_usual_interval(losses):
    """The skewness of such rows is 0, or not known."""
    zeros = np.zeros(len(losses))
    found = evaluate(losses, zeros, loss="mae", interval="hall")["mae"]
    plain = evaluate(losses, zeros, loss="mae")["mae"]
    assert found.stderr == plain.stderr
    if len(losses) < 3:
        assert found.ci == plain.ci


def test_shares_and_metrics_keep_their_intervals():
    """Wilson's, which has the skewness of a share in it."""
    random = np.random.default_rng(2)
    pred, target = random.integers(0, 2, (2, 100))
    flags = {"loss": "zero_one", "metric": "f1"}
    found = evaluate(pred, target, interval="hall", **flags)
    plain = evaluate(pred, target, **flags)
    assert found["zero_one"] == plain["zero_one"]
    assert found["f1"] == plain["f1"]


@pytest.mark.parametrize(("third", "shared"), [(0.9, 0.0), (0.3, 0.1), (-0.5, 0.2)])
def test_the_transformation_is_inverted_and_odd(third, shared):
    """Also far out, where the cubic is flat."""
    skewness = Skewness(third, shared)
    for critical in (-12.0, -2.0, 0.0, 2.0, 12.0):
        t = skewness.inverse(critical)
        assert skewness.corrected(t) == pytest.approx(critical, abs=1e-9)
        assert skewness.negated().inverse(-critical) == pytest.approx(-t, abs=1e-12)


def test_tests_of_a_difference_agree_with_its_interval():
    """The p-value of a bound is 2.5 % where the interval ends."""
    harm = MeanDifference(1.0, 0.3, 19.0, Skewness(0.4, 0.05))
    low, high = harm.interval(0.95)
    assert harm.p_above(low) == pytest.approx(0.025, rel=1e-6)
    assert harm.p_at_most(high) == pytest.approx(0.025, rel=1e-6)
    assert harm.negated().interval(0.95) == pytest.approx((-high, -low), rel=1e-12)


def test_models_are_compared_by_the_corrected_difference():
    """Of the pairs; the interval of a difference is as that of losses of its values."""
    losses, weight, _ = data()
    models = {"a": losses, "b": losses * weight}
    zeros = np.zeros(ROWS)
    result = compare(models, zeros, loss="mae", interval="hall")
    assert result.ci_method == "hall"
    assert "paired t, corrected for skewness, at 95 %" in str(result)
    found = result["mae"]
    difference = losses * weight - losses
    expected = halls(difference, np.ones(ROWS), freedom=ROWS - 1)
    assert found["b"].ci == pytest.approx(expected, rel=1e-9)
    alone = evaluate(losses, zeros, loss="mae", interval="hall")["mae"]
    assert found.models[0].ci == alone.ci


def test_the_note_names_it_and_is_left_out_where_it_is_enough():
    """Of 100 log-normal rows some samples are noted still, but fewer."""
    random = np.random.default_rng(8)
    counts = {"t": 0, "hall": 0}
    for _ in range(60):
        losses = random.lognormal(size=100)
        for method in counts:
            found = evaluate(losses, np.zeros(100), loss="mae", interval=method)
            note = next((note for note in found.notes if note.code == "skewed"), None)
            counts[method] += note is not None
            if note is not None:
                assert ("--interval hall" in note.hint) == (method == "t")
    assert counts["hall"] < counts["t"]


@pytest.mark.parametrize("skewed", [True, False])
def test_skewed_clusters_are_noted(skewed):
    """And hardly symmetric ones."""
    random, cluster, noted = np.random.default_rng(9), np.repeat(np.arange(100), 5), 0
    for _ in range(40):
        means = random.lognormal(size=100) if skewed else 20 + random.standard_normal(100)
        losses = means[cluster] + 0.1 * random.random(500)
        found = evaluate(losses, np.zeros(500), loss="mae", cluster=cluster)
        noted += "few clusters of 100 make up" in " ".join(note.message for note in found.notes)
    assert noted > 25 if skewed else noted < 3


def test_a_series_is_refused():
    """The skewness of rows that depend on each other is not known."""
    with pytest.raises(UsageError, match="hac does not go with"):
        evaluate([1.0, 2.0], [0.0, 0.0], loss="mae", interval="hall", hac=1)


def test_each_group_is_corrected_by_its_own_skewness():
    """As if its rows were alone."""
    losses, weight, _ = data()
    keys, zeros = np.arange(ROWS) % 3, np.zeros(ROWS)
    flags = {"loss": "mae", "interval": "hall"}
    groups = evaluate(losses, zeros, by=keys, weights=weight, **flags).groups
    for key, group in enumerate(groups):
        own = keys == key
        alone = evaluate(losses[own], zeros[own], weights=weight[own], **flags).losses[0]
        assert group.losses[0].ci == pytest.approx(alone.ci, rel=1e-12)


def test_sums_that_are_not_finite_have_no_skewness():
    """And those of tiny numbers have, whose powers are no float64."""
    assert CubeSums.of(np.array([np.inf, 1.0])).skewness(Fraction(1), Fraction(2)) is None
    tiny = CubeSums.of(np.array([1e-160, 1e-160, 4e-160]))
    found = tiny.skewness(Fraction(6) * Fraction(1e-160) / 3, Fraction(3))
    assert found.third == pytest.approx(6 / 6**1.5, rel=1e-3)
