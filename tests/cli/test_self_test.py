"""`losscli run --self-test`: which fault trips which gate, and what proves nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

from losscli import bench
from losscli.commands import run as steps
from losscli.selftest import faults

HEAD = "version: 1\nbaseline: base.json\n"
ARRAYS = "evals:\n  val: {preds: p.npy, targets: t.npy, losses: [mae], gates: [%s]}\n"
TABLE = (
    "evals:\n  val: {preds: t.csv, pred: [yhat], target: [y], weights: w, by: [sex, site],\n"
    "    losses: [mae], gates: [%s]}\n"
)
ROWS = 60


@pytest.fixture
def tried(losscli):
    """The document of a self-test of a config, and its exit code; gates by their text."""

    def call(text, *gates, bless=False):
        quoted = ", ".join(json.dumps(gate) for gate in gates)
        Path("c.yaml").write_text(HEAD + text.replace("%s", quoted))
        if bless:
            losscli("run", "c.yaml")
            assert losscli("bless", "c", "--reason", "a test").code == 0
        said = losscli("run", "c.yaml", "--self-test", "--format", "json")
        document = json.loads(said.out)
        assert document["exit_code"] == said.code
        return {gate["expr"]: gate for gate in document["gates"]}, document

    return call


@pytest.fixture(autouse=True)
def _data():
    """Predictions that are near their targets, of three groups of unlike sizes."""
    random = np.random.default_rng(3)
    target = random.normal(size=ROWS)
    pred = target + 0.1 * random.normal(size=ROWS)
    np.save("t.npy", target)
    np.save("p.npy", pred)
    lines = ["id,sex,site,w,yhat,y"]
    for row in range(ROWS):
        sex, site = ("f", "m")[row % 2], 2 if row % 10 == 1 else 1
        weight = 1 + row % 3
        lines.append(f"r{row},{sex},{site},{weight},{float(pred[row])!r},{float(target[row])!r}")
    Path("t.csv").write_text("\n".join(lines) + "\n")


def tripping(gate):
    """The faults that a gate tripped on."""
    return {fault for fault, status in gate["faults"].items() if status != "pass"}


def test_faults_of_predictions(tried):
    """Each gate trips on what it is for: a mean on wrong numbers, a count on missing rows."""
    gates, document = tried(ARRAYS, "mae <= 0.2", "rows >= 60", "mae <= 1000", "mae <= baseline")
    assert tripping(gates["mae <= 0.2"]) == {"predictions shuffled", "predictions constant"}
    assert tripping(gates["rows >= 60"]) == {"half of the rows gone"}
    assert tripping(gates["mae <= 1000"]) == set()
    found = {expr: gate["verdict"] for expr, gate in gates.items()}
    assert found == {
        "mae <= 0.2": "trips",
        "rows >= 60": "trips",
        "mae <= 1000": "vacuous",
        "mae <= baseline": "error",
    }
    stopped = {trip["fault"] for trip in document["stopped"]}
    assert stopped == {
        "nan in a prediction",
        "all predictions nan",
        "no rows at all",
        "predictions truncated",
    }
    undetected = [each["fault"] for each in document["undetected"]]
    assert undetected == ["files swapped"]  # mae is symmetric
    assert document["exit_code"] == 1


def test_faults_of_groups_weights_and_baselines(tried):
    """The copies keep keys, weights and digests: without a fault they pass as the file does."""
    gates, document = tried(
        TABLE, "mae[sex=*] <= baseline", "mae[site=2] <= 0.2", "mae <= baseline", bless=True
    )
    assert [gate["sound"] for gate in gates.values()] == ["pass"] * 3
    assert document["skipped"] == []
    assert {"a group gone", "groups shuffled", "stale baseline", "no baseline"} <= tripping(
        gates["mae[sex=*] <= baseline"]
    )
    # (m, 2) are six rows of sixty, and all that site 2 has.
    assert gates["mae[site=2] <= 0.2"]["faults"]["a group gone"] == "error"
    assert "weights shuffled" in tripping(gates["mae <= baseline"])
    assert document["exit_code"] == 0


def test_a_group_gone_is_told_where_no_gate_misses_it(tried):
    """A gate on every group passes on those that are left."""
    gates, document = tried(TABLE, "mae[sex=*] <= 0.2")
    assert gates["mae[sex=*] <= 0.2"]["faults"]["a group gone"] == "pass"
    assert {"run": "val", "fault": "a group gone"} in document["undetected"]


def test_rows_paired_by_ids_are_tried_in_the_order_of_the_predictions(tried):
    """The files differ in order; the copies do not."""
    lines = Path("t.csv").read_text().splitlines()
    cells = [line.split(",") for line in lines]
    Path("a.csv").write_text("".join(f"{row[0]},{row[4]}\n" for row in cells))
    turned = [cells[0], *cells[:0:-1]]
    Path("b.csv").write_text("".join(f"{row[0]},{row[5]}\n" for row in turned))
    text = "evals:\n  val: {preds: a.csv, targets: b.csv, id: [id], losses: [mae], gates: [%s]}\n"
    gates, _ = tried(text, "mae <= 0.2")
    assert gates["mae <= 0.2"]["faults"]["predictions shuffled"] == "fail"


def test_labels_in_a_table(tried):
    """Rows of logits and a column of classes."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 3, ROWS)
    logits = 4.0 * np.eye(3)[labels] + random.normal(size=(ROWS, 3))
    rows = [f"{a},{b},{c},{k}" for (a, b, c), k in zip(logits, labels, strict=True)]
    Path("l.csv").write_text("\n".join(["a,b,c,k", *rows]) + "\n")
    text = (
        "evals:\n  val: {preds: l.csv, pred: [a, b, c], target: k,\n"
        "    losses: [cross_entropy], gates: [%s]}\n"
    )
    gates, _ = tried(text, "cross_entropy <= 0.5")
    assert tripping(gates["cross_entropy <= 0.5"]) == {
        "predictions shuffled",
        "predictions constant",
    }


