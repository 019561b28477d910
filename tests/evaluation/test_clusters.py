"""Standard errors of rows in clusters: by the formula, and the same for any blocks."""

import math

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate
from losscli.accumulators.clusters import Clusters, ClusterSums
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.losses.spec.binding import bind
from losscli.sources.opener import read_array
from losscli.sources.opening import open_source

NUMPY = choose("numpy", "cpu", "float64")


def data(rows=3_000, clusters=40, seed=5):
    """Targets that share a part within a cluster, predictions of 0, weights, and the clusters."""
    generator = np.random.default_rng(seed)
    cluster = generator.integers(0, clusters, rows)
    target = generator.standard_normal(rows) + generator.standard_normal(clusters)[cluster]
    return np.zeros(rows), target, generator.random(rows), cluster


def robust(values, weight, cluster):
    """CR1 by its formula: the sums of the residuals of each cluster."""
    mean = (weight * values).sum() / weight.sum()
    sums = np.array([(weight * (values - mean))[cluster == c].sum() for c in np.unique(cluster)])
    count = len(sums)
    return math.sqrt(count / (count - 1) * (sums**2).sum()) / weight.sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [int, float, str])
def test_the_standard_error_is_cluster_robust(weighted, kind):
    """The sums of clusters are independent, their rows are not."""
    pred, target, weight, cluster = data()
    named = cluster.astype(kind) if kind is not str else [f"document {c}" for c in cluster]
    given = {"weights": weight} if weighted else {}
    found = evaluate(pred, target, loss="mse", cluster=named, **given)["mse"]
    expected = robust(target**2, weight if weighted else np.ones(len(pred)), cluster)
    assert found.stderr == pytest.approx(expected, rel=1e-13)
    assert found.clusters == 40
    half = 2.02269092003676 * expected  # scipy.stats.t.ppf(0.975, 39)
    assert found.ci == pytest.approx((found.mean - half, found.mean + half), rel=1e-9)


def test_clusters_of_one_row_give_the_plain_standard_error():
    """C is n then, and so are the degrees of freedom."""
    pred, target, _, _ = data(200)
    plain = evaluate(pred, target, loss="mse")["mse"]
    found = evaluate(pred, target, loss="mse", cluster=np.arange(200))["mse"]
    assert found.stderr == pytest.approx(plain.stderr, rel=1e-14)
    assert found.ci == pytest.approx(plain.ci, rel=1e-14)


@pytest.mark.parametrize(("threads", "block"), [(1, 64), (2, 1000), (7, 3_000), (1, 7)])
def test_no_bit_depends_on_blocks_threads_or_order(threads, block):
    """Sums by cluster are exact."""
    pred, target, weight, cluster = data()
    order = np.random.default_rng(1).permutation(len(pred)) if block == 7 else slice(None)
    whole = evaluate(pred, target, loss="mse", cluster=cluster, weights=weight)["mse"]
    with open_source(
        pred[order], target[order], weights=weight[order], cluster=cluster[order]
    ) as source:
        found = measure(
            source, bind("mse", read_array), NUMPY, LocalEngine(threads), block_rows=block
        ).losses[0]
    assert found.stderr == whole.stderr
    assert found.ci == whole.ci


@pytest.mark.parametrize("step", [1, 9])
def test_sorted_clusters_are_the_shuffled_ones(step):
    """Blocks whose last cluster goes on in the next one, and clusters longer than blocks."""
    pred, target, _, cluster = data(clusters=4 if step == 9 else 700)
    cluster = np.sort(cluster)
    order = np.random.default_rng(1).permutation(len(pred))
    found = []
    for rows in (np.arange(len(pred)), order):
        with open_source(pred[rows], target[rows], cluster=cluster[rows] * step) as source:
            losses = bind("mse", read_array)
            found.append(measure(source, losses, NUMPY, LocalEngine(1), block_rows=64).losses[0])
    assert found[0].stderr == found[1].stderr
    assert found[0].clusters == found[1].clusters == len(np.unique(cluster))


def test_rows_that_do_not_count_leave_no_cluster():
    """A cluster of weight 0 is none."""
    pred, target, weight, cluster = data(300, 5)
    weight[cluster == 4] = 0.0
    found = evaluate(pred, target, loss="mse", cluster=cluster, weights=weight)["mse"]
    kept = cluster < 4
    expected = robust(target[kept] ** 2, weight[kept], cluster[kept])
    assert found.clusters == 4
    assert found.stderr == pytest.approx(expected, rel=1e-13)


