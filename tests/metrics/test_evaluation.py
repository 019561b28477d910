"""Metrics in evaluations: one pass with losses, weights, groups, gates, notes, documents."""

import json
import math

import numpy as np
import pytest
from msgspec import to_builtins

from losscli import DataError, UsageError, evaluate, metrics
from losscli.accumulators import quantiles
from losscli.cli.app import run
from losscli.results.reader import load

RANDOM = np.random.default_rng(17)
LABELS = RANDOM.integers(0, 3, 900)
SCORES = RANDOM.dirichlet([1, 1, 1], 900) + 0.5 * np.eye(3)[LABELS]
SCORES /= SCORES.sum(axis=1, keepdims=True)
BINARY = (LABELS > 0).astype(int)
WEIGHTS = RANDOM.uniform(0.1, 2, 900)
SPECS = ["accuracy", "f1:average=macro", "mcc", "ece", "perplexity", "top_k_accuracy:k=2"]
RANKED = ["roc_auc", "average_precision", "ece:strategy=quantile", "brier_decomposition"]


@pytest.mark.parametrize("threads", [2, 7])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_threads_change_no_bit(threads, weights):
    """Of any metric, beside a loss and by groups."""
    given = {"weights": weights, "by": {"site": RANDOM.integers(0, 2, 900)}}
    pairs = ((SCORES, LABELS, SPECS, "log_loss"), (SCORES[:, 1], BINARY, RANKED, "bce"))
    for pred, target, specs, loss in pairs:
        one = evaluate(pred, target, loss=loss, metric=specs, threads=1, **given)
        many = evaluate(pred, target, loss=loss, metric=specs, threads=threads, **given)
        assert repr(to_builtins(many.metrics)) == repr(to_builtins(one.metrics))
        assert repr([to_builtins(group.metrics) for group in many.groups]) == repr(
            [to_builtins(group.metrics) for group in one.groups]
        )
        assert many.losses == evaluate(pred, target, loss=loss, **given).losses


def test_a_group_is_an_evaluation_of_its_rows():
    """Nothing of other groups enters."""
    by = np.arange(900) % 2
    found = evaluate(SCORES, LABELS, metric=SPECS, by={"odd": by})
    for group in found.groups:
        rows = by == int(group.by["odd"])
        alone = evaluate(SCORES[rows], LABELS[rows], metric=SPECS)
        assert [m.value for m in group.metrics] == [m.value for m in alone.metrics]


def test_missing_rows_follow_the_policy():
    """Error, left out and counted, or nan."""
    pred = np.array([1.0, np.nan, 3.0, 5.0])
    target = np.array([1.0, 2.0, 4.0, 4.0])
    with pytest.raises(DataError, match="r2 takes finite numbers; nan"):
        evaluate(pred, target, metric="r2")
    skipped = evaluate(pred, target, metric="r2", nan="skip")
    assert skipped.value == evaluate(pred[[0, 2, 3]], target[[0, 2, 3]], metric="r2").value
    assert (skipped["r2"].n, skipped["r2"].skipped, skipped["r2"].rows) == (3, 1, 4)
    assert math.isnan(evaluate(pred, target, metric="r2", nan="propagate").value)
    with pytest.raises(DataError, match="not finite"):
        evaluate(np.array([1.0, np.inf]), [1.0, 2.0], metric="r2")


def test_an_undefined_metric_is_nan_with_a_note_and_its_gate_an_error():
    """No positives; the note says which rows are missing."""
    found = evaluate([0, 0, 1], [0, 0, 0], metric="recall", gate="recall >= 0.5")
    assert math.isnan(found.value)
    assert [note.code for note in found.notes] == ["undefined"]
    assert "no row is positive" in found.notes[0].message
    assert (found.gates[0].status, found.exit_code) == ("error", 1)
    assert "undefined" in found.gates[0].reason


