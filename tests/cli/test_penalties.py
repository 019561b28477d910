"""Penalties in a sum: added once to the value, and to nothing that is of the rows."""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from losscli import evaluate
from losscli.results.reader import load

RNG = np.random.default_rng(11)
P, T = RNG.standard_normal(500), RNG.standard_normal(500)


@pytest.fixture
def data():
    """`p.npy`, `t.npy` of 500 numbers and `w.npy` of 2 x 2 weights."""
    np.save("p.npy", P)
    np.save("t.npy", T)
    np.save("w.npy", np.array([[1.0, -2.0], [0.0, 0.5]]))
    return "p.npy", "t.npy"


def exact_mean(rows):
    """The mean of float64 rows, rounded once."""
    return float(sum(map(Fraction, rows.tolist())) / len(rows))


@pytest.mark.parametrize(("reduction", "added"), [("mean", 5.25), ("sum", 5.25)])
def test_a_penalty_is_added_once_to_the_value(data, reduction, added):
    """The interval moves with it; sum, min, max, mean and stderr do not."""
    bare = evaluate(*data, loss="mse", reduction=reduction)["mse"]
    found = evaluate(*data, loss="x=mse + l2(@w.npy)", reduction=reduction)["x"]
    assert found.penalty == added
    assert found.value == bare.value + added
    assert found.ci == (bare.ci[0] + added, bare.ci[1] + added)
    for name in ("mean", "sum", "min", "max", "max_row", "stderr", "n", "weight_sum"):
        assert getattr(found, name) == getattr(bare, name)
    assert "penalty" not in bare.to_dict()
    assert found.to_dict()["penalty"] == added


def test_penalties_are_weighed_and_added(data, losscli):
    """Their sum stands in JSON, and in the value of each group."""
    np.save("g.npy", np.arange(500) % 2)
    spec = "x=mse + 0.5*l1(@w.npy) - 0.1*l2( @w.npy )"
    said = losscli("eval", *data, "-l", spec, "--by", "g.npy", "--format", "json")
    found = json.loads(said.out)
    added = 0.5 * 3.5 - 0.1 * 5.25
    assert found["losses"][0]["penalty"] == added
    assert found["losses"][0]["loss"] == "mse + 0.5*l1_penalty - 0.1*l2_penalty"
    for at, group in enumerate(found["groups"]):
        rows = (P - T)[at::2] ** 2
        assert group["losses"][0]["value"] == exact_mean(rows) + added


def test_a_gate_on_the_value_sees_the_penalty_and_one_on_the_mean_does_not(data, losscli):
    """`mean` is of the rows."""
    mean = exact_mean((P - T) ** 2)
    call = ("eval", *data, "-l", "x=mse + l2(@w.npy)", "--gate")
    assert losscli(*call, f"x <= {mean + 5.2}").code == 1
    assert losscli(*call, f"x <= {mean + 5.3}").code == 0
    assert losscli(*call, f"x.mean <= {mean}").code == 0
    assert losscli(*call, f"x.ci_high <= {mean}").code == 1


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_gate_beside_a_baseline_compares_values_with_penalties(data, losscli, reduction):
    """An end of the interval has the penalty, so the saved value must have it too."""
    call = ("eval", *data, "-l", "x=mse + l2(@w.npy)", "--reduction", reduction)
    assert losscli(*call, "-o", "b.json").code == 0
    for gate, code in (("x <= baseline + 1e-9", 0), ("x.ci_high <= baseline * 1.5", 0),
                       ("x <= baseline - 1", 1), ("x.ci_low <= baseline - 3", 1),
                       ("x.mean <= baseline", 0)):  # fmt: skip
        assert losscli(*call, "--baseline", "b.json", "--gate", gate).code == code, gate


def test_a_saved_result_with_a_penalty_is_shown_as_it_was(data, losscli):
    """The mean is of the rows, the value has the penalty."""
    losscli("eval", *data, "-l", "x=mse + l2(@w.npy)", "-o", "r.json")
    document = json.loads(Path("r.json").read_text())
    found = load("r.json")["x"]
    assert found.penalty == 5.25
    assert found.value == document["losses"][0]["value"]
    assert found.of_mean == pytest.approx(found.value, rel=1e-15)
    assert found.mean == pytest.approx(found.value - 5.25, rel=1e-13)


def test_the_file_of_a_penalty_is_not_written_over(data, losscli):
    """Nor that of a parameter in a sum."""
    said = losscli("eval", *data, "-l", "mse + l2(@w.npy)", "--per-sample", "w.npy")
    assert said.code == 2
    assert np.load("w.npy").shape == (2, 2)


def test_a_config_reads_weights_from_beside_itself(data, losscli, tmp_path):
    """And protects them."""
    (tmp_path / "sub").mkdir()
    np.save("sub/weights.npy", np.array([3.0, 4.0]))
    text = (
        "version: 1\nevals:\n  a:\n    preds: ../p.npy\n    targets: ../t.npy\n"
        '    losses: ["x=mse + 1e-4*l2(@weights.npy)"]\n'
    )
    (tmp_path / "sub/c.yaml").write_text(text)
    said = losscli("run", "sub/c.yaml", "--format", "json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["evals"]["a"]["losses"][0]["penalty"] == 1e-4 * 25.0
    (tmp_path / "sub/c.yaml").write_text(f"{text}    per_sample: sub/weights.npy\n")
    said = losscli("run", "sub/c.yaml")
    assert said.code == 2
    assert "sub/weights.npy is an input: it cannot be an output too" in said.err
    assert np.load("sub/weights.npy").shape == (2,)


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_an_error(data, losscli, odd):
    """A model that broke has no penalty."""
    np.save("w.npy", np.array([1.0, odd]))
    said = losscli("eval", *data, "-l", "mse + l2(@w.npy)")
    assert said.code == 3
    assert "number 1 is" in said.error[0]


def test_bench_and_check_refuse_penalties(data, losscli):
    """There are no rows to time."""
    assert losscli("check", "mse + l2(@w.npy)").code == 2
    assert losscli("bench", "-l", "mse + l2(@w.npy)", "--time", "1").code == 2
