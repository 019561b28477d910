"""`not_worse_than` in a config of `losscli run`: every status, on evidence and on nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS = 60


@pytest.fixture(autouse=True)
def _models():
    """Targets, a model (a.npy) and three others: a little worse, far worse, and the same."""
    random = np.random.default_rng(2)
    targets = random.normal(size=ROWS)
    errors = random.choice([-1.0, 1.0], ROWS) * random.uniform(0.5, 1.5, ROWS)
    np.save("t.npy", targets)
    for name, factor in {"a": 1.0, "same": 1.0, "far": 3.0, "better": 0.5}.items():
        np.save(f"{name}.npy", targets + factor * errors)
    np.save("near.npy", targets + errors * random.uniform(0.5, 1.52, ROWS))


@pytest.fixture
def judge(losscli):
    """Runs one gate on the losses of predictions: what was said, and the gate as JSON has it."""

    def run(preds, gate, losses="[mae]", more=""):
        data = f"  val: {{preds: {preds}, targets: t.npy, losses: {losses}, gates: [{gate}]}}\n"
        Path("c.yaml").write_text(f"version: 1\nevals:\n{data}{more}")
        said = losscli("run", "c.yaml", "--format", "json")
        assert said.out, said.err
        document = json.loads(said.out)
        assert document["exit_code"] == said.code
        return said, document["gates"][-1]

    return run


def not_worse(preds, margin=None, **more):
    """The gate in YAML."""
    words = f"preds: {preds}" + ("" if margin is None else f", margin: {margin}")
    tail = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{not_worse_than: {{{words}}}{tail}}}"


DECIDED = [
    ("same", None, "pass", 0),
    ("better", "0%", "pass", 0),
    ("far", "1%", "fail", 1),
    ("far", "200%", "undecided", 6),
    ("far", "300%", "pass", 0),
    ("far", 10, "pass", 0),
    ("near", 0, "undecided", 6),
]


@pytest.mark.parametrize(("preds", "margin", "status", "code"), DECIDED)
def test_a_gate_is_decided_by_the_interval(preds, margin, status, code, judge):
    """That of SciPy's paired t test, beside the margin in the loss's unit."""
    said, gate = judge(f"{preds}.npy", not_worse("a.npy", margin))
    targets = np.load("t.npy")
    ours, theirs = (np.abs(np.load(f"{name}.npy") - targets) for name in (preds, "a"))
    assert (gate["status"], said.code) == (status, code)
    assert gate["value"] == pytest.approx(np.mean(ours - theirs), abs=1e-15)
    if isinstance(margin, str):
        share = float(margin[:-1]) / 100
        assert gate["limit"] == pytest.approx(share * theirs.mean(), rel=1e-12)
    else:
        assert gate["limit"] == (margin or 0.0)
    if preds != "same":
        ends = stats.ttest_rel(ours, theirs).confidence_interval()
        sides = [bool(end > gate["limit"]) for end in (ends.low, ends.high)]
        assert sides == {"pass": [0, 0], "fail": [1, 1], "undecided": [0, 1]}[status]


def test_the_words_give_the_difference_and_what_would_decide_it(judge):
    """In percent where the margin is, else in the loss's unit."""
    _, gate = judge("far.npy", not_worse("a.npy", "1%"))
    assert gate["expr"] == "mae not_worse_than a.npy by 1%"
    assert gate["reason"].startswith("+200.0 % [+")
    assert gate["reason"].endswith(" %], all of it beyond 1 %")
    _, gate = judge("near.npy", not_worse("a.npy", 0))
    assert " spans 0; about " in gate["reason"]
    assert gate["reason"].endswith(" rows would do")


def test_a_level_that_asks_for_more_decides_less(judge):
    """Its interval is wider."""
    gate = not_worse("a.npy", "207%")
    for level, status in {"50%": "pass", "99.9%": "undecided"}.items():
        assert judge("far.npy", gate, more=f"defaults: {{ci: {level}}}\n")[1]["status"] == status


def test_forest_is_worse_than_ridge_on_diabetes(losscli):
    """By more than 1 % of the mean squared error, as SciPy says."""
    folder = EXAMPLES / "diabetes"
    Path("c.yaml").write_text(
        "version: 1\nevals:\n"
        f"  val: {{preds: {folder}/forest.npy, targets: {folder}/targets.npy, losses: [mse]}}\n"
        "gates:\n"
        f"  - {{run: val, loss: mse, not_worse_than: {{preds: {folder}/ridge.npy, margin: 1%}}}}\n"
    )
    said = losscli("run", "c.yaml")
    targets = np.load(folder / "targets.npy")
    forest, ridge = (
        (np.load(folder / f"{name}.npy") - targets) ** 2 for name in ("forest", "ridge")
    )
    ends = stats.ttest_rel(forest, ridge).confidence_interval()
    words = [f"{100 * end / ridge.mean():+.1f} %" for end in ends]
    assert (said.code, f"[{words[0]}, {words[1]}], all of it beyond 1 %" in said.out) == (1, True)


