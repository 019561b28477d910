"""`comparisons:` of a config: models on the same rows, gates on them, and their self-test."""

import json
from pathlib import Path

import numpy as np
import pytest

ROWS = 400
HEAD = "version: 1\nbaseline: base.json\ncomparisons:\n  models:\n"
FILES = (
    "    models: {old: old.npy, new: new.npy}\n    targets: t.npy\n    losses: [mae]\n"
    "    test: noninferior\n    margin: 5%\n"
)
TABLE = (
    "    data: table\n    pred: [old, new]\n    losses: [mae]\n    by: [site]\n"
    "    test: noninferior\n    margin: 5%\n"
)
DATA = "data: {table: {preds: t.csv, target: y}}\n"


@pytest.fixture(autouse=True)
def _data():
    """Two models of the same rows in two sites, of which the second one has half the error."""
    random = np.random.default_rng(5)
    target = random.normal(size=ROWS)
    old = target + random.normal(size=ROWS)
    new = target + 0.5 * random.normal(size=ROWS)
    for name, values in (("t", target), ("old", old), ("new", new)):
        np.save(f"{name}.npy", values)
    rows = zip(old.tolist(), new.tolist(), target.tolist(), strict=True)
    lines = [
        "site,old,new,y",
        *(f"s{at % 2},{a!r},{b!r},{y!r}" for at, (a, b, y) in enumerate(rows)),
    ]
    Path("t.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def ran(losscli):
    """The document of a run of a config, its exit code, and the gates by their text."""

    def call(text, *gates, flags=()):
        listed = ", ".join(json.dumps(gate) for gate in gates)
        Path("c.yaml").write_text(HEAD + text + f"    gates: [{listed}]\n" + DATA)
        said = losscli("run", "c.yaml", "--format", "json", *flags)
        document = json.loads(said.out)
        return {gate["expr"]: gate for gate in document["gates"]}, document

    return call


def test_a_comparison_is_a_step_of_a_run(ran, losscli):
    """Its document is that of compare, and its gates are those of the run."""
    gates, document = ran(FILES, "mae[model=new] is not worse", "mae <= 0", "rows >= 400")
    found = document["comparisons"]["models"]
    said = losscli(
        "compare", "old=old.npy", "new=new.npy", "t.npy", "-l", "mae", "--test", "noninferior",
        "--margin", "5%", "--format", "json",
    )  # fmt: skip
    alone = json.loads(said.out)
    assert found["losses"] == alone["losses"]
    assert [gate["status"] for gate in gates.values()] == ["pass"] * 3
    assert found["gates"] == document["gates"]
    assert gates["mae <= 0"]["value"] == alone["losses"][0]["pairs"][0]["difference"]
    assert document["exit_code"] == 0


@pytest.mark.parametrize(
    ("gate", "status", "code"),
    [
        ("mae is better", "pass", 0),
        ("mae[model=*] is not worse", "pass", 0),
        ("mae.difference <= -1", "fail", 1),
        ("mae.relative <= -30%", "pass", 0),
        ("mae.win_rate >= 0.5", "pass", 0),
        ("mae.p_adjusted <= 0.05", "pass", 0),
        ("mae.ci_high < 0", "pass", 0),
        ("mae[model=older] is better", "error", 1),
        ("mse is better", "error", 1),
        ("mae.rmse <= 1", "error", 1),
        ("mae[site=s0] is better", "error", 1),
    ],
)
def test_gates_on_a_comparison(ran, gate, status, code):
    """A claim is decided by the verdict, a statistic by its number; the rest is an error."""
    gates, document = ran(FILES, gate)
    assert [each["status"] for each in gates.values()] == [status]
    assert document["exit_code"] == code


def test_a_claim_that_the_verdict_refutes_or_leaves_open(ran):
    """Worse fails it, undecided leaves it undecided."""
    worse = FILES.replace("old: old.npy, new: new.npy", "new: new.npy, old: old.npy")
    gates, document = ran(worse, "mae is not worse")
    assert gates["mae is not worse"]["status"] == "fail"
    assert gates["mae is not worse"]["reason"].startswith("model=old: worse, +")
    assert document["exit_code"] == 1
    np.save("new.npy", np.load("old.npy") + np.random.default_rng(1).normal(size=ROWS))
    gates, document = ran(FILES, "mae is better")
    assert (gates["mae is better"]["status"], document["exit_code"]) == ("fail", 1)
    random = np.random.default_rng(2)
    np.save("new.npy", np.load("t.npy") + random.normal(size=ROWS))
    gates, document = ran(FILES.replace("5%", "1%"), "mae is not worse")
    assert (gates["mae is not worse"]["status"], document["exit_code"]) == ("undecided", 6)


def test_groups_of_a_comparison(ran):
    """`*` asks for each group; the worst one is named."""
    gates, document = ran(TABLE, "mae[site=*] is better", "mae[site=s1,model=new] <= 0")
    assert [gate["status"] for gate in gates.values()] == ["pass", "pass"]
    assert "worst of 2 is site=" in gates["mae[site=*] is better"]["reason"]
    assert [group["by"] for group in document["comparisons"]["models"]["groups"]] == [
        {"site": "s0"},
        {"site": "s1"},
    ]


def test_a_baseline_of_a_comparison(ran, losscli):
    """The difference of a saved run of the same targets; other targets are no evidence."""
    gate = "mae <= baseline + 0.01"
    assert ran(FILES, gate)[0][gate]["status"] == "error"
    assert losscli("bless", "c", "--reason", "a test").code == 0
    assert ran(FILES, gate)[0][gate]["status"] == "pass"
    np.save("t.npy", np.load("t.npy") + 1e-9)
    assert "other data" in ran(FILES, gate)[0][gate]["reason"]


def test_fail_on_of_a_comparison(ran):
    """Without gates, `fail_on` decides the exit code as on the command line."""
    worse = FILES.replace("old: old.npy, new: new.npy", "new: new.npy, old: old.npy")
    assert ran(worse)[1]["exit_code"] == 0
    assert ran(worse + "    fail_on: [worse]\n")[1]["exit_code"] == 1


def test_faults_of_a_comparison(ran, losscli):
    """Each gate trips on what it is for; one that no fault trips is vacuous."""
    ran(FILES, "mae is not worse", "mae <= 1000", "rows >= 400")
    said = losscli("run", "c.yaml", "--self-test", "--format", "json")
    document = json.loads(said.out)
    verdicts = {gate["expr"]: gate["verdict"] for gate in document["gates"]}
    assert verdicts == {
        "mae is not worse": "trips",
        "mae <= 1000": "vacuous",
        "rows >= 400": "trips",
    }
    faults = document["gates"][0]["faults"]
    assert {fault for fault, status in faults.items() if status == "fail"} >= {
        "new: predictions shuffled",
        "new: models swapped",
    }
    assert said.code == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("    targets: t.npy\n    losses: [mae]\n", "no models"),
        ("    models: {a: old.npy}\n    targets: t.npy\n    losses: [mae]\n", "two models"),
        ("    models: {a: old.npy, b: new.npy}\n    targets: t.npy\n", "losses is missing"),
        (FILES.replace("5%", "much"), "margin"),
        (FILES.replace("noninferior", "superior") + "    gates: [mae is not worse]\n", "never"),
        (FILES + "    baseline: other\n", "other"),
        (FILES.replace("losses: [mae]", "metrics: [ece]"), "compare does not take ece"),
        (FILES + "    gates: [mae is fine]\n", "not a verdict"),
        (FILES + "    bootstrap: 10\n", "bootstrap"),
    ],
)
def test_faults_of_the_config(losscli, text, words):
    """Each is exit code 2, with its line, before any work."""
    Path("c.yaml").write_text(HEAD + text)
    said = losscli("run", "c.yaml")
    assert said.code == 2
    assert words in said.err
    assert "c.yaml, line" in said.err


def test_data_sets_with_keys_that_comparisons_lack(losscli):
    """A key that would be ignored is a fault."""
    text = HEAD + TABLE + DATA.replace("target: y", "target: y, positive: a")
    Path("c.yaml").write_text(text)
    said = losscli("run", "c.yaml")
    assert (said.code, "comparisons do not take positive" in said.err) == (2, True)


def test_verdicts_are_for_comparisons(losscli):
    """An evaluation has none."""
    Path("c.yaml").write_text(
        "version: 1\nevals:\n  val: {preds: old.npy, targets: t.npy, losses: [mae],"
        " gates: [mae is better]}\n"
    )
    said = losscli("run", "c.yaml")
    assert (said.code, "is for comparisons" in said.err) == (2, True)


def test_formats_of_a_run_with_comparisons(losscli, ran):
    """Every format shows the pair and its verdict."""
    ran(FILES, "mae is better")
    for form in ("table", "markdown", "csv", "html", "junit"):
        said = losscli("run", "c.yaml", "--format", form)
        assert said.code == 0, said.err
        assert "better" in said.out
