"""`losscli run`: real files in, a verdict out, saved whole."""

import json
from pathlib import Path

import pytest

CONFIG = """version: 1
data: {val: {preds: p.npy, targets: t.npy}}
evals:
  val: {data: val, losses: [mae, mse], gates: ["%s"]}
"""


@pytest.fixture
def config(pair):
    """Writes a config with a gate on the pair, and gives its name."""

    def write(gate, more=""):
        Path("c.yaml").write_text(CONFIG % gate + more)
        return "c.yaml"

    assert pair
    return write


VERDICTS = {
    "mae <= 1": 0,
    "mae <= 0.1": 1,
    "mea <= 1": 1,
    "mae <= baseline": 1,
    "mae[region=*] <= 1": 1,
    "rows >= 3": 0,
}


@pytest.mark.parametrize("gate", VERDICTS)
def test_a_run_ends_with_the_code_of_its_gates(gate, config, losscli):
    """And saves what it found, whatever that is."""
    said = losscli("run", config(gate))
    assert said.code == VERDICTS[gate]
    (saved,) = (path for path in Path("results/c").iterdir() if path.name != "latest.json")
    assert saved.read_bytes() == Path("results/c/latest.json").read_bytes()
    document = json.loads(saved.read_text())
    assert document["schema"] == "losscli/run/1"
    assert document["exit_code"] == VERDICTS[gate]
    assert document["evals"]["val"]["losses"][0]["value"] == pytest.approx(2.5 / 3)


def test_a_step_that_fails_does_not_stop_the_others(config, losscli):
    """Its gates are errors; the code is that of its failure."""
    more = '  gone: {preds: no.npy, targets: t.npy, losses: [mae], gates: ["mae <= 1"]}\n'
    said = losscli("run", config("mae <= 1", more), "--format", "json")
    document = json.loads(said.out)
    assert said.code == document["exit_code"] == 3
    assert [gate["status"] for gate in document["gates"]] == ["pass", "error"]
    assert document["evals"]["gone"]["schema"] == "losscli/error/1"


def test_a_blessed_result_is_a_baseline(config, losscli):
    """Of the same data only, and with a reason."""
    name = config("mae <= baseline * 1.01", "baseline: base.json\n")
    assert losscli("run", name).code == 1
    assert losscli("bless", "c", "--reason", "first").code == 0
    assert json.loads(Path("base.json").read_text())["blessed"]["reason"] == "first"
    assert losscli("run", name).code == 0


def test_a_gate_that_trips_on_no_fault_is_vacuous(config, losscli):
    """And the self-test says so with its exit code."""
    said = losscli("run", config("mae <= 1e9"), "--self-test")
    assert said.code == 1
    assert "VACUOUS" in said.out
    assert not Path("results").exists()


def test_results_are_listed_and_shown(config, losscli):
    """The newest first, and as the run printed them."""
    losscli("run", config("mae <= 1"))
    assert "1 of 1" in losscli("results", "list").out
    assert "mae <= 1" in losscli("results", "show", "c").out
