"""`losscli run` fails closed: a table of faults, and what each must end with.

Every fault is put into a world in which the same gate passes, so that it is the fault that trips
it. Then the table, the JSON, the JUnit and the Markdown must all say the same, and none of them
`pass`.
"""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from losscli import steps
from losscli.blessing import bless

DATA_SETS = """version: 1
data:
  val: {preds: p.npy, targets: t.npy}
  table: {preds: table.csv, pred: yhat, target: y, by: [region]}
  classes: {preds: logits.npy, targets: labels.npy}
evals:
"""
EVALS = {
    "val": "{data: val, losses: [mae, mse]}",
    "table": "{data: table, losses: [mae]}",
    "classes": '{data: classes, losses: ["ce=cross_entropy:ignore_index=-100"]}',
    "ids": "{preds: i.csv, targets: j.csv, pred: [v], target: [v], id: [id], losses: [mae]}",
    "weighted": "{preds: pw.npy, targets: tw.npy, weights: ./w.npy, losses: [mae]}",
}
REPORTS = ("-o", "out.json", "-o", "out.xml", "-o", "out.md")


class Case(NamedTuple):
    """What is spoilt, the gate that is asked, and what it must end with."""

    run: str
    gate: str
    spoil: Callable[[], object] | None
    status: str
    reason: str
    code: int
    config: Callable[[str], str] = str  # what else is changed in the config, before and after


def config(*names):
    """The config of some runs."""
    return DATA_SETS + "".join(f"  {name}: {EVALS[name]}\n" for name in names)


