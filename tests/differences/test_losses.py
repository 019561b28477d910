"""Two evaluations: the numbers against SciPy, the verdicts, and what is refused."""

import contextlib
import copy
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from losscli import compare, diff, evaluate, run
from losscli.errors import DataError, LossCliError, UsageError
from losscli.render import text

RANDOM = np.random.default_rng(5)
TARGETS = RANDOM.normal(size=400)
OLD = TARGETS + RANDOM.normal(0.0, 1.0, 400)
NEW = OLD + RANDOM.normal(0.0, 0.3, 400)
KEYS = np.where(np.arange(400) % 3 == 0, "a", "b")


def evaluated(preds, targets=TARGETS, loss=("mae", "mse"), **flags):
    """An evaluation that says what its data were."""
    return evaluate(preds, targets, loss=list(loss), digest=True, **flags)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Evaluates with the losses of the rows kept; `name` is of the file."""
    monkeypatch.chdir(tmp_path)

    def call(preds, name, targets=TARGETS, **flags):
        return evaluated(preds, targets, per_sample=name, **flags)

    return call


def test_standard_errors_are_welchs():
    """The change, its interval and the p-value of two independent samples."""
    found = diff(evaluated(OLD), evaluated(NEW))
    assert [row.label for row in found] == ["mae", "mse"]
    for label, power in (("mae", 1), ("mse", 2)):
        row = found[label]
        old, new = (np.abs(side - TARGETS) ** power for side in (OLD, NEW))
        welch = stats.ttest_ind(new, old, equal_var=False)
        assert row.used == "standard errors"
        assert row.change == pytest.approx(new.mean() - old.mean())
        assert row.relative == pytest.approx(new.mean() / old.mean() - 1.0)
        assert row.ci == pytest.approx(tuple(welch.confidence_interval(0.95)))
        assert row.verdict == "undecided"


def test_groups_have_rows_of_their_own():
    """After those of all rows, in the same numbers."""
    found = diff(evaluated(OLD, by=KEYS), evaluated(NEW, by=KEYS))
    rows = [row for row in found if row.by]
    assert len(rows) == 4
    assert len(found) == 6
    for row in rows:
        (key,) = row.by.values()
        here = key == KEYS
        power = {"mae": 1, "mse": 2}[row.label]
        old, new = (np.abs(side - TARGETS)[here] ** power for side in (OLD, NEW))
        welch = stats.ttest_ind(new, old, equal_var=False)
        assert row.ci == pytest.approx(tuple(welch.confidence_interval(0.95)))


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_pairs_are_the_paired_t_test(kept, suffix):
    """Of the losses that both kept, row by row."""
    old, new = kept(OLD, f"old.{suffix}"), kept(NEW, f"new.{suffix}")
    found = diff(old, new, per_sample=True)
    for label, power in (("mae", 1), ("mse", 2)):
        row = found[label]
        before, after = (np.abs(side - TARGETS) ** power for side in (OLD, NEW))
        paired = stats.ttest_rel(after, before)
        assert (row.used, row.pairs) == ("pairs", 400)
        assert row.change == pytest.approx(np.mean(after - before))
        assert row.ci == pytest.approx(tuple(paired.confidence_interval(0.95)))
        assert row.stderr == pytest.approx(stats.sem(after - before))
    assert found["mae"].verdict == "worse"
    assert diff(old, new)["mae"].verdict == "undecided"


def test_p_values_are_of_two_sides_and_corrected_over_a_family(kept):
    """Those of SciPy; Holm over the losses of all rows, and over the groups of each loss."""
    old, new = (kept(side, f"{k}.csv", by=KEYS) for k, side in enumerate((OLD, NEW)))
    found = diff(old, new, per_sample=True)
    families = {
        "all rows": [row for row in found if not row.by],
        "mae": [row for row in found if row.by and row.label == "mae"],
        "mse": [row for row in found if row.by and row.label == "mse"],
    }
    for family in families.values():
        for row in family:
            here = np.isin(KEYS, list(row.by.values())) if row.by else KEYS != ""
            power = {"mae": 1, "mse": 2}[row.label]
            before, after = (np.abs(side - TARGETS)[here] ** power for side in (OLD, NEW))
            assert (row.used, row.pairs) == ("pairs", here.sum())
            assert row.p == pytest.approx(stats.ttest_rel(after, before).pvalue, rel=1e-6)
        low, high = sorted(family, key=lambda row: row.p)
        assert low.p_adjusted == pytest.approx(2 * low.p)
        assert high.p_adjusted == pytest.approx(max(2 * low.p, high.p))


def test_groups_of_the_losses_of_rows_are_those_of_compare(kept):
    """The same differences, intervals and p-values as from the predictions."""
    keys = np.where(np.arange(400) % 5 == 0, 'a, "b"', "=c")
    old, new = (kept(side, f"{k}.csv", by=keys, loss=["mae"]) for k, side in enumerate((OLD, NEW)))
    found = diff(old, new, per_sample=True)
    models = {"old": OLD, "new": NEW}
    compared = compare(models, TARGETS, loss="mae", by=keys, test="noninferior")
    groups = {tuple(group.by.values()): group["mae"].pairs[0] for group in compared.groups}
    assert len(groups) == 2
    for row in (row for row in found if row.by):
        pair = groups[tuple(row.by.values())]
        assert row.change == pytest.approx(pair.difference, rel=1e-12)
        assert row.ci == pytest.approx(pair.ci, rel=1e-9)
        assert row.p_adjusted == pytest.approx(pair.p_adjusted, rel=1e-6)
        assert row.verdict == pair.verdict


def test_groups_that_were_changed_in_the_file_are_not_paired(kept):
    """Keys are in no digest, but their rows are counted."""
    old, new = (kept(side, f"{k}.csv", by=KEYS) for k, side in enumerate((OLD, NEW)))
    for name in ("0.csv", "1.csv"):
        text = Path(name).read_text()
        Path(name).write_text(text.replace("0,a,", "0,b,", 1))
    rows = [row for row in diff(old, new, per_sample=True) if row.by]
    assert {row.used for row in rows} == {"standard errors"}
    assert all("groups" in row.unpaired for row in rows)


def test_metrics_are_compared_in_their_direction():
    """A metric that is higher is better, by the standard errors of both."""
    metrics = {"metric": ["r2", "bias"]}
    old, new = evaluated(NEW, **metrics), evaluated(TARGETS + 0.1 * (OLD - TARGETS), **metrics)
    found = diff(old, new)
    assert found["r2"].change == pytest.approx(new["r2"].value - old["r2"].value)
    spread = np.hypot(old["r2"].stderr, new["r2"].stderr)
    assert found["r2"].stderr == pytest.approx(spread)
    assert (found["r2"].verdict, found["r2"].higher_is_better) == ("better", True)
    assert diff(new, old)["r2"].verdict == "worse"
    assert found["bias"].verdict == "undecided"
    assert "neither" in found["bias"].reason


def test_a_root_has_the_spread_of_its_slope(kept):
    """The delta method, by hand; the change is that of the roots."""
    old = kept(OLD, "old.npy", loss=["rmse"])
    new = kept(NEW, "new.npy", loss=["rmse"])
    row = diff(old, new, per_sample=True)["rmse"]
    before, after = ((side - TARGETS) ** 2 for side in (OLD, NEW))
    roots = np.sqrt(before.mean()), np.sqrt(after.mean())
    assert (row.old, row.new) == pytest.approx(roots)
    assert row.change == pytest.approx(roots[1] - roots[0])
    spread = after / (2 * roots[1]) - before / (2 * roots[0])
    assert row.stderr == pytest.approx(stats.sem(spread))


def test_rows_that_are_missing_on_either_side_are_not_paired(kept):
    """What is skipped in one is skipped in both; the values stay those of each."""
    old_preds, new_preds = OLD.copy(), NEW.copy()
    old_preds[:10], new_preds[5:30] = np.nan, np.nan
    old = kept(old_preds, "old.npy", nan="skip")
    new = kept(new_preds, "new.npy", nan="skip")
    row = diff(old, new, per_sample=True)["mae"]
    before, after = (np.abs(side - TARGETS)[30:] for side in (OLD, NEW))
    assert row.pairs == 370
    assert row.ci == pytest.approx(tuple(stats.ttest_rel(after, before).confidence_interval(0.95)))
    assert row.old == pytest.approx(np.nanmean(np.abs(old_preds - TARGETS)))


def test_ignored_rows_are_not_paired(kept, rng):
    """They stand as 0 in both files, and must not make the spread look small."""
    labels = rng.integers(0, 3, 300)
    labels[::4] = -100
    sides = [rng.normal(size=(300, 3)) for _ in range(2)]
    flags = {"loss": ["cross_entropy"], "targets": labels}
    old, new = kept(sides[0], "old.npy", **flags), kept(sides[1], "new.npy", **flags)
    row = diff(old, new, per_sample=True)["cross_entropy"]
    before, after = (np.load(name)[labels != -100] for name in ("old.npy", "new.npy"))
    paired = stats.ttest_rel(after, before)
    assert row.pairs == 225
    assert row.ci == pytest.approx(tuple(paired.confidence_interval(0.95)))


def test_an_ignored_row_may_hold_anything(kept):
    """Predictions that are missing where the label is ignored change neither pairs nor spread."""
    labels = np.array([0, 1, -100, 2, 1, 0])
    sides = [np.random.default_rng(k).normal(size=(6, 3)) for k in range(2)]
    flags = {"loss": ["cross_entropy"], "targets": labels, "nan": "skip"}
    found = []
    for value in (0.0, np.nan):
        sides[1][2] = value
        results = (kept(side, f"{k}.npy", **flags) for k, side in enumerate(sides))
        found.append(diff(*results, per_sample=True).rows[0])
    assert [row.pairs for row in found] == [5, 5]
    assert found[0].ci == found[1].ci


def test_a_result_says_where_the_losses_of_its_rows_are(kept):
    """Their digest too, where the result has digests; nothing where they were not written."""
    record = kept(OLD, "rows.npy").to_dict()["per_sample"]
    assert (record["path"], record["labels"]) == ("rows.npy", ["mae", "mse"])
    assert record["digest"] == kept(OLD, "rows.csv").to_dict()["per_sample"]["digest"]
    assert record["digest"] != kept(NEW, "rows.npy").to_dict()["per_sample"]["digest"]
    plain = evaluate(OLD, TARGETS, loss="mae", per_sample="rows.npy")
    assert plain.to_dict()["per_sample"]["digest"] is None
    assert evaluated(OLD).to_dict()["per_sample"] is None


def test_runs_are_compared_from_python(kept):
    """As results, without a file."""
    assert kept
    np.save("t.npy", TARGETS)
    results = []
    for name, preds in (("old", OLD), ("new", NEW)):
        np.save("p.npy", preds)
        config = "version: 1\nevals: {val: {preds: p.npy, targets: t.npy, losses: [mae], "
        Path("c.yaml").write_text(f"{config}per_sample: {name}.npy}}}}\n")
        results.append(run("c.yaml", results=None))
    found = diff(*results, per_sample=True, fail_on="worse")
    assert found["val"]["mae"].verdict == "worse"
    assert found.exit_code == 1
    assert list(found.to_frame()["run"]) == ["val"]
    with pytest.raises(KeyError, match="the runs are val"):
        found["other"]


@given(
    st.integers(0, 10_000),
    st.integers(3, 60),
    st.sampled_from(["npy", "csv"]),
    st.sampled_from([["mae"], ["mse", "mae"]]),
)
def test_pairs_are_those_that_count_in_both(tmp_path_factory, seed, rows, suffix, losses):
    """Whatever rows are missing on either side, and wherever the column stands."""
    random = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("pairs")
    targets, results, columns = random.normal(size=rows), [], []
    for name in ("old", "new"):
        preds = random.normal(size=rows) * 10.0 ** random.integers(-3, 4)
        preds[random.random(rows) < 0.3] = np.nan
        columns.append(np.abs(preds - targets))
        file = folder / f"{name}.{suffix}"
        order = losses if name == "old" else losses[::-1]
        flags = {"loss": order, "nan": "skip", "per_sample": file}
        results.append(evaluated(preds, targets, **flags))
    both = ~np.isnan(columns[0]) & ~np.isnan(columns[1])
    row = diff(*results, per_sample=True)["mae"]
    assert row.pairs == both.sum() or row.reason
    if row.change is not None:
        wanted = stats.ttest_rel(columns[1][both], columns[0][both])
        low, high = wanted.confidence_interval(0.95)
        assert row.ci == pytest.approx((low, high), rel=1e-9, abs=1e-9 * (high - low))


@given(st.integers(0, 1000), st.integers(2, 40), st.floats(0.0, 2.0))
def test_the_direction_is_that_of_the_means(seed, rows, share):
    """The change of the page is that of the values, and its sign turns with the sides."""
    random = np.random.default_rng(seed)
    targets = random.normal(size=rows)
    old, new = (evaluated(random.normal(0, scale, rows), targets) for scale in (1.0, 1 + share))
    forth, back = diff(old, new)["mse"], diff(new, old)["mse"]
    assert forth.change == new["mse"].value - old["mse"].value == -back.change
    assert forth.ci == pytest.approx((-back.ci[1], -back.ci[0]))


MARGINS = {
    "no margin": (None, 1.05, "worse"),
    "a wide margin": ("50%", 1.05, "not worse"),
    "the change is the margin": ("5%", 1.05, "undecided"),
    "better": (None, 0.9, "better"),
    "better, with a margin": ("5%", 0.9, "better"),
    "a margin of 0": (0, 1.05, "worse"),
}


@pytest.mark.parametrize("case", MARGINS)
def test_verdicts_against_a_margin(kept, case):
    """A relative one, of the old value; 0 unless it is given."""
    margin, factor, verdict = MARGINS[case]
    noise = np.random.default_rng(1).normal(0.0, 0.02, 400)
    targets = np.zeros(400)
    old = kept(np.ones(400), "old.npy", targets, loss=["mae"])
    new = kept(np.full(400, factor) + noise - noise.mean(), "new.npy", targets, loss=["mae"])
    row = diff(old, new, per_sample=True, margin=margin)["mae"]
    assert (row.verdict, bool(row.reason)) == (verdict, verdict == "undecided")


def test_many_losses_share_one_chance_of_an_alarm():
    """Twenty groups without a change: none is worse, though one of them alone might be."""
    random = np.random.default_rng(3)
    keys = np.arange(2000) % 20
    alarms = alone = 0
    for _ in range(30):
        targets, noise = random.normal(size=2000), random.normal(size=(2, 2000))
        old, new = (
            evaluated(targets + side, targets, loss=["mae"], by=keys.astype(str)) for side in noise
        )
        rows = diff(old, new).rows
        alarms += any(row.verdict == "worse" for row in rows)
        alone += any(row.ci[0] > 0 for row in rows)
    assert alarms <= 4
    assert alone > 5


def test_the_same_result_twice_is_no_change(kept):
    """Paired, every difference is 0; and it is said."""
    old = kept(OLD, "old.npy")
    found = diff(old, old, per_sample=True)
    assert {row.verdict for row in found} == {"not worse"}
    assert [note.code for note in found.notes] == ["same_result"]


def fewer():
    """An evaluation of the first rows."""
    return evaluated(OLD[:300], TARGETS[:300])


REFUSED = {
    "other targets": (evaluated(OLD, TARGETS + 1), "the targets differ"),
    "fewer rows": (fewer(), "300 rows, not 400"),
    "weights": (evaluated(OLD, weights=np.ones(400)), "made with weights"),
    "groups": (evaluated(OLD, by=KEYS), "made with groups"),
    "no digests": (evaluate(OLD, TARGETS, loss="mae"), "does not say what its targets were"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_data_are_refused(case):
    """On either side, unless it is allowed; then it is said, and never paired."""
    other, words = REFUSED[case]
    with pytest.raises(DataError, match=words):
        diff(other, evaluated(NEW))
    with pytest.raises(DataError):
        diff(evaluated(NEW), other)
    found = diff(other, evaluated(NEW), allow_different_data=True, per_sample=True)
    codes = [note.code for note in found.notes]
    assert codes == ["different_data", "unpaired"]
    assert {row.used for row in found} == {"standard errors"}


def test_other_weights_and_groups_are_refused():
    """Both have them, of other values."""
    for name, one, two in (
        ("weights", np.ones(400), np.full(400, 2.0)),
        ("by", KEYS, np.roll(KEYS, 1)),
    ):
        with pytest.raises(DataError, match="differ"):
            diff(evaluated(OLD, **{name: one}), evaluated(NEW, **{name: two}))


APART = {
    "parameters": (["x=smooth_l1:beta=0.5"], ["x=smooth_l1:beta=1"], "beta 0.5 and 1"),
    "losses": (["x=mae"], ["x=mse"], "mae and mse"),
    "statistics": (["x=rmse"], ["x=mse"], "rmse and mse"),
}


@pytest.mark.parametrize("case", APART)
def test_one_label_of_two_meanings_is_not_compared(case):
    """It is undecided, with the reason and without a change."""
    old, new, words = APART[case]
    row = diff(evaluated(OLD, loss=old), evaluated(NEW, loss=new))["x"]
    assert (row.verdict, row.change, row.used) == ("undecided", None, None)
    assert words in row.reason


def test_labels_of_one_side_are_listed():
    """And none in common is an error."""
    found = diff(evaluated(OLD, loss=["mae", "mse"]), evaluated(NEW, loss=["mse", "rmse"]))
    assert [row.label for row in found] == ["mse"]
    assert [loss.label for loss in found.only_old] == ["mae"]
    assert [loss.label for loss in found.only_new] == ["rmse"]
    with pytest.raises(DataError, match="no loss of"):
        diff(evaluated(OLD, loss=["mae"]), evaluated(NEW, loss=["mse"]))


NO_NUMBER = {
    "one row": (evaluated(OLD[:1], TARGETS[:1]), "no standard error"),
    "nan": (evaluated([np.nan, 1.0], [0.0, 0.0], nan="propagate"), "nan in"),
    "nothing counts": (evaluated([1.0, 2.0], [0.0, 0.0], weights=[0.0, 0.0]), "no rows in"),
    "an infinity": (evaluated([1e200, 1.0], [0.0, 0.0], ["mse"]), "inf in"),
}


@pytest.mark.parametrize("case", NO_NUMBER)
def test_what_is_no_evidence_is_undecided(case):
    """Never better, whatever a comparison with nan says."""
    result, words = NO_NUMBER[case]
    for row in diff(result, result):
        assert row.verdict == "undecided"
        assert words in row.reason


WEIGHTED = {
    "rows": ({"weights": np.linspace(1, 2, 300)}, "rows have weights"),
    "classes": ({"loss": ["cross_entropy:weight=@w.npy"]}, "classes have weights"),
    "balanced classes": ({"loss": ["cross_entropy:weight=@balanced.npy"]}, "classes have weights"),
}


@pytest.mark.parametrize("case", WEIGHTED)
def test_weights_are_not_in_the_kept_losses(kept, case):
    """So standard errors decide, and it is said."""
    flags, words = WEIGHTED[case]
    labels = np.repeat([0, 1], [100, 200])
    np.save("w.npy", [1.0, 2.0])
    np.save("balanced.npy", [1.5, 0.75])  # their sum over the rows is the number of rows
    sides = [np.random.default_rng(k).normal(size=(300, 2)) for k in range(2)]
    flags = {"loss": ["cross_entropy"], "targets": labels} | flags
    old, new = (kept(side, f"{k}.npy", **flags) for k, side in enumerate(sides))
    found = diff(old, new, per_sample=True)
    assert [row.used for row in found] == ["standard errors"]
    assert words in found.rows[0].unpaired
    assert words in found.notes[0].message


def nodes(value, path=()):
    """The places of everything in a document."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from nodes(value[key], (*path, key))


