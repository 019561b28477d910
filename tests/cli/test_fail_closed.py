"""docs/fail-closed.md: each fault of its table is injected, and answered as the table says."""

import copy
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.differences.conftest import bench

PAGE = Path(__file__).parents[2] / "docs" / "fail-closed.md"
ROW = re.compile(r"^\| `([a-z-]+)` \|.*\| (\w+), (\d) \|$", re.MULTILINE)
TABLE = {name: (status, int(code)) for name, status, code in ROW.findall(PAGE.read_text())}

RELATIVE = "mae <= baseline * 1.02"
CONFIG = """version: 1
evals:
  a: {preds: p.npy, targets: t.npy, losses: [mae], gates: ["mae <= 9"]}
"""
BENCH = """version: 1
benches:
  b:
    {losses: [mae], impl: [numpy], size: [1e3], pass: forward, time: 0.5, memory: false}
baseline: main.json
gates:
  - {run: b, expect: "mae[impl=*].time <= baseline * 1e6"}
"""


@pytest.fixture
def judged(losscli):
    """The status and the exit code of a command, as a program reads them."""

    def call(*arguments):
        said = losscli(*arguments, "--format", "json")
        document = json.loads(said.out)
        assert document.get("exit_code", document.get("code")) == said.code
        if "gates" in document:
            order = ["fail", "error", "undecided", "warn", "pass"]
            return min((gate["status"] for gate in document["gates"]), key=order.index), said.code
        if document["schema"] == "losscli/diff/1":
            return ("undecided" if document["counts"]["undecided"] else "pass"), said.code
        return "error", said.code

    return call


@pytest.fixture
def against(judged, losscli, pair):
    """A gate relative to the saved result of `p.npy`, whose value a fault may replace."""

    def call(preds=pair[0], targets=pair[1], value=None, gate=RELATIVE, flags=()):
        assert losscli("eval", *pair, "-l", "mae", "-q", "-o", "main.json").code == 0
        if value is not None:
            document = json.loads(Path("main.json").read_text())
            document["losses"][0] |= {"value": value, "mean": value}
            Path("main.json").write_text(json.dumps(document))
        more = ("--baseline", "main.json", "--gate", gate, *flags)
        return judged("eval", preds, targets, "-l", "mae", *more)

    return call


def test_the_table_has_every_fault_and_no_other():
    """A fault that is described is injected, and the other way round."""
    assert set(TABLE) == set(FAULTS)


def test_without_a_fault_the_gates_pass(against, judged):
    """Otherwise they would say nothing of the faults."""
    assert against() == ("pass", 0)
    Path("c.yaml").write_text(CONFIG)
    assert judged("run", "c.yaml") == ("pass", 0)
    assert _compared(judged, bench(1), bench(1), "--between-runs", "0") == ("pass", 0)


def test_without_a_fault_a_benchmark_passes(judged, losscli):
    """Its gate holds against what was timed a moment before."""
    _blessed(losscli)
    assert judged("run", "b.yaml") == ("pass", 0)


@pytest.mark.parametrize("name", TABLE)
def test_a_fault_is_answered_as_the_table_says(name, request):
    """With the status of the gate, and the exit code."""
    assert FAULTS[name](request.getfixturevalue) == TABLE[name]


def _nan_now(get):
    np.save("nan.npy", [1.0, np.nan, 3.0])
    return get("against")("nan.npy", flags=("--nan", "propagate"))


def _with_baseline(value):
    return lambda get: get("against")(value=value)


def _metric_gone(get):
    return get("against")(gate="mse <= 9")


def _blessed(losscli):
    Path("b.yaml").write_text(BENCH)
    losscli("run", "b.yaml")
    assert losscli("bless", "b", "--reason", "first").code == 0


def _benchmark_gone(get):
    _blessed(get("losscli"))
    document = json.loads(Path("main.json").read_text())
    rows = document["benches"]["b"]["rows"]
    rows.append(rows[0] | {"impl": "torch"})
    Path("main.json").write_text(json.dumps(document))
    return get("judged")("run", "b.yaml")


def _baseline_lacks(get):
    return get("against")(gate="mse <= baseline * 1.02", flags=("-l", "mse"))


def _baseline_gone(get):
    more = ("-l", "mae", "--baseline", "no.json", "--gate", RELATIVE)
    return get("judged")("eval", *get("pair"), *more)


def _other_data(get):
    np.save("other.npy", [1.0, 2.0, 3.0])
    return get("against")(targets="other.npy")


def _nothing_compared(get):
    assert get("pair")
    Path("c.yaml").write_text(CONFIG + 'gates: [{run: gone, expect: "mae <= 9"}]\n')
    return get("judged")("run", "c.yaml")


def _no_row_counts(get):
    np.save("logits.npy", [[2.0, -1.0], [0.5, 3.0]])
    np.save("labels.npy", [-100, -100])
    files = ("logits.npy", "labels.npy")
    return get("judged")("eval", *files, "-l", "ce", "--gate", "ce <= 9")


def _no_rows(get):
    np.save("none.npy", np.zeros(0))
    return get("judged")("eval", "none.npy", "none.npy", "-l", "mae", "--gate", "mae <= 9")


def _broken_step(get):
    assert get("pair")
    broken = '  b: {preds: no.npy, targets: t.npy, losses: [mae], gates: ["mae <= 9"]}\n'
    Path("c.yaml").write_text(CONFIG + broken)
    return get("judged")("run", "c.yaml")


def _worse(scale):
    def call(get):
        np.save("t.npy", np.zeros(4))
        np.save("p.npy", np.full(4, scale[0]))
        assert get("losscli")("eval", "p.npy", "t.npy", "-l", "mae", "-o", "m.json").code == 0
        np.save("p.npy", np.full(4, scale[1]))
        more = ("-l", "mae", "--baseline", "m.json", "--gate", RELATIVE)
        return get("judged")("eval", "p.npy", "t.npy", *more)

    return call


def _compared(judged, old, new, *flags):
    Path("old.json").write_text(json.dumps(old))
    Path("new.json").write_text(json.dumps(new))
    return judged("diff", "old.json", "new.json", "--fail-on", "undecided", *flags)


def _other_machine(get):
    new = copy.deepcopy(bench(1))
    new["environment"]["devices"]["cpu"] = "Another Processor"
    return _compared(get("judged"), bench(1), new, "--between-runs", "0")


def _within_noise(get):
    new = bench(2, rounds=8, noise=0.2)
    return _compared(get("judged"), bench(1, rounds=8, noise=0.2), new, "--between-runs", "0")


FAULTS = {
    "nan-now": _nan_now,
    "nan-baseline": _with_baseline("nan"),
    "inf-baseline": _with_baseline("inf"),
    "negative-baseline": _with_baseline(-1.0),
    "zero-baseline": _with_baseline(0.0),
    "metric-gone": _metric_gone,
    "benchmark-gone": _benchmark_gone,
    "baseline-lacks": _baseline_lacks,
    "baseline-gone": _baseline_gone,
    "other-data": _other_data,
    "nothing-compared": _nothing_compared,
    "no-row-counts": _no_row_counts,
    "no-rows": _no_rows,
    "broken-step": _broken_step,
    "worse": _worse((1.0, 1.5)),
    "worse-tiny": _worse((1e-7, 2e-7)),
    "other-machine": _other_machine,
    "within-noise": _within_noise,
}