def build():
    """A world in which all is well."""
    rng = np.random.default_rng(7)
    target = rng.normal(size=8)
    np.save("p.npy", target + 0.5)
    np.save("t.npy", target)
    np.save("pw.npy", target - 0.5)
    np.save("tw.npy", target)
    np.save("w.npy", np.linspace(1.0, 2.0, 8))
    np.save("logits.npy", rng.normal(size=(8, 3)) * 4)
    np.save("labels.npy", np.arange(8) % 3)
    lines = [f"{'eu' if k % 2 else 'us'},{k},{k + 0.5}" for k in range(8)]
    Path("table.csv").write_text("\n".join(["region,y,yhat", *lines, ""]))
    for name in ("i.csv", "j.csv"):
        Path(name).write_text("id,v\na,1\nb,2\nc,3\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The folder of that world, its result blessed as the baseline."""
    folder = tmp_path_factory.mktemp("world")
    before = Path.cwd()
    os.chdir(folder)
    try:
        build()
        Path("c.yaml").write_text(config(*EVALS))
        found = steps.run("c.yaml", output=["base.json"], results=None)
        assert found.exit_code == 0
        bless("base.json", "the first", "base.json")
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def judged(world, losscli):
    """Runs the config with a gate in this folder, and gives all that was said."""
    shutil.copytree(world, ".", dirs_exist_ok=True)

    def call(case, *more):
        gate = f'  - {{run: {case.run}, expect: "{case.gate}"}}\n'
        part = config(case.run if case.run in EVALS else "val")
        text = f"{part}baseline: base.json\ngates:\n{gate}"
        Path("c.yaml").write_text(case.config(text))
        return losscli("run", "c.yaml", *REPORTS, "--no-save", *more)

    return call


def entry(name, at, value):
    """Writes a number into an array of the world."""
    array = np.load(name)
    array[at] = value
    np.save(name, array)


def rows(name, cut):
    """Takes rows of an array of the world."""
    np.save(name, np.load(name)[cut])


def short(name, size):
    """Cuts a file."""
    os.truncate(name, size)


def saved(change):
    """Changes the document of the baseline."""
    document = json.loads(Path("base.json").read_text())
    change(document)
    Path("base.json").write_text(json.dumps(document))


def loss_of(document, run="val"):
    """The first loss that the baseline has of a run."""
    return document["evals"][run]["losses"][0]


def put(key, value):
    """A change of what the baseline says of mae."""
    return partial(saved, lambda document: loss_of(document).__setitem__(key, value))


def whole(key, value):
    """A change of a part of the baseline."""
    return partial(saved, lambda document: document.__setitem__(key, value))


def of_run(key, value):
    """A change of a part of the baseline's run."""
    return partial(saved, lambda document: document["evals"]["val"].__setitem__(key, value))


def text(name, content):
    """Writes a file of the world anew."""
    return partial(Path(name).write_text, content)


def flag(words):
    """A change of the config: a flag of val, from the start."""
    return lambda text: text.replace("{data: val,", f"{{data: val, {words},")


def nothing():
    """No rows in both arrays."""
    for name in ("p.npy", "t.npy"):
        rows(name, slice(0))


def gone(name):
    """Removes a file of the world."""
    return Path(name).unlink


def base_is_a_folder():
    """What cannot be read as a file."""
    Path("base.json").unlink()
    Path("base.json").mkdir()


def one_row():
    """A single row, whose mean has no interval."""
    for name in ("p.npy", "t.npy"):
        rows(name, slice(1))


def without_region(name):
    """The table without the rows of a region."""
    kept = [line for line in Path("table.csv").read_text().splitlines() if line[:2] != name]
    Path("table.csv").write_text("\n".join([*kept, ""]))


def chances():
    """Probabilities where logits are wanted."""
    logits = np.exp(np.load("logits.npy"))
    np.save("logits.npy", logits / logits.sum(axis=1, keepdims=True))


NAN, INF = float("nan"), float("inf")
MAE, BASE = "mae <= 9", "mae <= baseline * 1.1"

DATA = {
    "nan in the predictions": Case("val", MAE, lambda: entry("p.npy", 3, NAN), "error", "nan", 3),
    "inf in the predictions": Case("val", MAE, lambda: entry("p.npy", 3, INF), "error", "inf", 3),
    "-inf in the predictions": Case("val", MAE, lambda: entry("p.npy", 3, -INF), "error", "inf", 3),
    "nan in the targets": Case("val", MAE, lambda: entry("t.npy", 3, NAN), "error", "nan", 3),
    "inf in the targets": Case("val", MAE, lambda: entry("t.npy", 3, INF), "error", "inf", 3),
    "-inf in the targets": Case("val", MAE, lambda: entry("t.npy", 3, -INF), "error", "inf", 3),
    "nan in the weights": Case("weighted", MAE, lambda: entry("w.npy", 3, NAN), "error", "nan", 3),
    "inf in the weights": Case("weighted", MAE, lambda: entry("w.npy", 3, INF), "error", "inf", 3),
    "a negative weight": Case("weighted", MAE, lambda: entry("w.npy", 3, -1), "error", "weight", 3),
    "nan under >=": Case(
        "val", "mae >= 0", lambda: entry("p.npy", 3, NAN), "error", "nan", 3
    ),
    "nan that is propagated": Case(
        "val", "mae >= 0", lambda: entry("p.npy", 3, NAN), "error", "not a finite number", 1,
        flag("nan: propagate"),
    ),
    "every row skipped": Case(
        "val", MAE, lambda: entry("p.npy", slice(None), NAN), "error", "no row counts", 1,
        flag("nan: skip"),
    ),
    "a row skipped": Case(
        "val", "skipped <= 0", lambda: entry("p.npy", 0, NAN), "fail", "over by 1", 1,
        flag("nan: skip"),
    ),
    "rows ignored": Case(
        "classes", "ignored <= 0", lambda: entry("labels.npy", 0, -100), "fail", "over by 1", 1
    ),
    "every row ignored": Case(
        "classes", "ce <= 99", lambda: entry("labels.npy", slice(None), -100), "error",
        "no row counts", 1,
    ),
    "every weight zero": Case(
        "weighted", MAE, lambda: entry("w.npy", slice(None), 0), "error", "no row counts", 1
    ),
    "a label of no class": Case(
        "classes", "ce <= 99", lambda: entry("labels.npy", 2, 3), "error", "class", 3
    ),
    "a label past every class": Case(
        "classes", "ce <= 99", lambda: entry("labels.npy", 2, 2**63 - 1), "error", "class", 3
    ),
    "an empty table": Case("table", MAE, text("table.csv", ""), "error", "empty", 3),
    "a header alone": Case(
        "table", MAE, text("table.csv", "region,y,yhat\n"), "error", "no rows", 3
    ),
    "a column renamed": Case(
        "table", MAE, text("table.csv", "region,y,yhats\neu,1,2\n"), "error", "yhat", 3
    ),
    "a cell that is no number": Case(
        "table", MAE, text("table.csv", "region,y,yhat\neu,1,x\n"), "error", "number", 3
    ),
    "no rows": Case("val", MAE, nothing, "error", "no rows", 3),
    "an array cut off": Case("val", MAE, lambda: short("p.npy", 150), "error", "bytes", 3),
    "a header cut off": Case("val", MAE, lambda: short("p.npy", 40), "error", "header", 3),
    "an empty file": Case("val", MAE, lambda: short("t.npy", 0), "error", "empty", 3),
    "a file of another kind": Case("val", MAE, text("p.npy", "{}"), "error", "p.npy", 3),
    "no file": Case("val", MAE, gone("p.npy"), "error", "p.npy", 3),
    "rows missing": Case("val", MAE, lambda: rows("p.npy", slice(7)), "error", "rows", 3),
    "rows missing in the weights": Case(
        "weighted", MAE, lambda: rows("w.npy", slice(7)), "error", "rows", 3
    ),
    "another shape": Case(
        "val", MAE, lambda: np.save("p.npy", np.ones((8, 2))), "error", "one shape", 3
    ),
    "ids in another order": Case(
        "ids", MAE, text("i.csv", "id,v\nb,2\na,1\nc,3\n"), "error", "id", 3
    ),
    "too few rows": Case(
        "table", "rows >= 8", lambda: without_region("eu"), "fail", "under by 4", 1
    ),
    "no interval of one row": Case(
        "val", "mae.ci_high <= 9", one_row, "error", "no interval", 1
    ),
    "probabilities for logits": Case(
        "classes", "ce <= 99", chances, "error", "looks_like_probabilities", 1
    ),
    "a worse model": Case(
        "val", "mae <= 0.6", lambda: np.save("p.npy", np.zeros(8) + 9), "fail", "over", 1
    ),
    "a value beyond every float": Case(
        "val", "mse <= 9", lambda: entry("p.npy", 0, 1e300), "error", "finite", 1
    ),
}  # fmt: skip

BASELINE = {
    "other targets": Case(
        "val", BASE, lambda: entry("t.npy", 0, 0.25), "error", "the targets differ", 1
    ),
    "other weights": Case(
        "weighted", BASE, lambda: entry("w.npy", 0, 3), "error", "the weights differ", 1
    ),
    "fewer rows": Case(
        "val", BASE, one_row, "error", "8 rows, not 1", 1
    ),
    "other groups": Case(
        "table", "mae[region=*] <= baseline * 1.1",
        lambda: text("table.csv", Path("table.csv").read_text().replace("eu,1,", "us,1,"))(),
        "error", "differ", 1,
    ),
    "no such file": Case("val", BASE, gone("base.json"), "error", "there is no file", 1),
    "a folder": Case("val", BASE, base_is_a_folder, "error", "cannot read", 1),
    "an empty file": Case("val", BASE, text("base.json", ""), "error", "is empty", 1),
    "a file cut off": Case("val", BASE, lambda: short("base.json", 900), "error", "cut off", 1),
    "no JSON": Case("val", BASE, text("base.json", "mae: 1\n"), "error", "is no JSON", 1),
    "no text": Case(
        "val", BASE, lambda: Path("base.json").write_bytes(b"\xff\xfe{}"), "error", "is no JSON", 1
    ),
    "brackets without end": Case(
        "val", BASE, text("base.json", "[" * 100_000), "error", "is no JSON", 1
    ),
    "a list": Case("val", BASE, text("base.json", "[]"), "error", "no result of losscli", 1),
    "a result of another program": Case(
        "val", BASE, whole("schema", "other/run/1"), "error", "no result of losscli", 1
    ),
    "a result of another kind": Case(
        "val", BASE, whole("schema", "losscli/eval/1"), "error", "is broken", 1
    ),
    "a newer version": Case(
        "val", BASE, whole("schema", "losscli/run/2"), "error", "does not know", 1
    ),
    "no evaluations": Case("val", BASE, whole("evals", {}), "error", "has no 'val'", 1),
    "evaluations that are a list": Case("val", BASE, whole("evals", []), "error", "base.json", 1),
    "evaluations that are null": Case("val", BASE, whole("evals", None), "error", "base.json", 1),
    "a run that failed": Case(
        "val", BASE, of_run("schema", "losscli/error/1"), "error", "has no result of", 1
    ),
    "no losses": Case("val", BASE, of_run("losses", []), "error", "has no 'mae'", 1),
    "losses that are null": Case("val", BASE, of_run("losses", None), "error", "is broken", 1),
    "losses that are a text": Case("val", BASE, of_run("losses", "mae"), "error", "base.json", 1),
    "losses that are numbers": Case("val", BASE, of_run("losses", [1]), "error", "base.json", 1),
    "inputs that are null": Case("val", BASE, of_run("inputs", None), "error", "base.json", 1),
    "inputs that are texts": Case("val", BASE, of_run("inputs", ["t"]), "error", "base.json", 1),
    "no inputs": Case("val", BASE, of_run("inputs", []), "error", "was made without", 1),
    "no digest": Case(
        "val", BASE,
        lambda: saved(lambda d: [i.update(digest=None) for i in d["evals"]["val"]["inputs"]]),
        "error", "does not say what", 1,
    ),
    "no label": Case("val", BASE, put("label", "mad"), "error", "has no 'mae'", 1),
    "no value": Case("val", BASE, put("value", None), "error", "has no value", 1),
    "nan": Case("val", BASE, put("value", "nan"), "error", "not a finite number", 1),
    "inf": Case("val", BASE, put("value", "inf"), "error", "not a finite number", 1),
    "NaN that is no JSON": Case("val", BASE, put("value", NAN), "error", "JSON has no such", 1),
    "a word for a value": Case("val", BASE, put("value", "low"), "error", "is no number", 1),
    "a boolean for a value": Case("val", BASE, put("value", True), "error", "is no number", 1),
    "a list for a value": Case("val", BASE, put("value", [1]), "error", "is no number", 1),
    "an integer past every float": Case(
        "val", BASE, put("value", 10**400), "error", "is no number", 1
    ),
    "an integer of 5,000 digits": Case(
        "val", BASE,
        lambda: Path("base.json").write_text(
            Path("base.json").read_text().replace('"rows": 8', f'"rows": {"9" * 5000}', 1)
        ),
        "error", "is no JSON", 1,
    ),
    "a key twice": Case(
        "val", BASE,
        lambda: Path("base.json").write_text(
            Path("base.json").read_text().replace('"value": ', '"value": 99.0, "value": ', 1)
        ),
        "error", "twice", 1,
    ),
    "zero under a factor": Case("val", BASE, put("value", 0.0), "error", "use + N", 1),
    "below zero under a factor": Case("val", BASE, put("value", -1.0), "error", "use + N", 1),
    "a factor past every float": Case(
        "val", "mae <= baseline * 1e10", put("value", 1e300), "error", "past every number", 1
    ),
    "a better baseline": Case("val", BASE, put("value", 0.1), "fail", "over", 1),
    "no such group": Case(
        "table", "mae[region=eu] <= baseline * 1.1",
        lambda: saved(lambda d: d["evals"]["table"]["groups"].pop(0)),
        "error", "has no mae[region=eu]", 1,
    ),
    "groups that are null": Case(
        "table", "mae[region=eu] <= baseline * 1.1",
        lambda: saved(lambda d: d["evals"]["table"].update(groups=None)),
        "error", "base.json", 1,
    ),
    "a group more": Case(
        "table", "mae[region=*] <= baseline * 1.1",
        lambda: saved(
            lambda d: d["evals"]["table"]["groups"].append(
                d["evals"]["table"]["groups"][0] | {"by": {"region": "asia"}}
            )
        ),
        "error", "the baseline has it, and the result does not", 1,
    ),
}  # fmt: skip


def asked(gate, reason, run="val", config=str):
    """A gate that no world can pass."""
    return Case(run, gate, None, "error", reason, 1, config)


GATES = {
    "an unknown run": asked(MAE, "no run is called 'vla'", "vla"),
    "an unknown label": asked("mea <= 9", "no loss is labelled 'mea'"),
    "a statistic of benchmarks": asked("mae.time <= 9", "mae has no time"),
    "a statistic of another loss": asked("mae.rmsle <= 9", "mae has no rmsle"),
    "an unknown statistic": asked("mae.median <= 9", "no loss is labelled"),
    "a statistic of a count": asked("rows.max <= 9", "is a count"),
    "an unknown key of groups": asked("mae[city=*] <= 9", "not by city", "table"),
    "an unknown group": asked("mae[region=asia] <= 9", "no group is region=asia", "table"),
    "every group of none": asked("mae[region=*] <= 9", "has no groups"),
    "a baseline that is not named": asked(
        BASE, "names no baseline", config=lambda text: text.replace("baseline: base.json\n", "")
    ),
    "a statistic that a baseline lacks": asked("mae <= baseline.rmsle", "has no rmsle"),
}  # fmt: skip

FAULTS = {
    **{f"data: {name}": case for name, case in DATA.items()},
    **{f"baseline: {name}": case for name, case in BASELINE.items()},
    **{f"gate: {name}": case for name, case in GATES.items()},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_never_a_pass(name, judged):
    """Nor where the gate passes without it; and every report says the same."""
    case = FAULTS[name]
    if case.spoil is not None:
        before = judged(case)
        assert (before.code, statuses()) == (0, ["pass"]), before.err
        case.spoil()
    said = judged(case)
    assert said.code == case.code, said.out + said.err
    (gate,) = json.loads(Path("out.json").read_text())["gates"]
    assert gate["status"] == case.status, gate
    assert case.reason in gate["reason"]
    assert_told(said, case.code)
    warned = judged(case._replace(config=lambda text: warning(case.config(text))))
    assert warned.code == (0 if case.code == 1 else case.code)  # what failed to run still counts
    assert statuses() == ["warn" if case.status == "fail" else case.status]


def test_there_are_enough_faults():
    """The table is the specification: it may only grow."""
    assert len(FAULTS) >= 90


def warning(text):
    """The same config, its gate of a level that never changes the exit code."""
    return text.replace("- {run: ", "- {level: warn, run: ")


def statuses():
    """Those of the gates in the JSON."""
    return [gate["status"] for gate in json.loads(Path("out.json").read_text())["gates"]]


def assert_told(said, code):
    """Every report of a run tells the same of its gates, and none of a traceback or a bug."""
    document = json.loads(Path("out.json").read_text())
    gates = document["gates"]
    assert document["exit_code"] == code
    assert document["status"] == {0: "pass", 1: "fail", 6: "undecided"}.get(code, "error")
    counted = [gate["status"] for gate in gates if gate["level"] == "fail"]
    failed_steps = [
        part for kind in ("evals", "benches") for part in document[kind].values()
        if part["schema"] == "losscli/error/1"
    ]  # fmt: skip
    if {"fail", "error"} & set(counted) or failed_steps:
        assert code in (1, 3, 4, 5)
    else:
        assert code == (6 if "undecided" in counted else 0)
    root = ET.parse("out.xml").getroot()
    bad = int(root.get("failures")) + int(root.get("errors"))
    wrong = [status for status in counted if status not in ("pass", "warn")]
    assert bad >= len(wrong) + len(failed_steps)
    assert bool(bad) == bool(code)
    markdown = Path("out.md").read_text()
    for status in {gate["status"] for gate in gates}:
        word = status if status == "pass" else status.upper()
        lines = [line.split()[0] for line in said.out.splitlines() if line.split()]
        told = sum(gate["status"] == status for gate in gates)
        assert lines.count(word) == told, said.out
        assert markdown.count(f"\n| {word} |") == told
    if not any(gate["status"] == "pass" for gate in gates):
        assert "| pass |" not in markdown
        assert "passed" not in said.out
    assert "Traceback" not in said.err
    assert code == 5 or "losscli itself failed" not in said.out + markdown