SOUND = json.loads(evaluated(OLD, loss=["rmse", "mae"], by=KEYS).to_json())
SOUND["per_sample"] = {"path": "rows.npy", "labels": ["rmse", "mae"], "digest": "sha256:0"}
RUN = {"schema": "losscli/run/1", "evals": {"val": SOUND}, "benches": {}, "git": {"commit": "0"}}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


@pytest.mark.parametrize("sound", [SOUND, RUN], ids=["eval", "run"])
@given(data=st.data())
def test_a_document_that_was_changed_by_hand_is_no_traceback(sound, data):
    """Whatever stands wherever: a comparison in every format, or an error with what is wrong."""
    changed = copy.deepcopy(sound)
    *path, last = data.draw(st.sampled_from(list(nodes(sound))[1:]))
    part = changed
    for key in path:
        part = part[key]
    part[last] = data.draw(ANYTHING)
    for sides in ((changed, sound), (sound, changed)):
        for flags in ({}, {"per_sample": True}):
            with contextlib.suppress(LossCliError):
                found = diff(*sides, **flags)
                for form in ("table", "json", "csv", "markdown", "junit", "github"):
                    assert text(found, form)


def test_python_takes_results_documents_and_paths(tmp_path):
    """With the same answer."""
    old, new = evaluated(OLD), evaluated(NEW)
    names = []
    for name, result in (("old", old), ("new", new)):
        names.append(tmp_path / f"{name}.json")
        names[-1].write_text(result.to_json())
    wanted = diff(old, new).to_dict()["rows"]
    assert diff(old.to_dict(), new.to_dict()).to_dict()["rows"] == wanted
    assert diff(*names).to_dict()["rows"] == wanted
    with pytest.raises(UsageError, match="unknown parameter 'fail'"):
        diff(old, new, fail="worse")
    with pytest.raises(UsageError, match="OLD must be a path"):
        diff(3, new)
    assert list(diff(old, new).to_frame()["verdict"]) == ["undecided", "undecided"]