def test_groups_have_clusters_of_their_own():
    """A cluster may have rows in several groups."""
    pred, target, _, cluster = data(1_000, 12)
    group = np.arange(1_000) % 3
    found = evaluate(pred, target, loss="mse", cluster=cluster, by=group)
    for part in found.groups:
        rows = group == int(part.by["by"])
        expected = robust(target[rows] ** 2, np.ones(rows.sum()), cluster[rows])
        assert part.losses[0].stderr == pytest.approx(expected, rel=1e-13)


def test_positions_of_a_sample_are_a_cluster():
    """Pixels of one image are not independent."""
    generator = np.random.default_rng(2)
    logits = generator.standard_normal((30, 4, 6, 5))
    labels = generator.integers(0, 4, (30, 6, 5))
    found = evaluate(logits, labels, loss="cross_entropy").losses[0]
    sample = np.repeat(np.arange(30), 30)
    rows = logits.transpose(0, 2, 3, 1).reshape(-1, 4)
    same = evaluate(rows, labels.reshape(-1), loss="cross_entropy", cluster=sample).losses[0]
    assert (found.clusters, found.stderr, found.ci) == (30, same.stderr, same.ci)
    # Clusters that are given take the place of samples.
    larger = evaluate(logits, labels, loss="cross_entropy", cluster=np.arange(30) // 3).losses[0]
    assert larger.clusters == 10


def test_one_sample_of_positions_has_no_standard_error():
    """A note says why."""
    logits = np.random.default_rng(2).standard_normal((1, 4, 50))
    found = evaluate(logits, np.zeros((1, 50), int), loss="cross_entropy")
    assert found.losses[0].stderr is None
    assert "few_clusters" in [note.code for note in found.notes]


def test_one_cluster_is_an_error():
    """It says nothing about the difference of clusters."""
    pred, target, _, _ = data(50)
    with pytest.raises(DataError, match="all rows lie in one cluster"):
        evaluate(pred, target, loss="mse", cluster=["a"] * 50)


@pytest.mark.parametrize("missing", [math.nan, None])
def test_a_missing_cluster_is_an_error(missing):
    """With the first row, and how many."""
    pred, target, _, _ = data(50)
    cluster = [1.0] * 20 + [missing] * 2 + [2.0] * 28
    named = np.array(cluster) if missing is not None else cluster
    with pytest.raises(DataError, match="the cluster of this row is missing") as error:
        evaluate(pred, target, loss="mse", cluster=named)
    assert (error.value.place.row, error.value.count) == (20, 2)


def test_a_column_of_a_table_is_taken(tmp_path):
    """A cluster is its text as it stands."""
    path = tmp_path / "table.csv"
    path.write_text("p,t,doc\n1,2,a\n2,2,a\n3,5,b\n4,4.5,b\n1,0,c\n")
    found = evaluate(str(path), pred="p", target="t", cluster="doc", loss="mse")
    expected = robust(np.array([1, 0, 4, 0.25, 1]), np.ones(5), np.array([0, 0, 1, 1, 2]))
    assert found["mse"].stderr == pytest.approx(expected, rel=1e-14)
    assert [note.code for note in found.notes] == ["few_clusters"]
    assert "clusters" in [each.role for each in found.inputs]


def test_several_keys_a_row_are_an_error():
    """One column is asked for."""
    with pytest.raises(UsageError, match="one key a row"):
        evaluate([1.0, 2.0], [1.0, 1.0], loss="mse", cluster=np.ones((2, 2)))


def test_paired_differences_are_clustered(tmp_path):
    """A gate on a pair takes the clusters of the evaluation."""
    pred, target, _, cluster = data(400, 8)
    for name, column in (("p", pred), ("t", target), ("q", pred + 0.1), ("c", cluster)):
        np.save(tmp_path / f"{name}.npy", column)
    from losscli.comparison.measure import compare
    from losscli.sources.roles import Reference

    with open_source(pred, target, cluster=cluster, references=[Reference(pred + 0.1)]) as source:
        found = compare(source, bind("mse", read_array), NUMPY, LocalEngine(2))
    expected = robust(target**2 - (target - 0.1) ** 2, np.ones(400), cluster)
    assert found.differences[0].stderr == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("most", [1, 3_000, 1 << 24])
def test_many_clusters_in_no_order_are_those_in_order(most, monkeypatch):
    """Rows that wait for each other, up to a number of them, and are settled by several threads."""
    pred, target, _, cluster = data(rows=9_000, clusters=20_000)
    order = np.argsort(cluster, kind="stable")
    whole = evaluate(pred[order], target[order], loss="mse", cluster=cluster[order])["mse"]
    monkeypatch.setattr("losscli.accumulators.clusters._MOST_WAITING", most)
    for threads, block in ((1, 700), (2, 2_500), (7, 9_000)):
        with open_source(pred, target, cluster=cluster) as source:
            engine = LocalEngine(threads)
            found = measure(source, bind("mse", read_array), NUMPY, engine, block_rows=block)
        assert (found["mse"].stderr, found["mse"].ci) == (whole.stderr, whole.ci)
        assert found["mse"].clusters == whole.clusters == len(np.unique(cluster))


def test_rows_that_wait_are_parts_of_both_sums():
    """`+` leaves both as they are; keys and totals are those of rows that never waited."""
    random = np.random.default_rng(3)
    keys, values = random.integers(0, 3_000, (3, 900)), random.standard_normal((3, 900))
    waiting = [
        ClusterSums.of(Clusters.of_integers(own), [each, None])
        for own, each in zip(keys, values, strict=True)
    ]
    found, codes = np.unique(keys, return_inverse=True)
    numbered = Clusters(codes.reshape(-1), found.astype(np.uint64))
    plain = ClusterSums.of(numbered, [values.reshape(-1), None])
    both = waiting[0] + waiting[1]
    whole = both + waiting[2]
    again = waiting[0] + (waiting[1] + waiting[2])
    both += waiting[2]
    for sums in (whole, again, both):
        assert (sums.keys == plain.keys).all()
        for column in (0, 1):
            assert (sums.totals(column).high == plain.totals(column).high).all()


def test_sums_hold_numbers_of_all_sizes():
    """Digits of any place add up; the rest of a number is not lost beside a large one."""
    values = np.array([1e300, 1.0, -1e300, 1e-300, 5e-324, 2.0**70])
    clusters = Clusters(np.array([0, 0, 0, 1, 1, 2]), np.array([7, 3, 9], np.uint64))
    parts = [ClusterSums.of(clusters.at(slice(k, k + 1)), [values[k : k + 1]]) for k in range(6)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    assert len(whole) == 3
    assert whole.totals(0).high.tolist() == [1e-300, 1.0, 2.0**70]  # by ascending key


@pytest.mark.parametrize("gap", [1, 3, 10**6])
def test_sums_in_place_are_those_of_new_objects(gap, monkeypatch):
    """With keys that lie close and far, of parts that hold other clusters and other digits."""
    monkeypatch.setattr("losscli.accumulators.clusters._MANY", 2)
    random = np.random.default_rng(gap)
    parts = []
    for scale in (0, 3, -200, 40, 0, 0):
        keys = gap * np.sort(random.choice(np.arange(20, 60), 25, replace=False)).astype(np.uint64)
        clusters = Clusters(random.integers(0, 25, 90), keys)
        parts.append(ClusterSums.of(clusters, [np.ldexp(random.standard_normal(90), scale), None]))
    plain = parts[0]
    for part in parts[1:]:
        plain = plain + part
    for _ in range(2):  # the parts are as they were
        found = parts[0] + parts[1]
        for part in parts[2:4]:
            found += part
        early = found + parts[4]
        for part in parts[4:]:
            found += part
        assert (found.keys == plain.keys).all()
        for column in (0, 1):
            ours, wanted = found.totals(column), plain.totals(column)
            assert (ours.high == wanted.high).all()
            assert (ours.low == wanted.low).all()
        assert len(early) <= len(found)


def test_few_large_clusters_are_noted():
    """40 clusters of which few hold most rows are as good as few; 40 of one size are enough."""
    generator = np.random.default_rng(3)
    target = generator.standard_normal(4_000)
    even, uneven = np.arange(4_000) % 40, np.minimum(np.arange(4_000) // 30, 39)
    for cluster, expected in ((even, False), (uneven, True)):
        found = evaluate(np.zeros(4_000), target, loss="mae", cluster=cluster)
        assert ("few_clusters" in [note.code for note in found.notes]) == expected
