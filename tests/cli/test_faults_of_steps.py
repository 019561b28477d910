"""What `losscli run` ends with where steps crash, benchmarks are wrong, disks fail, or several."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from losscli.commands import run as steps
from losscli.errors import DataError, MissingError
from losscli.gates import Measurement, judge
from losscli.results import files
from tests.cli.test_injected_faults import REPORTS, assert_told, statuses

HEAD = "version: 1\ndata: {val: {preds: p.npy, targets: t.npy}}\n"
CODES = {
    "bug": 5, "data": 3, "missing": 4, "fail": 1, "error": 1, "undecided": 6, "fine": 0,
}  # fmt: skip


@pytest.fixture
def run(losscli, pair):
    """Runs a config's text with all reports."""
    assert pair

    def call(text, *more):
        Path("c.yaml").write_text(text)
        return losscli("run", "c.yaml", *REPORTS, *more)

    return call


def evals(*names, gate="mae <= 9", flags=""):
    """A config of evaluations that are alike."""
    part = f'{{data: val, losses: [mae], gates: ["{gate}"]{flags}}}'
    return HEAD + "evals:\n" + "".join(f"  {name}: {part}\n" for name in names)


# --- several faults in one config: the code is the first of 5, 3, 4, 1, 6 that applies


@pytest.fixture
def spoilt(monkeypatch):
    """Every step ends as its name says."""
    whole = steps.run_evaluation

    def one(plan, progress):
        word = Path(str(plan.per_sample)).stem
        if word == "bug":
            raise ZeroDivisionError("division by zero")
        if word == "data":
            raise DataError("the data is wrong")
        if word == "missing":
            raise MissingError("there is no device")
        return whole(plan, progress)

    def undecided(result, gates, *rest):
        found = {
            "fail": Measurement(2.0), "error": Measurement(None, reason="gone"),
            "fine": Measurement(0.5),
            "undecided": Measurement(1.0, ci=(0.5, 1.5)),
        }  # fmt: skip
        judged = [judge([gate], lambda g: found[g.run])[0] for gate in gates]
        return result.replace(gates=tuple(judged))

    monkeypatch.setattr(steps, "run_evaluation", one)
    monkeypatch.setattr(steps, "gated", undecided)


SEVERAL = [
    ("fine",), ("bug",), ("data",), ("missing",), ("fail",), ("error",), ("undecided",),
    ("fine", "undecided"), ("undecided", "fail"), ("fail", "missing"), ("missing", "data"),
    ("data", "bug"), ("undecided", "error", "missing"), ("missing", "fail", "data", "undecided"),
    ("fine", "fail", "error", "undecided", "missing", "data", "bug"),
]  # fmt: skip


@pytest.mark.parametrize("names", SEVERAL, ids=" ".join)
def test_the_gravest_of_several_faults_is_the_exit_code(names, run, spoilt):
    """In any order, and every report counts each of them."""
    for order in (names, names[::-1]):
        lines = [
            f'  {n}: {{data: val, losses: [mae], gates: ["mae <= 1"], per_sample: {n}.npy}}\n'
            for n in order
        ]
        said = run(HEAD + "evals:\n" + "".join(lines))
        codes = {CODES[name] for name in names}
        assert said.code == next(code for code in (5, 3, 4, 1, 6, 0) if code in codes)
        others = {"bug": "error", "data": "error", "missing": "error", "fine": "pass"}
        kinds = [others.get(name, name) for name in order]
        assert statuses() == kinds
        if said.code != 5:
            assert_told(said, said.code)
        assert "Traceback" not in said.err
        saved = json.loads(Path("results/c/latest.json").read_text())
        assert saved["exit_code"] == said.code


POLICIES = {("fail", "fail"): 1, ("warn", "fail"): 0, ("undecided", "fail"): 6}
POLICIES |= {(policy, "warn"): 0 for policy, _ in list(POLICIES)}