@pytest.mark.parametrize(
    ("pred", "target", "metric", "words"),
    [
        ([1, 0, 2], [1, 0, 2], "top_k_accuracy", "give scores"),
        ([1, 0, 1], [1, 0, 0], "roc_auc", "labels, and scores are needed"),
        ([0.5, 0.2], [1, 0], "f1", "threshold=0.5"),
        ([2, 0], [1, 0], "f1", "average=macro"),
        ([[0.1, 0.2, 0.7]], [1], "f1", "average=macro"),
        ([0.5, 1.5], [1, 0], "ece", "is above"),
        ([1.0, 2.0], [1.0, 2.0], "mase", "train=@train.npy"),
        ([[0.5, 0.5]], [1], "bits_per_byte", "bytes=4.2"),
        ([1.0, 2.0], [1.0, 2.0], "quantile", "loss=mae"),
        ([1.0, 2.0], [1.0, 2.0], "d2:loss=huber", "it takes one of"),
        ([1.0], [1.0], "f2", "r2 or f1 or d2"),
        ([1.0], [1.0], "mse", "mse is a loss, not a metric"),
        ([1.0], [1.0], "f1:avg=macro", "did you mean f1:average=macro"),
        ([1.0], [1.0], "r2+bias", "metrics cannot be added"),
        ([1.0], [1.0], ["r2", "r2"], "two metrics have the label"),
    ],
)  # fmt: skip
def test_what_a_metric_does_not_take_is_said(pred, target, metric, words):
    """With the fix, before or after the rows are read."""
    with pytest.raises((UsageError, DataError)) as raised:
        evaluate(np.array(pred), np.array(target), metric=metric)
    assert words in "\n".join(raised.value.lines())


@pytest.mark.parametrize(
    ("metric", "pred", "target", "trials"),
    [
        ("precision", [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], 3),
        ("recall", [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], 2),
        ("coverage", [[0.0, 1.0]] * 4, [0.5] * 4, 4),
        ("top_k_accuracy:k=1", [[0.1, 0.9]] * 6, [1] * 6, 6),
    ],
)
def test_shares_without_spread_have_a_score_interval(metric, pred, target, trials):
    """Of the rows that they are shares of: n / (n + z²) is Wilson's lower end at 1."""
    (found,) = evaluate(np.array(pred), np.array(target), metric=metric).metrics
    assert found.value == 1.0
    squared = 1.959963984540054**2
    assert found.ci == (pytest.approx(trials / (trials + squared)), 1.0)


def test_a_loss_and_a_metric_have_different_labels():
    with pytest.raises(UsageError, match="a loss and a metric have the label 'x'"):
        evaluate([1.0], [1.0], loss="x=mse", metric="x=r2")


def test_gates_take_metrics():
    """The value, its interval, its standard error; groups; a baseline in the next test."""
    gates = ["accuracy >= 0.5", "f1.ci_low >= 0.99", "f1.stderr <= 0.1", "accuracy[site=a] >= 0.5"]
    by = {"site": np.where(np.arange(900) % 2, "a", "b")}
    found = evaluate(SCORES, LABELS, metric=SPECS[:2], gate=gates, by=by)
    assert [gate.status for gate in found.gates] == ["pass", "fail", "pass", "pass"]
    (gate,) = evaluate(SCORES, LABELS, metric="accuracy", gate="accuracy.max <= 1").gates
    assert (gate.status, gate.reason) == ("error", "accuracy is a metric: it has no max")


def test_results_are_read_back_and_gated_against(tmp_path):
    """To the same bits, tables included."""
    path = tmp_path / "r.json"
    specs = ["accuracy", "confusion_matrix", "mcc"]
    found = evaluate(SCORES, LABELS, loss="log_loss", metric=specs, output=[path])
    assert load(path).metrics == found.metrics
    document = json.loads(path.read_text())
    assert [metric["higher_is_better"] for metric in document["metrics"]] == [True, True, True]
    table = document["metrics"][1]["table"]
    assert sum(map(sum, table["rows"].values())) == 900
    assert table["columns"] == ["0", "1", "2"]
    gate = "accuracy >= baseline - 0.01"
    again = evaluate(SCORES, LABELS, metric=specs, baseline=path, gate=gate)
    assert again.gates[0].status == "pass"
    assert again.gates[0].limit == found["accuracy"].value - 0.01


