"""Several models of one target: one pass, each with the numbers that it has alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from losscli import DataError, UsageError, evaluate, run
from losscli.sources.formats import csv as csv_module

SPECS = {"loss": ["mse", "smooth_l1:beta=0.5"], "metric": ["r2", "bias"]}


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Predictions of three models, groups, clusters, weights and ids."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.standard_normal((3000, 4)), columns=["a", "b", "c", "t"])
    frame["w"], frame["g"] = rng.random(3000), rng.integers(0, 3, 3000)
    frame["k"] = rng.integers(0, 40, 3000)
    frame.to_csv("t.csv", index=False)
    return "t.csv"


MORE = {
    "plain": {},
    "weights and groups": {"weights": "w", "by": "g"},
    "clusters": {"cluster": "k"},
    "details": {"top": 3, "distribution": True},
    "digests": {"digest": True},
}


@pytest.mark.parametrize("more", MORE)
def test_a_model_has_the_numbers_that_it_has_alone(table, more):
    """Losses, metrics, groups and details, to the bit."""
    specs = SPECS | MORE[more] | {"target": "t"}
    found = evaluate(table, pred=[["a"], ["b"], ["c"]], **specs)
    for model in "abc":
        alone = evaluate(table, pred=model, **specs)
        pairs = [(found, alone), *zip(found.groups, alone.groups, strict=True)]
        for ours, theirs in pairs:
            for kind in ("losses", "metrics"):
                named = {each.label: each for each in getattr(ours, kind)}
                for each in getattr(theirs, kind):
                    same = named[f"{model}: {each.label}"].replace(label=each.label)
                    assert (same.replace(model=None) if kind == "losses" else same) == each
        assert {part.role: part for part in alone.inputs}["targets"] in found.inputs
        assert {part.role: part for part in alone.inputs}["preds"] in found.inputs
    assert len(found.inputs) == len(alone.inputs) + 2


def test_the_rows_are_parsed_once(table, monkeypatch):
    """Whatever the number of models."""
    runs = []
    real = csv_module.CsvTable.parse
    monkeypatch.setattr(
        csv_module.CsvTable, "parse", lambda self, *given: runs.append(1) or real(self, *given)
    )
    evaluate(table, pred="a", target="t", loss="mae")
    alone = len(runs)
    evaluate(table, pred=[["a"], ["b"], ["c"]], target="t", loss="mae")
    assert len(runs) == 2 * alone


def test_a_config_has_a_list_for_each_model(table):
    """Gates name the model."""
    Path("run.yaml").write_text(
        "version: 1\ndata: {d: {preds: t.csv, pred: [[a], [b]], target: t}}\nevals:\n"
        "  v: {data: d, losses: [mse], gates: ['a: mse <= 9', 'b: mse <= 0.001']}\n"
    )
    found = run("run.yaml")
    assert [(gate.expr, gate.status) for gate in found.gates] == [
        ("a: mse <= 9", "pass"),
        ("b: mse <= 0.001", "fail"),
    ]
    assert (
        found.evals["v"]["b: mse"].value == evaluate(table, pred="b", target="t", loss="mse").value
    )


def test_a_paired_gate_needs_one_model(table):
    """Comparisons have several."""
    Path("run.yaml").write_text(
        "version: 1\nevals:\n  v:\n    preds: t.csv\n    pred: [[a], [b]]\n    target: t\n"
        "    losses: [mse]\n    gates: [{not_worse_than: {pred: c}}]\n"
    )
    with pytest.raises(UsageError, match="one model"):
        run("run.yaml")


def test_the_first_invalid_model_is_named(table):
    """With its column."""
    Path("t.csv").write_text("a,b,t\n1,2,3\n1,,3\n")
    with pytest.raises(DataError) as raised:
        evaluate("t.csv", pred=[["a"], ["b"]], target="t", loss="mae")
    assert (raised.value.place.line, raised.value.place.column) == (3, "b")