def test_a_column_of_the_same_table_is_held_against(losscli):
    """With `pred:` alone; and the same column against itself is an error."""
    table = EXAMPLES / "diabetes" / "table.csv"
    config = (
        "version: 1\nevals:\n"
        f"  val: {{preds: {table}, pred: forest, target: y, id: id, losses: [mse]}}\n"
        "gates:\n"
        "  - {not_worse_than: {pred: ridge, margin: 1%}}\n"
        f"  - {{not_worse_than: {{preds: {table}, pred: [ridge], margin: 1%}}}}\n"
        f"  - {{not_worse_than: {{preds: {table.with_name('ridge.npy')}, margin: 1%}}}}\n"
        "  - {not_worse_than: {pred: forest}}\n"
    )
    Path("c.yaml").write_text(config)
    gates = json.loads(losscli("run", "c.yaml", "--format", "json").out)["gates"]
    assert [gate["status"] for gate in gates] == ["fail", "fail", "fail", "error"]
    assert gates[0]["value"] == gates[1]["value"] == pytest.approx(gates[2]["value"])
    assert gates[0]["expr"] == "mse not_worse_than [ridge] by 1%"
    assert "with itself" in gates[3]["reason"]


def test_rows_of_another_table_are_paired_by_their_ids(losscli):
    """Its predictions are in the column that the run's are in; each row must have one."""
    Path("new.csv").write_text("id,y,p\na,1,2\nb,2,2\nc,3,2\n")
    Path("old.csv").write_text("id,y,p\na,1,5\nb,2,7\nc,3,9\n")
    Path("moved.csv").write_text("id,y,p\na,1,5\nc,3,9\nb,2,7\n")
    Path("off.csv").write_text("id,y,p\na,1,5\nd,2,7\nc,3,9\n")
    Path("c.yaml").write_text(
        "version: 1\nevals:\n"
        "  val: {preds: new.csv, pred: p, target: y, id: id, losses: [mae]}\n"
        "gates:\n"
        + "".join(f"  - {{not_worse_than: {{preds: {n}.csv}}}}\n" for n in ("old", "moved", "off"))
    )
    *paired, bad = json.loads(losscli("run", "c.yaml", "--format", "json").out)["gates"]
    for good in paired:
        assert (good["status"], good["value"]) == ("pass", pytest.approx(-13 / 3))
    assert bad["status"] == "error"
    assert "1 id of new.csv not in off.csv: 'b'" in bad["reason"]


def _short():
    np.save("o.npy", np.load("a.npy")[:-1])


def _with(number):
    def write():
        values = np.load("a.npy")
        values[4] = number
        np.save("o.npy", values)

    return write


def _cut():
    Path("o.npy").write_bytes(Path("a.npy").read_bytes()[:-8])


NO_EVIDENCE = {
    "is missing": (lambda: None, "", "there is no file o.npy"),
    "has fewer rows": (_short, "", "the numbers of rows differ"),
    "is cut off": (_cut, "", "o.npy"),
    "is no array": (lambda: Path("o.npy").write_text("x"), "", "o.npy"),
    "holds nan": (_with(np.nan), "", "o.npy, row 4; 1 such row of 60"),
    "holds nan that counts": (_with(np.nan), "nan: propagate", "not a finite number"),
    "holds an infinity": (_with(np.inf), "", "inf is not finite (o.npy, row 4"),
    "is of rows of two": (lambda: np.save("o.npy", np.zeros((ROWS, 2))), "", "mae"),
}


@pytest.mark.parametrize("what", NO_EVIDENCE)
def test_what_cannot_be_held_against_is_an_error_of_its_gate(what, losscli):
    """And of nothing else: the losses and the other gates are as they were."""
    write, flag, words = NO_EVIDENCE[what]
    write()
    Path("c.yaml").write_text(
        f"version: 1\ndefaults: {{{flag}}}\n"
        "evals: {val: {preds: a.npy, targets: t.npy, losses: [mae]}}\n"
        "gates:\n"
        '  - "mae <= 5"\n'
        "  - {not_worse_than: {preds: o.npy}}\n"
        "  - {not_worse_than: {preds: far.npy}}\n"
    )
    said = losscli("run", "c.yaml", "--format", "json")
    gates = json.loads(said.out)["gates"]
    assert [gate["status"] for gate in gates] == ["pass", "error", "pass"]
    assert words in gates[1]["reason"]
    assert (said.code, gates[1]["value"]) == (1, None)