@pytest.mark.parametrize(("policy", "level"), POLICIES, ids=str)
def test_an_undecided_gate_is_what_the_config_says_and_never_a_pass(policy, level, run, spoilt):
    """A gate of level warn bears on nothing."""
    gate = f'{{expect: "mae <= 1", level: {level}}}'
    text = f"{HEAD}evals:\n  undecided: {{data: val, losses: [mae], gates: [{gate}]}}\n"
    said = run(f"{text}on_undecided: {policy}\n")
    assert said.code == POLICIES[policy, level]
    assert "pass" not in statuses()
    assert "| pass |" not in Path("out.md").read_text()


def test_a_bug_is_exit_5_and_the_other_runs_are_there(run, monkeypatch):
    """One line of it, the way to see more, and no traceback."""
    whole = steps.run_evaluation
    calls = iter([True, False])

    def one(plan, progress):
        return {}[1] if next(calls) else whole(plan, progress)

    monkeypatch.setattr(steps, "run_evaluation", one)
    said = run(evals("a", "b"))
    assert said.code == 5
    assert statuses() == ["error", "pass"]
    assert "losscli itself failed: KeyError" in said.out
    assert "Traceback" not in said.err + said.out
    root = ET.parse("out.xml").getroot()
    assert int(root.get("errors")) == 2


def test_fail_fast_leaves_no_gate_unsaid(run):
    """What was not run is an error, by its name and reason."""
    np.save("p.npy", np.array([1.0, np.nan, 3.0]))
    said = run(evals("a", "b", "c"), "--fail-fast")
    assert said.code == 3
    gates = json.loads(Path("out.json").read_text())["gates"]
    assert [gate["status"] for gate in gates] == ["error"] * 3
    assert ["--fail-fast" in gate["reason"] for gate in gates] == [False, True, True]
    assert_told(said, 3)


def test_only_never_passes_a_gate_of_a_run_that_it_leaves_out(run):
    """Neither one in the run nor one below: it is not judged, and not counted as passed."""
    text = (
        evals("a", "b") + 'gates: [{run: b, expect: "mae <= 9"}, {run: gone, expect: "x <= 1"}]\n'
    )
    said = run(text, "--only", "a")
    gates = json.loads(Path("out.json").read_text())["gates"]
    assert {gate["run"] for gate in gates if gate["status"] == "pass"} == {"a"}
    assert [g["status"] for g in gates if g["run"] == "gone"] == ["error"]
    assert said.code == 1


# --- exit code 2: before any work, and nothing is written