def test_configs_take_metrics(tmp_path, capsys, monkeypatch):
    """Alone, in mappings, with gates; unknown ones with their place."""
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "p.npy", SCORES)
    np.save(tmp_path / "t.npy", LABELS)
    config = tmp_path / "c.yaml"
    config.write_text(
        "version: 1\nevals:\n  a:\n    preds: p.npy\n    targets: t.npy\n"
        "    metrics: [accuracy, {f1: {average: macro}}]\n"
        '    gates: ["accuracy >= 0.5", "f1 >= 0.99"]\n'
    )
    assert run(["run", "c.yaml", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    labels = [metric["label"] for metric in document["evals"]["a"]["metrics"]]
    assert labels == ["accuracy", "f1:average=macro"]
    config.write_text(config.read_text().replace("accuracy, {f1", "acuracy, {f1"))
    assert run(["run", "c.yaml"]) == 2
    said = capsys.readouterr().err
    assert "line 6" in said
    assert "did you mean accuracy" in said


def test_a_dry_run_names_metrics(tmp_path, capsys, monkeypatch):
    """Beside losses; an unknown one is exit 2."""
    monkeypatch.chdir(tmp_path)
    np.save("p.npy", SCORES)
    np.save("t.npy", LABELS)
    asked = ["eval", "p.npy", "t.npy", "--dry-run", "--format", "json"]
    assert run([*asked, "-l", "log_loss", "-m", "accuracy"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["losses"] == ["log_loss", "accuracy"]
    assert run([*asked, "-m", "acuracy"]) == 2


def test_many_rows_are_counted_in_bins_that_no_division_changes(monkeypatch):
    """A quantile of more rows than are kept is off by less than 2^-17 of its value."""
    monkeypatch.setattr(quantiles, "MOST", 500)
    errors = RANDOM.lognormal(0, 3, 3000) * RANDOM.choice([-1, 1], 3000)
    exact = np.quantile(np.abs(errors), 0.9, method="inverted_cdf")
    given = {"metric": "quantile:loss=mae,q=0.9"}
    found = evaluate(errors, np.zeros(3000), threads=1, **given).value
    assert found != exact
    assert abs(found - exact) <= 2.0**-17 * exact
    assert evaluate(errors[::-1].copy(), np.zeros(3000), threads=2, **given).value == found


def test_log_probabilities_of_tokens_need_no_targets():
    """Where none are named; logits are told that they do."""
    logs = -RANDOM.exponential(size=50)
    found = evaluate(logs, metric=["perplexity", "bits_per_token"])
    assert found["perplexity"].value == pytest.approx(math.exp(-logs.mean()))
    assert found["bits_per_token"].value == pytest.approx(-logs.mean() / math.log(2))
    with pytest.raises(DataError, match=r"with targets \(N,\)"):
        evaluate(np.ones((5, 3)), metric="perplexity")
    with pytest.raises(UsageError, match="one table for both"):
        evaluate(logs, metric="perplexity", loss="mse")


@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("name", ["perplexity", "bits_per_token"])
def test_one_hot_targets_of_tokens_are_their_labels(name, weight):
    """In the function of the metric too."""
    metric = getattr(metrics, name)
    assert metric(SCORES, np.eye(3)[LABELS], weight) == metric(SCORES, LABELS, weight)


def test_cells_are_added_in_one_order():
    """d2 of a group by class, in blocks that find the classes in another order."""
    target = np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2] * 25)
    pred = np.random.default_rng(3).dirichlet([1, 2, 3], 300)
    weights = np.random.default_rng(4).random(300)
    spec = "d2:loss=categorical_cross_entropy"
    order = np.argsort(target, kind="stable")
    one = evaluate(pred, target, metric=spec, weights=weights)
    other = evaluate(pred[order], target[order], metric=spec, weights=weights[order])
    again = [order[::-1], np.roll(order, 70), np.roll(order, 170)]
    values = [evaluate(pred[o], target[o], metric=spec, weights=weights[o]).value for o in again]
    assert {one.value, other.value, *values} == {one.value}