ALREADY = {"mae <= 0.001": ("fail", 1), "mea <= 1": ("error", 1), "mae <= 0.2": ("trips", 0)}


@pytest.mark.parametrize("expr", ALREADY)
def test_a_gate_that_does_not_pass_is_said_to_be_so(expr, tried, losscli):
    """It would not pass under a fault either, which proves nothing."""
    gates, document = tried(ARRAYS, expr)
    verdict, code = ALREADY[expr]
    assert (gates[expr]["verdict"], document["exit_code"]) == (verdict, code)
    said = losscli("run", "c.yaml", "--self-test")
    assert ("without a fault already" in said.out) == (verdict != "trips")


def test_a_gate_of_no_run_is_in_error(tried):
    """As it is in the run itself."""
    gates, _ = tried(ARRAYS + "gates: [{run: vla, expect: mae <= 1}]\n", "mae <= 0.2")
    assert gates["mae <= 1"]["verdict"] == "error"


def test_a_run_that_fails_has_its_own_code(tried):
    """Missing data are exit code 3, as without the self-test."""
    Path("p.npy").unlink()
    gates, document = tried(ARRAYS, "mae <= 0.2")
    assert gates["mae <= 0.2"]["verdict"] == "error"
    assert document["exit_code"] == 3


def test_more_numbers_than_memory_should_hold_are_not_tried(tried, losscli, monkeypatch):
    """And what was not tried proves nothing."""
    monkeypatch.setattr(faults, "_MOST", ROWS)
    gates, document = tried(ARRAYS, "mae <= 0.2")
    assert gates["mae <= 0.2"]["verdict"] == "untried"
    assert "more than 60 numbers" in document["skipped"][0]["reason"]
    assert document["exit_code"] == 1
    assert "UNTRIED" in losscli("run", "c.yaml", "--self-test").out