EVAL = HEAD + "evals:\n  e: {data: val, losses: [mae]%s}\n"
REFUSED = {
    "an unknown loss": HEAD + "evals:\n  e: {data: val, losses: [mea]}\n",
    "an unknown parameter": HEAD + 'evals:\n  e: {data: val, losses: ["huber:x=1"]}\n',
    "an unknown key": EVAL % ", losss: [mse]",
    "an unknown key of a gate": EVAL % ', gates: [{expect: "mae <= 1", lvl: warn}]',
    "an unknown level": EVAL % ', gates: [{expect: "mae <= 1", level: ignore}]',
    "a gate that names nothing": EVAL % ', gates: ["<= 1"]',
    "a gate without a comparison": EVAL % ', gates: ["mae"]',
    "a gate without a limit": EVAL % ', gates: ["mae <="]',
    "a gate of nan": EVAL % ', gates: ["mae <= nan"]',
    "a gate of two comparisons": EVAL % ', gates: ["0 <= mae <= 1"]',
    "a gate of an equals sign": EVAL % ', gates: ["mae == 1"]',
    "a bound without a limit": EVAL % ", max: mae",
    "a factor of nan": EVAL % ', gates: ["mae <= baseline * nan"]',
    "a label twice": HEAD + "evals:\n  e: {data: val, losses: [mae, mae]}\n",
    "no such data": HEAD + "evals:\n  e: {data: vla, losses: [mae]}\n",
    "an unknown policy": EVAL % "" + "on_undecided: pass\n",
    "an output of no format": EVAL % "" + "outputs: [out.pdf]\n",
    "an output in no folder": EVAL % "" + "outputs: [no/out.json]\n",
    "an output over the data": EVAL % "" + "outputs: [x/../p.npy.json, c.yaml.json, no/x.md]\n",
    "an unknown loss of a benchmark": HEAD + "benches: {b: {losses: [mea]}}\n" + "evals: {}\n",
    "an unknown implementation": "version: 1\nbenches: {b: {impl: [jx]}}\n",
    "an unknown type": "version: 1\nbenches: {b: {dtype: float33}}\n",
    "a size that is none": "version: 1\nbenches: {b: {size: 0}}\n",
    "another version": (EVAL % "").replace("version: 1", "version: 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_config_is_refused_before_any_work(name, run, monkeypatch):
    """Also where another run of it is right."""

    def never(*_):
        raise AssertionError("it began to work")

    monkeypatch.setattr(steps, "run_evaluation", never)
    monkeypatch.setattr(steps, "run_benchmark", never)
    said = run(REFUSED[name])
    assert said.code == 2, said.err
    assert "pass" not in said.out
    assert {path.name for path in Path().iterdir()} - {"results"} == {"c.yaml", "p.npy", "t.npy"}
    assert not list(Path().glob("results/*/*"))


def test_a_disk_that_fails_later_is_exit_3_and_leaves_no_half_file(run, monkeypatch):
    """Whether it is a report or the saved result that it cannot hold."""
    for place in ("out.json", "latest.json"):
        whole = files.os.fsync

        def full(descriptor, place=place, whole=whole):
            name = os.fspath(Path(f"/proc/self/fd/{descriptor}").readlink())
            if f".{place}." in name:
                raise OSError(28, "No space left on device")
            return whole(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(files.os, "fsync", full)
            said = run(evals("a"))
        assert said.code == 3
        assert place in said.error[0]
        assert not [path for path in Path().rglob("*") if path.name.endswith(".tmp")]
        assert not Path("out.json").exists() or place == "latest.json"


# --- benchmarks

KERNELS = """
import torch
def right(pred, target): return (pred - target).abs().mean()
def wrong(pred, target): return (pred - target).abs().mean() * 1.5
def crashes(pred, target): raise RuntimeError("\\x1b[31mno kernel image")
def nothing(pred, target): return None
"""
GATES = {
    "k.py:right": {
        "mae[impl='k.py:right'].time <= 9": ("pass", ""),
        "mae[impl=jax].time <= 9": ("error", "no row has impl=jax"),
        "mae[gpu=*].time <= 9": ("error", "not by gpu"),
        "mse.time <= 9": ("error", "no loss is labelled"),
        "mae.ci_high <= 9": ("error", "has no ci_high"),
        "mae.peak_memory_bytes <= 9e9": ("error", "not measured"),
        "mae.time <= baseline * 1.1": ("error", "names no baseline"),
    },
    "k.py:wrong": {
        "mae[impl=*].time <= 9": ("error", "it is incorrect"),
        "mae[impl='k.py:wrong'].peak_memory_bytes <= 9e9": ("error", "it is incorrect"),
        "mae[impl='k.py:wrong'].speedup >= 0": ("error", "it is incorrect"),
    },
    "k.py:crashes": {"mae.time <= 9": ("error", "")},
    "k.py:nothing": {"mae.time <= 9": ("error", "")},
    "k.py:gone": {"mae.time <= 9": ("error", "the run failed")},
    "gone.py:f": {"mae.time <= 9": ("error", "the run failed")},
}


@pytest.mark.parametrize("impl", GATES)
def test_a_benchmark_that_is_no_evidence_passes_no_gate(impl, run):
    """Wrong, crashed, not there: an error with its reason."""
    Path("k.py").write_text(KERNELS)
    part = {
        "losses": ["mae"], "impl": ["numpy", impl], "size": ["256"], "time": 0.1,
        "memory": False, "pass": "forward", "gates": list(GATES[impl]),
    }  # fmt: skip
    said = run(json.dumps({"version": 1, "benches": {"b": part}}))
    assert said.code == 1, said.out
    found = json.loads(Path("out.json").read_text())["gates"]
    for gate, (status, reason) in zip(found, GATES[impl].values(), strict=True):
        assert gate["status"] == status, gate
        assert reason in gate["reason"]
    assert_told(said, 1)
    assert "\x1b" not in said.out + said.err