@pytest.mark.parametrize(("rows", "words"), [(1, "one row"), (2, "")])
def test_one_row_makes_no_interval(rows, words, judge):
    """Two of one difference do: their interval is a point."""
    for name, values in {"t": [0.0, 0.0], "a": [2.0, 2.0], "b": [1.0, 1.0]}.items():
        np.save(f"{name}.npy", np.array(values[:rows]))
    _, gate = judge("b.npy", not_worse("a.npy"))
    assert (gate["status"], words in gate["reason"]) == ("error" if words else "pass", True)


def test_rows_that_are_skipped_are_told(judge):
    """They are left out of both."""
    _with(np.nan)()
    _, gate = judge("better.npy", not_worse("o.npy"), more="defaults: {nan: skip}\n")
    assert (gate["status"], "; 1 row was skipped" in gate["reason"]) == ("pass", True)
    np.save("o.npy", np.full(ROWS, np.nan))
    _, gate = judge("better.npy", not_worse("o.npy"), more="defaults: {nan: skip}\n")
    assert (gate["status"], gate["reason"]) == ("error", "no row counts in both")


@pytest.mark.parametrize("probable", ["mlp", "logistic"])
def test_probabilities_for_logits_are_no_evidence(probable, losscli):
    """On either side, unless the config says that they are none."""
    folder = EXAMPLES / "digits"
    names = {"mlp": "mlp_logits", "logistic": "logistic_logits"}
    names[probable] = f"{probable}_probs"
    gate = f"{{not_worse_than: {{preds: {folder}/{names['logistic']}.npy, margin: 9000%}}}}"
    for allowed, status in (("[]", "error"), ("[looks_like_probabilities]", "pass")):
        Path("c.yaml").write_text(
            f"version: 1\nevals:\n  val: {{preds: {folder}/{names['mlp']}.npy, "
            f"targets: {folder}/labels.npy, losses: [cross_entropy], gates: [{gate}]"
            + (f", allow_note: {allowed}}}\n" if allowed != "[]" else "}\n")
        )
        (judged,) = json.loads(losscli("run", "c.yaml", "--format", "json").out)["gates"]
        assert judged["status"] == status, judged
        assert ("looks_like_probabilities" in judged["reason"]) == (status == "error")


def test_a_gate_that_warns_leaves_the_code_alone(judge):
    """Whatever comes of it; an undecided one counts as the config says."""
    for preds, status in (("far", "warn"), ("near", "undecided"), ("gone", "error")):
        own, other = ("a.npy", "gone.npy") if preds == "gone" else (f"{preds}.npy", "a.npy")
        said, gate = judge(own, not_worse(other, 0, level="warn"))
        assert (said.code, gate["status"]) == (0, status)
    for policy, code in {"fail": 1, "warn": 0, "undecided": 6}.items():
        said, gate = judge("near.npy", not_worse("a.npy", 0), more=f"on_undecided: {policy}\n")
        assert (said.code, gate["status"]) == (code, policy)


def test_a_run_that_failed_is_an_error_of_its_gates(judge):
    """With the reason of the run."""
    said, gate = judge("gone.npy", not_worse("a.npy"))
    assert (said.code, gate["status"]) == (3, "error")
    assert "the run failed" in gate["reason"]


def test_labels_are_found_as_those_of_other_gates(judge, losscli):
    """A bare name where one has it; one that is not there is an error; else the config is wrong."""
    losses = '["tight=smooth_l1:beta=0.5", mae]'
    _, gate = judge("same.npy", not_worse("a.npy", loss="smooth_l1"), losses)
    assert (gate["status"], gate["expr"]) == ("pass", "tight not_worse_than a.npy by 0%")
    said, gate = judge("same.npy", not_worse("a.npy", loss="mea"), losses)
    assert (said.code, gate["reason"]) == (1, "no loss is labelled 'mea': mae, tight")
    Path("c.yaml").write_text(
        "version: 1\nevals: {val: {preds: a.npy, targets: t.npy, losses: [mae]}}\n"
        "gates: [{run: vul, not_worse_than: {preds: far.npy}}]\n"
    )
    assert "unknown run 'vul'" in losscli("run", "c.yaml").out


WRONG = {
    "{not_worse_than: {preds: b.npy}}": "is ambiguous: mae or rmse",
    "{loss: rmse, not_worse_than: {preds: b.npy}}": "rmse is a root of a mean",
    "{loss: mae, not_worse_than: {margin: 1%}}": "names no predictions",
    "{loss: mae, not_worse_than: {preds: b.npy, margin: -1%}}": "is not a finite number >= 0",
    "{loss: mae, not_worse_than: {preds: b.npy, margin: much}}": "is not a finite number >= 0",
    "{loss: mae, not_worse_than: {preds: b.npy, margin: .inf}}": "is not a finite number >= 0",
    "{loss: mae, not_worse_than: {preds: b.npy, margins: 1%}}": "margins",
    "{run: k, not_worse_than: {preds: b.npy}}": "is for evaluations",
}


