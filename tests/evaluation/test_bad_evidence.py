"""What evidence cannot be had of: each is a clear error, or a stated omission."""

import math

import numpy as np
import pytest

from losscli import DataError, UsageError, compare, evaluate

PRED = np.array([0.2, 0.9, 0.4, 0.7])
TARGET = np.array([0, 1, 1, 0])
METRICS = {"loss": ["bce", "brier"], "metric": ["roc_auc", "ece"]}


@pytest.mark.parametrize("kind", [{"loss": "bce"}, {"metric": "roc_auc"}])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_a_weight_that_is_none_is_an_error_with_its_row(kind, value):
    """Of losses and of metrics."""
    with pytest.raises(DataError) as raised:
        evaluate(PRED, TARGET, weights=[1.0, 1.0, value, 1.0], **kind)
    said = "\n".join(raised.value.lines())
    assert "--weights" in said or "weights" in said
    assert "row 2" in said


def test_a_group_without_weight_has_no_value():
    """The others have; a gate on it is an error."""
    found = evaluate(
        PRED,
        TARGET,
        weights=[1.0, 1.0, 0.0, 0.0],
        by={"site": ["a", "a", "b", "b"]},
        gate=["bce[site=b] <= 1", "bce[site=a] <= 1"],
        **METRICS,
    )
    first, second = found.groups
    assert all(math.isnan(each.value) for each in (*second.losses, *second.metrics))
    assert not any(math.isnan(each.value) for each in (*first.losses, *first.metrics))
    assert [gate.status for gate in found.gates] == ["error", "pass"]


def test_rows_without_a_group_are_a_group_of_their_own(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("p,y,site\n0.2,0,a\n0.9,1,\n0.4,1,a\n0.7,0,\n")
    found = evaluate(table, pred="p", target="y", by="site", loss="bce")
    assert {group.by["site"]: group.losses[0].n for group in found.groups} == {"a": 2, "": 2}


def test_one_row_has_no_interval():
    """Its losses and metrics have a value where they are defined."""
    found = evaluate(PRED[:1], TARGET[:1], **METRICS)
    assert all(each.stderr is None and each.ci is None for each in found.losses)
    assert all(each.ci is None for each in found.metrics)
    assert found["bce"].n == 1


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "recall"])
def test_a_metric_without_positive_rows_is_undefined(metric):
    """It is noted, and a gate on it is an error, however it is turned."""
    pred = np.zeros(4, int) if metric == "recall" else PRED
    for gate in (f"{metric} >= 0", f"{metric} <= 1"):
        found = evaluate(pred, np.zeros(4, int), metric=metric, gate=gate)
        assert math.isnan(found[metric].value)
        assert found[metric].ci is None
        assert "undefined" in [note.code for note in found.notes]
        assert (found.gates[0].status, found.exit_code) == ("error", 1)


def test_models_of_unlike_rows_are_not_compared():
    with pytest.raises((DataError, UsageError)) as raised:
        compare({"a": PRED, "b": PRED[:3]}, TARGET, loss="bce")
    said = "\n".join(raised.value.lines())
    assert "3" in said
    assert "4" in said


def test_models_of_other_ids_are_not_compared(tmp_path):
    """The first row without a partner is named, and how to leave such rows out."""
    (tmp_path / "a.csv").write_text("id,p\n1,0.2\n2,0.9\n3,0.4\n")
    (tmp_path / "b.csv").write_text("id,p\n1,0.2\n2,0.9\n4,0.4\n")
    (tmp_path / "t.csv").write_text("id,y\n1,0\n2,1\n3,1\n")
    paths = {"a": tmp_path / "a.csv", "b": tmp_path / "b.csv"}
    with pytest.raises(DataError) as raised:
        compare(paths, tmp_path / "t.csv", id="id", loss="bce")
    said = "\n".join(raised.value.lines())
    assert "a.csv, line 4, column id" in said
    assert 'unmatched="skip"' in said
