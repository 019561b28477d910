"""`compare`: differences of several models, held against SciPy and plain formulas."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from losscli import UsageError, compare, losses
from losscli.results.reader import load_document


def drawn(rows, seed=0, shifts=(0.0, 0.2, -0.3)):
    """Targets and models a, b, c, whose errors go together."""
    random = np.random.default_rng(seed)
    targets, noise = random.normal(size=(2, rows))
    models = {
        name: targets + noise * math.exp(shift) + random.normal(0, 0.3, rows)
        for name, shift in zip("abc", shifts, strict=False)
    }
    return models, targets


def plain_holm(p_values):
    """The definition: the i-th smallest p times m - i + 1, never below one before it, at most 1."""
    order = np.argsort(p_values)
    adjusted = np.empty(len(order))
    scaled = np.sort(p_values) * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return adjusted


@pytest.mark.parametrize("rows", [3, 40, 3000])
def test_differences_are_those_of_the_paired_t_test(rows):
    """Two-sided p-values, Holm-corrected over the pairs of the loss; wins are counted."""
    models, targets = drawn(rows)
    found = compare(models, targets, loss="mse")["mse"]
    base = losses.mse(models["a"], targets)
    truth = {name: losses.mse(models[name], targets) for name in "bc"}
    tests = {name: stats.ttest_rel(values, base) for name, values in truth.items()}
    adjusted = dict(zip("bc", plain_holm([t.pvalue for t in tests.values()]), strict=True))
    for name, test in tests.items():
        pair = found[name]
        ends = test.confidence_interval()
        assert pair.difference == pytest.approx(np.mean(truth[name] - base), rel=1e-13)
        assert pair.ci == pytest.approx((ends.low, ends.high), rel=1e-9)
        assert pair.p == pytest.approx(test.pvalue, rel=1e-6)
        assert pair.p_adjusted == pytest.approx(adjusted[name], rel=1e-6)
        assert pair.relative == pytest.approx(np.mean(truth[name] - base) / base.mean(), rel=1e-10)
        assert (pair.wins, pair.ties) == (np.sum(truth[name] < base), 0)
        low, high = pair.ci
        if pair.p_adjusted > 0.05:
            assert pair.verdict == "undecided"
        else:
            assert pair.verdict == ("worse" if low > 0 else "better")
            assert low > 0 or high < 0


def test_the_root_of_a_mean_is_compared_by_the_delta_method():
    """The standard error is that of rows of b·L_B - a·L_A with the slopes of both roots."""
    models, targets = drawn(500)
    found = compare(models, targets, loss="rmse")["rmse"]["b"]
    rows = [losses.mse(models[name], targets) for name in "ab"]
    roots = [math.sqrt(each.mean()) for each in rows]
    line = rows[1] / (2 * roots[1]) - rows[0] / (2 * roots[0])
    assert found.difference == pytest.approx(roots[1] - roots[0], rel=1e-12)
    assert found.stderr == pytest.approx(stats.sem(line), rel=1e-9)


def test_weights_and_groups_follow_the_rows():
    """A group is the comparison of its rows alone; its family holds all groups."""
    models, targets = drawn(600)
    key = np.random.default_rng(1).integers(0, 3, 600)
    weights = np.random.default_rng(2).integers(0, 3, 600) * 0.5
    found = compare(models, targets, loss=["mae", "mse"], by=key, weights=weights)
    p_values = []
    for group in found.groups:
        own = key == int(group.by["by"])
        alone = compare(
            {name: pred[own] for name, pred in models.items()},
            targets[own],
            loss=["mae", "mse"],
            weights=weights[own],
        )
        for loss in ("mae", "mse"):
            for name in "bc":
                one, part = alone[loss][name], group[loss][name]
                assert (part.difference, part.n, part.wins) == (one.difference, one.n, one.wins)
                assert part.ci == pytest.approx(one.ci, rel=1e-9)
        p_values.append([group["mae"][name].p for name in "bc"])
    adjusted = [[group["mae"][name].p_adjusted for name in "bc"] for group in found.groups]
    assert np.ravel(adjusted) == pytest.approx(plain_holm(np.ravel(p_values)))
    assert found.groups[0]["mae"].tests == 6
    assert found["mae"].tests == 2
    assert found["mae"].ignored == int(np.sum(weights == 0))


def test_clusters_count_and_not_their_rows():
    """Clusters of equal rows are as many rows as there are clusters, rows needed included."""
    models, targets = drawn(40, seed=5, shifts=(0.0, 0.01))
    repeated = {name: np.repeat(pred, 5) for name, pred in models.items()}
    cluster = np.repeat(np.arange(40), 5)
    alone = compare(models, targets, loss="rmse")["rmse"]["b"]
    found = compare(repeated, np.repeat(targets, 5), loss="rmse", cluster=cluster)["rmse"]
    pair = found["b"]
    assert found.clusters == 40
    assert pair.stderr == pytest.approx(alone.stderr, rel=1e-9)
    assert pair.ci == pytest.approx(alone.ci, rel=1e-9)
    assert pair.rows_needed == pytest.approx(5 * alone.rows_needed, abs=5)


def test_a_row_counts_where_it_counts_for_all_models():
    """A missing prediction of one model is left out of all."""
    models, targets = drawn(100)
    models["a"][3], models["b"][7], models["c"][7] = np.nan, np.nan, np.nan
    found = compare(models, targets, loss="mae", nan="skip")["mae"]
    keep = np.ones(100, bool)
    keep[[3, 7]] = False
    assert (found.n, found.skipped) == (98, 2)
    for result in found.models:
        assert result.value == pytest.approx(
            losses.mae(models[result.model][keep], targets[keep]).mean()
        )
        assert found.models[0].rank >= 1


MARGINS = [
    # shift of the candidate's loss, test, margin, verdict
    (0.5, "superior", 0.0, "worse"),
    (-0.5, "superior", 0.0, "better"),
    (0.5, "superior", 0.2, "worse"),
    (-0.5, "superior", 0.2, "better"),
    (0.5, "superior", 1.0, "undecided"),
    (0.5, "noninferior", 1.0, "not worse"),
    (0.5, "noninferior", 0.2, "worse"),
    (-0.5, "noninferior", 0.2, "better"),
    (0.5, "equivalent", 1.0, "equivalent"),
    (-0.5, "equivalent", 1.0, "equivalent"),
    (0.5, "equivalent", 0.2, "worse"),
    (-0.5, "equivalent", 0.2, "better"),
    (0.5, "noninferior", 0.5, "undecided"),
    (0.5, "equivalent", 0.5, "undecided"),
]


@pytest.mark.parametrize(("shift", "test", "margin", "verdict"), MARGINS)
def test_a_margin_is_tested_as_asked(shift, test, margin, verdict):
    """The difference is `shift` within 0.01 or so; the margin in the unit of the loss."""
    random = np.random.default_rng(3)
    base = random.uniform(2.0, 3.0, 400)
    other = base + shift + random.uniform(-0.1, 0.1, 400)
    models = {"a": base, "b": other}
    found = compare(models, np.zeros(400), loss="mae", test=test, margin=margin)["mae"]["b"]
    assert found.verdict == verdict
    assert found.bound == margin
    exact = abs(shift) == margin
    assert (found.rows_needed is not None) == (verdict == "undecided" and exact)


def test_p_values_of_margins_are_those_of_one_sided_tests():
    """Twice the one-sided p-value; of equivalence the larger of two."""
    models, targets = drawn(200, shifts=(0.0, 0.05))
    shift = losses.mae(models["b"], targets) - losses.mae(models["a"], targets)
    margin = 0.03

    def one_sided(side, bound):
        return stats.ttest_1samp(shift, bound, alternative=side).pvalue

    above, below = one_sided("greater", margin), one_sided("less", margin)
    low = one_sided("greater", -margin)
    truth = {
        "superior": 2 * min(above, one_sided("less", -margin)),
        "noninferior": 2 * min(above, below),
        "equivalent": 2 * min(above, one_sided("less", -margin), max(below, low)),
    }
    for test, p in truth.items():
        found = compare(models, targets, loss="mae", test=test, margin=margin)["mae"]["b"]
        assert found.p == pytest.approx(min(1.0, p), rel=1e-6)


def test_a_percentage_is_of_the_baseline():
    """Of the value of the model that it is compared with."""
    models, targets = drawn(50)
    found = compare(models, targets, loss="mae", margin="10%", baseline="b")["mae"]
    value = losses.mae(models["b"], targets).mean()
    assert [pair.bound for pair in found.pairs] == pytest.approx([0.1 * value] * 2)
    assert {pair.baseline for pair in found.pairs} == {"b"}


def test_equal_predictions_are_undecided_or_equivalent():
    """No sample shows that a difference is 0; every one shows that it is within a margin."""
    models, targets = drawn(30, shifts=(0.0,))
    models["copy"] = models["a"].copy()
    pair = compare(models, targets, loss="mae")["mae"]["copy"]
    assert (pair.verdict, pair.reason, pair.p, pair.ties) == (
        "undecided",
        "equal on every row",
        1.0,
        30,
    )
    assert pair.win_rate == 0.5
    for test, verdict in {"equivalent": "equivalent", "noninferior": "not worse"}.items():
        found = compare(models, targets, loss="rmse", test=test, margin="1%")["rmse"]["copy"]
        assert found.verdict == verdict


def test_rows_needed_would_decide():
    """Rows like these, so many times, exclude 0; and the detectable difference has power 80 %."""
    models, targets = drawn(100, seed=5, shifts=(0.0, 0.01))
    pair = compare(models, targets, loss="mae")["mae"]["b"]
    assert pair.verdict == "undecided"
    rows = pair.rows_needed
    half = stats.t.ppf(0.975, rows - 1) * pair.stderr * math.sqrt(pair.n / rows)
    assert half < abs(pair.difference) <= half * 1.01
    t = stats.t.ppf(0.975, 99) + stats.norm.ppf(0.8)
    assert pair.detectable == pytest.approx(t * pair.stderr, rel=1e-9)


def test_models_are_ranked_by_significant_differences():
    """Two that are alike share a rank; one that is better than both is before them."""
    models, targets = drawn(2000, shifts=(0.0, 0.0, -0.3))
    for pairs in ("baseline", "all"):
        found = compare(models, targets, loss="mae", pairs=pairs)["mae"]
        assert {m.model: m.rank for m in found.models} == {"a": 2, "b": 2, "c": 1}
        assert len(found.pairs) == {"baseline": 2, "all": 3}[pairs]


def test_a_group_that_gets_worse_is_noted():
    """Where all rows together get better."""
    random = np.random.default_rng(4)
    base = random.uniform(1, 2, 200)
    other = base + np.where(np.arange(200) < 150, -0.5, 0.4) + random.uniform(-0.1, 0.1, 200)
    key = np.where(np.arange(200) < 150, "many", "few")
    found = compare({"old": base, "new": other}, np.zeros(200), loss="mae", by={"size": key})
    (note,) = found.notes
    assert note.code == "worse_in_a_group"
    assert "[size=few]" in note.message
    assert found["mae"]["new"].verdict == "better"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_bit(threads):
    """Of any number in the document."""
    models, targets = drawn(300_000)
    key = np.arange(300_000) % 5
    found = compare(models, targets, loss=["mae", "rmse"], by=key, threads=threads, pairs="all")
    alone = compare(models, targets, loss=["mae", "rmse"], by=key, threads=1, pairs="all")
    assert found.losses == alone.losses
    assert found.groups == alone.groups


def test_the_document_reads_back():
    """As it was written, nan and infinities included."""
    models, targets = drawn(5)
    models["b"][0] = np.nan
    found = compare(models, targets, loss=["mae", "mse"], by={"k": [*"xxyyz"]}, nan="skip")
    again = load_document(json.loads(found.to_json()), "saved")
    assert again == found
    assert again["mae"]["b"].verdict == "undecided"


def test_false_verdicts_are_rare():
    """Of 1,000 pairs of equally good models at most 5 % are decided, per family, with groups too.

    The limit allows for chance: 5 % of 1,000, and three standard deviations.
    """
    random = np.random.default_rng(6)
    key = np.arange(60) % 3
    wrong = in_groups = 0
    for _ in range(1000):
        targets = np.zeros(60)
        common = random.normal(size=60)
        models = {name: common + 0.5 * random.normal(size=60) for name in "abc"}
        found = compare(models, targets, loss="mae", by=key)
        wrong += any(pair.verdict != "undecided" for pair in found["mae"].pairs)
        in_groups += any(
            pair.verdict != "undecided" for group in found.groups for pair in group["mae"].pairs
        )
    most = 50 + 3 * math.sqrt(1000 * 0.05 * 0.95)
    assert wrong <= most
    assert in_groups <= most


def test_power_is_that_of_the_theory():
    """Of 1,000 samples with a difference that 80 % should show, within 4 points."""
    random = np.random.default_rng(7)
    n, sd = 100, 0.5
    difference = (stats.t.ppf(0.975, n - 1) + stats.norm.ppf(0.8)) * sd / math.sqrt(n)
    decided = 0
    for _ in range(1000):
        base = random.uniform(10, 11, n)
        other = base + difference + random.normal(0, sd, n)
        found = compare({"a": base, "b": other}, np.zeros(n), loss="mae")
        decided += found["mae"]["b"].verdict == "worse"
    assert decided / 1000 == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"test": "equivalent"}, "needs a margin"),
        ({"baseline": "z"}, "must be a model, not 'z'"),
        ({"margin": "-1%"}, "not a finite number"),
        ({"fail_on": "slower"}, "worse or undecided"),
    ],
)
def test_invalid_requests_are_refused(given, words):
    """Before any work."""
    models, targets = drawn(5)
    with pytest.raises(UsageError, match=words):
        compare(models, targets, loss="mae", **given)


@pytest.mark.parametrize("given", [{}, {"cluster": np.arange(3000) // 3}])
def test_the_bootstrap_interval_of_a_difference_agrees_with_the_paired_one(given):
    """Of means, roots and metrics, whose resamples are the same for both models."""
    models, targets = drawn(3000)
    found = compare(models, targets, loss="mse,rmse,mae", metric="r2", bootstrap=2000, **given)
    for statistic in found:
        for pair in statistic.pairs:
            assert pair.bootstrap_ci == pytest.approx(pair.ci, abs=0.15 * pair.stderr)
    plain = compare(models, targets, loss="mse,rmse,mae", metric="r2", **given)
    for statistic, other in zip(found, plain, strict=True):
        for pair, known in zip(statistic.pairs, other.pairs, strict=True):
            assert known.bootstrap_ci is None
            assert (pair.ci, pair.p_adjusted) == (known.ci, known.p_adjusted)


def test_equal_models_have_no_difference_in_any_resample():
    """Both are resampled together."""
    models, targets = drawn(200)
    found = compare({"a": models["a"], "b": models["a"]}, targets, loss="rmse", bootstrap=100)
    assert found["rmse"]["b"].bootstrap_ci == (0.0, 0.0)


def test_each_group_of_a_comparison_is_resampled():
    """In groups of few rows too."""
    models, targets = drawn(60)
    by = np.arange(60) % 2
    found = compare(models, targets, loss="mse", by=by, bootstrap=100)
    assert len(found.groups) == 2
    assert all(pair.bootstrap_ci for group in found.groups for pair in group["mse"].pairs)


@pytest.mark.parametrize("given", [{"bootstrap": 5}, {"bootstrap": 100, "hac": 2}])
def test_a_bootstrap_that_cannot_be_is_refused(given):
    """Too few resamples, and rows that depend on each other in time."""
    models, targets = drawn(60)
    with pytest.raises(UsageError, match="bootstrap"):
        compare(models, targets, loss="mse", **given)
