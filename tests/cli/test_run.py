"""`losscli run`: real files in, a verdict out, saved whole."""

import json
from pathlib import Path

import numpy as np
import pytest

from losscli import results
from losscli.commands import run as steps
from losscli.gates import Measurement, judge, parse

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


def test_results_are_listed_and_shown(config, losscli):
    """The newest first, and as the run printed them."""
    losscli("run", config("mae <= 1"))
    assert "1 of 1" in losscli("results", "list").out
    assert "mae <= 1" in losscli("results", "show", "c").out


def test_two_runs_of_the_same_differ_in_times_only(config, losscli):
    """Not in a bit of anything else."""
    name = config("mae <= 1")
    found = []
    for _ in range(2):
        document = json.loads(losscli("run", name, "--no-save", "--format", "json").out)
        for part in (document, document["evals"]["val"]):
            part["timing"] = part["started"] = None
        found.append(json.dumps(document))
    assert found[0] == found[1]


POLICIES = {"fail": 1, "warn": 0, "undecided": 6}


@pytest.mark.parametrize("policy", POLICIES)
def test_an_undecided_gate_counts_as_the_config_says(policy, losscli, monkeypatch):
    """Whatever the benchmark's interval spans."""
    monkeypatch.setattr(steps, "judge_benchmark", lambda *_: (_undecided(), _passed()))
    bench = "benches: {b: {losses: [mae], impl: [numpy], size: [1e3], time: 0.5, memory: false}}\n"
    Path("b.yaml").write_text(f"version: 1\n{bench}on_undecided: {policy}\n")
    assert losscli("run", "b.yaml").code == POLICIES[policy]


def _undecided():
    return judge([parse("x <= 1")], lambda _: Measurement(1.0, ci=(0.9, 1.1)))[0]


def _passed():
    return judge([parse("x <= 1")], lambda _: Measurement(0.5))[0]


def test_fail_fast_leaves_out_what_follows(config, losscli):
    """Whose gates are errors."""
    more = '  late: {data: val, losses: [mae], gates: ["mae <= 9"]}\n'
    name = config("mae <= 0.1", more)
    document = json.loads(losscli("run", name, "--fail-fast", "--format", "json").out)
    assert [gate["status"] for gate in document["gates"]] == ["fail", "error"]
    assert "late" not in document["evals"] or "losses" not in document["evals"]["late"]


def test_the_history_is_a_frame(config, losscli):
    """A row a loss of a run, the oldest first."""
    for _ in range(2):
        losscli("run", config("mae <= 1"))
    Path("results/c/20200101T000000Z-00000000.json").write_text("{")
    with pytest.warns(UserWarning, match="left out"):
        frame = results.frame()
    assert list(frame["label"]) == ["mae", "mse"] * 2
    assert frame["value"].tolist() == pytest.approx([2.5 / 3, 4.25 / 3] * 2)
    assert "ends in the middle" in losscli("results", "list").out


def test_an_output_may_not_be_written_over_what_is_read(config, losscli):
    """The config, the data, groups and arrays of parameters."""
    np.save("g.npy", np.array([1, 2, 2]))
    name = config("mae <= 1", "  g: {data: val, losses: [mae], by: ./g.csv}\n")
    Path("g.csv").write_text("a\n1\n1\n2\n")
    said = losscli("run", name, "-o", "g.csv")
    assert (said.code, "is an input" in said.err) == (2, True)


def test_init_writes_a_config_that_runs(pair, losscli):
    """Of the files that it finds, and over none."""
    Path("p.npy").rename("preds.npy")
    Path("t.npy").rename("targets.npy")
    assert losscli("init").code == 0
    assert losscli("run", "losscli.yaml").code == 0
    said = losscli("init", "--ci", "none")
    assert (said.code, "is there already" in said.err) == (2, True)
    for kind, path in (("gitlab", ".gitlab-ci.losscli.yml"), ("shell", "losscli-ci.sh")):
        Path("losscli.yaml").unlink()
        assert losscli("init", "--ci", kind).code == 0
        assert "losscli run losscli.yaml" in Path(path).read_text()


def test_the_schema_is_printed(losscli):
    """As JSON that an editor reads."""
    said = losscli("schema")
    assert json.loads(said.out)["$id"] == "losscli/config/1"
    assert losscli("schema", "--format", "json", "--no-progress").out == said.out
    assert losscli("schema", "--quiet").out == ""
    assert losscli("schema", "--format", "csv").code == 2


def test_a_run_has_a_csv_whatever_its_losses(config, losscli):
    """Not every loss has the statistics of every other; a run of none has a header at most."""
    name = config(
        "mae <= 1", "  roots: {data: val, losses: [mse]}\n  one: {data: val, losses: [mae]}\n"
    )
    for request in (("run", name), ("results", "show", "c")):
        lines = losscli(*request, "--format", "csv").out.splitlines()
        assert [line.split(",")[:2] for line in lines[1:]] == [
            ["val", "mae"], ["val", "mse"], ["roots", "mse"], ["one", "mae"],
        ]  # fmt: skip
        assert "rmse" in lines[0].split(",")
        assert len({len(line.split(",")) for line in lines}) == 1
    Path("p.npy").unlink()
    assert losscli("run", name, "--format", "csv").code == 3