def test_skipped_nan_is_noticed_by_counts(tried):
    """Where nan does not stop the run."""
    text = ARRAYS.replace("losses:", "nan: skip, losses:")
    gates, _ = tried(text, "skipped <= 0", "mae <= 0.2")
    assert tripping(gates["skipped <= 0"]) == {"nan in a prediction", "all predictions nan"}
    assert gates["mae <= 0.2"]["faults"]["all predictions nan"] == "error"


BENCH = (
    "benches:\n  b: {losses: [mae], impl: [numpy, torch], size: [1e3], time: 0.4, memory: false,\n"
    "    pass: forward, dtype: [float32], gates: [%s]}\n"
)


def test_faults_of_benchmarks(tried):
    """A slowed one trips a limit of its time, and a missing rival one that names it."""
    slow, rival, loose = (
        "mae[impl=numpy].time <= 1",
        "mae[impl=torch].time <= 10",
        "mae.time <= 1000",
    )
    gates, document = tried(BENCH, "mae.time <= 0.1", slow, rival, loose)
    assert gates[slow]["sound"] == gates[rival]["sound"] == "pass"
    assert gates[rival]["faults"]["an implementation gone"] == "error"
    assert gates[slow]["faults"]["an implementation gone"] == "pass"
    assert gates[loose]["verdict"] == "vacuous"
    assert {each["fault"] for each in document["stopped"]} == {"wrong answers", "no rows"}


@pytest.fixture
def measured(monkeypatch):
    """A benchmark whose every run has the same times, as if nothing else ran on the machine."""
    flags = {"size": ["1e3"], "time": 0.4, "memory": False, "passes": "forward"}
    once = bench(loss=["mae"], impl=["numpy", "torch"], **flags)
    fixed = once.replace(
        rows=tuple(
            row.replace(
                times=row.times.replace(
                    median=1e-4, ci=(0.99e-4, 1.01e-4), rounds_s=(1e-4, 1.001e-4) * 15
                )
            )
            for row in once.rows
        )
    )
    monkeypatch.setattr(steps, "run_benchmark", lambda *_: fixed)


@pytest.mark.usefixtures("measured")
def test_a_slowed_benchmark_trips_its_limits(tried):
    """Ten times the time is beyond three times the time, and beyond the baseline's."""
    limit, saved = "mae.time <= 0.0003", "mae.time <= baseline * 2"
    gates, _ = tried(BENCH, limit, saved, bless=True)
    slower = {expr: gate["faults"]["10 times slower"] for expr, gate in gates.items()}
    assert [gate["sound"] for gate in gates.values()] == ["pass", "pass"]
    assert list(slower.values()) == ["fail", "fail"]
    assert {"stale baseline", "no baseline"} <= tripping(gates[saved])


def test_nothing_is_written(tried):
    """Neither results nor the files that were spoilt in memory."""
    before = Path("p.npy").read_bytes()
    tried(ARRAYS, "mae <= 0.2")
    assert Path("p.npy").read_bytes() == before
    assert not Path("results").exists()


PAIRED = (
    "evals:\n  val: {preds: %s, targets: t.npy, losses: [mae], gates: [\n"
    "    {loss: mae, not_worse_than: {preds: %s, margin: 5%%}}]}\n"
)


def test_a_gate_on_pairs_trips_too(tried):
    """On a model that got worse, and on the two in each other's places."""
    target = np.load("t.npy")
    np.save("base.npy", target + 0.2 * np.random.default_rng(4).normal(size=ROWS))
    gates, _ = tried(PAIRED % ("p.npy", "base.npy"))
    ((expr, gate),) = gates.items()
    assert (expr, gate["sound"]) == ("mae not_worse_than base.npy by 5%", "pass")
    assert gate["faults"] == {
        "predictions shuffled": "fail",
        "predictions constant": "fail",
        "files swapped": "pass",
        "half of the rows gone": "error",
        "models swapped": "fail",
    }