@pytest.mark.parametrize("gate", WRONG)
def test_what_no_gate_could_mean_is_a_fault_of_the_config(gate, losscli):
    """Found with its line, before any work."""
    run = "" if "run:" in gate else "run: val, "
    Path("c.yaml").write_text(
        "version: 1\nevals: {val: {preds: a.npy, targets: t.npy, losses: [mae, rmse]}}\n"
        "benches: {k: {losses: [mae], impl: [numpy]}}\n"
        f"gates:\n  - {{{run}{gate[1:]}\n"
    )
    said = losscli("run", "c.yaml")
    assert said.code == 2
    assert WRONG[gate] in said.err
    assert "c.yaml:5" in said.err or "line 5" in said.err


def test_a_loss_that_is_none_is_blamed_alone(losscli):
    """And not on the gate that is of it."""
    Path("c.yaml").write_text(
        "version: 1\nevals: {val: {preds: a.npy, targets: t.npy, losses: [mea]}}\n"
        "gates: [{not_worse_than: {preds: far.npy}}]\n"
    )
    said = losscli("run", "c.yaml")
    assert (said.code, "mea" in said.err, "not_worse_than" in said.err) == (2, True, False)


def test_paths_are_beside_the_config_and_may_be_of_the_environment(losscli, monkeypatch):
    """As those of the data."""
    Path("sub").mkdir()
    for name in ("a", "t", "same"):
        Path(f"{name}.npy").rename(f"sub/{name}.npy")
    monkeypatch.setenv("MAIN", "same")
    Path("sub/c.yaml").write_text(
        "version: 1\nevals: {val: {preds: a.npy, targets: t.npy, losses: [mae]}}\n"
        'gates: [{not_worse_than: {preds: "${MAIN}.npy"}}]\n'
    )
    said = losscli("run", "sub/c.yaml")
    assert (said.code, "mae not_worse_than same.npy by 0%" in said.out) == (0, True)


def test_what_is_held_against_is_never_written_over(losscli):
    """By an output of the config, the command line or a step."""
    text = (
        "version: 1\nevals:\n"
        "  val: {preds: a.npy, targets: t.npy, losses: [mae]%s}\n"
        "gates: [{run: val, not_worse_than: {preds: %s}}]\n"
    )
    Path("o.csv").write_text("p\n" + "1\n" * ROWS)
    Path("c.yaml").write_text(text % ("", "o.csv"))
    assert losscli("run", "c.yaml", "-o", "o.csv").code == 2
    Path("c.yaml").write_text(text % (", per_sample: same.npy", "same.npy"))
    before = Path("same.npy").read_bytes()
    said = losscli("run", "c.yaml")
    assert (said.code, "same.npy is an input" in said.err) == (2, True)
    assert Path("same.npy").read_bytes() == before


def test_it_is_in_every_report(judge, losscli):
    """As the run printed it, and read back as it was saved."""
    judge("far.npy", not_worse("a.npy", "1%"))
    expr, words = "mae not_worse_than a.npy by 1%", "all of it beyond 1 %"
    for arguments in (
        ("run", "c.yaml"),
        ("run", "c.yaml", "--format", "junit"),
        ("run", "c.yaml", "--format", "github"),
        ("results", "show", "c"),
    ):
        said = losscli(*arguments)
        assert (expr in said.out, words in said.out) == (True, True), arguments
    marked = losscli("run", "c.yaml", "--format", "markdown").out
    assert ("not_worse_than a.npy by 1%" in marked, words in marked) == (True, True)


def test_faults_in_the_predictions_reach_the_gate(losscli):
    """Those of a self-test; and a dry run says what is missing, without computing."""
    Path("c.yaml").write_text(
        "version: 1\nevals: {val: {preds: better.npy, targets: t.npy, losses: [mae]}}\n"
        "gates: [{not_worse_than: {preds: a.npy, margin: 1%}}]\n"
    )
    said = losscli("run", "c.yaml", "--self-test", "--format", "json")
    (gate,) = json.loads(said.out)["gates"]
    tripped = {name for name, status in gate["faults"].items() if status != "pass"}
    assert (said.code, gate["sound"], gate["vacuous"]) == (0, "pass", False)
    assert {"predictions shuffled", "half of the rows gone"} <= tripped
    Path("a.npy").unlink()
    said = losscli("run", "c.yaml", "--dry-run")
    assert (said.code, "there is no file a.npy" in said.out) == (1, True)
