"""Gates pass on evidence, and on nothing else."""

import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import strategies as st

from losscli import UsageError, evaluate
from losscli.cli.app import run
from losscli.gates import (
    GateResult,
    gate_of,
    parse_bound,
)

PREDS, TARGETS = [1.0, 2.0, 3.0, 6.0], [0.0, 0.0, 0.0, 0.0]  # mae 3, mse 12.5


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def states(*gates, loss=("mae", "mse", "rmse"), preds=PREDS, targets=TARGETS, **flags):
    """The statuses of gates on an evaluation, and its exit code."""
    result = evaluate(preds, targets, loss=list(loss), gate=list(gates), **flags)
    return [gate.status for gate in result.gates], result.exit_code


HOLD = [
    "mae <= 3", "mae >= 3", "mae < 3.1", "mae > 2.9", "mae<=3", "mae.mean <= 3", "mae.sum <= 12",
    "mae.min >= 1", "mae.max <= 6", "mse.rmse <= 3.6", "rmse <= 3.6", "rmse >= 3.5",
    "rmse.mean >= 12", "mae.stderr > 0", "mae.ci_low < 3", "mae.ci_high > 3", "rows >= 4",
    "skipped <= 0", "ignored < 1", "mae <= 1e300",
]  # fmt: skip


@pytest.mark.parametrize("gate", HOLD)
def test_a_gate_that_holds_passes(gate):
    """Every statistic, operator and count."""
    assert states(gate) == (["pass"], 0)


FALL = ["mae <= 2.999", "mae < 3", "mae > 3", "mse.ci_high <= 12.5", "rmse <= 3.5", "rows > 4"]


@pytest.mark.parametrize("gate", FALL)
def test_a_gate_that_does_not_hold_fails(gate):
    """With exit code 1, whatever else passes."""
    assert states("rows >= 1", gate) == (["pass", "fail"], 1)


NAN, INF = math.nan, math.inf


CLOSED = {
    "a loss that is not there": ("huber <= 1e9", {}),
    "a slip in the label": ("mea <= 1e9", {}),
    "a statistic that the loss lacks": ("mae.rmse <= 1e9", {}),
    "a statistic of a count": ("rows.mean >= 0", {}),
    "nan": ("mae <= 1e9", {"preds": [1.0, NAN, 1.0, 1.0], "nan": "propagate"}),
    "nan from below": ("mae >= -1e9", {"preds": [1.0, NAN, 1.0, 1.0], "nan": "propagate"}),
    "an infinity": (
        "mae <= 1e9",
        {"preds": [1.0, INF, 1.0, 1.0], "nan": "propagate"},
    ),
    "no interval of one row": ("mae.ci_high <= 1e9", {"preds": [1.0], "targets": [0.0]}),
    "no standard error of one row": ("mae.stderr <= 1e9", {"preds": [1.0], "targets": [0.0]}),
    "every row of no weight": ("mae <= 1e9", {"weights": [0.0, 0.0, 0.0, 0.0]}),
    "every row skipped": (
        "mae <= 1e9",
        {"preds": [NAN, NAN], "targets": [0.0, 0.0], "nan": "skip"},
    ),
    "every label ignored": (
        "cross_entropy <= 1e9",
        {
            "loss": ("cross_entropy",),
            "preds": [[1.0, 2.0]] * 3,
            "targets": [-100, -100, -100],
        },
    ),
    "probabilities for logits": (
        "cross_entropy <= 1e9",
        {"loss": ("cross_entropy",), "preds": [[0.25, 0.75]] * 3, "targets": [1, 1, 1]},
    ),
}


@pytest.mark.parametrize("case", CLOSED)
def test_what_cannot_be_judged_is_an_error(case):
    """Fail closed: an error has its reason, and is exit code 1."""
    gate, flags = CLOSED[case]
    given = {"preds": PREDS, "targets": TARGETS, "loss": ("mae", "mse"), **flags}
    preds, targets, loss = (given.pop(name) for name in ("preds", "targets", "loss"))
    result = evaluate(preds, targets, loss=list(loss), gate=gate, **given)
    (judged,) = result.gates
    assert judged.status == "error"
    assert judged.reason
    assert result.exit_code == 1
    assert json.loads(result.to_json())["gates"][0]["status"] == "error"


def test_a_note_that_is_allowed_spoils_no_gate():
    """Who says that they are logits is believed."""
    flags = {"loss": "cross_entropy", "gate": "cross_entropy <= 9"}
    logits, labels = [[0.25, 0.75]] * 3, [1, 1, 1]
    assert evaluate(logits, labels, **flags).exit_code == 1
    allowed = evaluate(logits, labels, allow_note="looks_like_probabilities", **flags)
    assert (allowed.exit_code, allowed.gates[0].status) == (0, "pass")


def test_a_bare_name_is_the_only_label_of_that_loss():
    """Where several labels have it, it is refused with them."""
    assert states("smooth_l1 <= 9", loss=["tight=smooth_l1:beta=0.5"]) == (["pass"], 0)
    with pytest.raises(UsageError, match="could mean a or b"):
        states("smooth_l1 <= 9", loss=["a=smooth_l1", "b=smooth_l1:beta=2"])


NO_GATES = {
    "no comparison": ("mse", "has no comparison"),
    "no limit": ("mse <=", "is not a finite number"),
    "no number": ("mse <= small", "is not a finite number"),
    "nan": ("mse <= nan", "is not a finite number"),
    "no loss": ("<= 3", "names no loss"),
    "no groups": ("mse[] <= 3", "is not \\[KEY=VALUE"),
    "a group without a value": ("mse[region=] <= 3", "is not \\[KEY=VALUE"),
    "a key twice": ("mse[a=1,a=2] <= 3", "is not \\[KEY=VALUE"),
    "a comma at the end": ("mse[a=1,] <= 3", "is not \\[KEY=VALUE"),
    "a statistic that is none": ("mse[a=1].p99 <= 3", "is not a statistic"),
    "an arrow": ("mse => 3", "has no comparison"),
    "an infinite limit": ("mae <= inf", "not a finite number"),
    "an infinite limit from below": ("mae >= -inf", "not a finite number"),
    "a limit beyond float64": ("mae <= 1e400", "beyond float64"),
    "a limit far beyond float64": (f"mae >= -{'9' * 5000}", "beyond float64"),
    "a percentage beyond float64": ("mae <= 1e400%", "beyond float64"),
    "an infinite factor": ("mae <= baseline * 1e400", "beyond float64"),
    "an infinite offset": ("mae <= baseline + inf", "not a finite number"),
    "Python's underscores": ("mae <= 1_0", "not a finite number"),
    "other scripts' digits": ("mae <= ١", "not a finite number"),
    "a space before the statistic": ("mse .value <= 1", "space before the statistic"),
}


@pytest.mark.parametrize("case", NO_GATES)
def test_what_is_no_gate_is_refused_before_any_work(case):
    """Exit code 2: nothing is read."""
    text, words = NO_GATES[case]
    with pytest.raises(UsageError, match=words):
        evaluate("nowhere.npy", "nowhere.npy", loss="mse", gate=text)


@pytest.mark.parametrize(
    "text", ["mse", "=3", "mse=", "mse=x", "mse=inf", "mse=-inf", "mse=nan", "mse=1e400", "mse=1_0"]
)
def test_max_and_min_take_a_label_and_a_number(text):
    """Split at the last `=`, as a label may hold one."""
    for flag in ("max", "min"):
        with pytest.raises(UsageError) as error:
            evaluate("nowhere.npy", "nowhere.npy", loss="mse", **{flag: text})
        assert repr(text) in error.value.message
    assert parse_bound("smooth_l1:beta=0.5=3", "<=")[:4] == (
        "smooth_l1:beta=0.5",
        "value",
        "<=",
        3.0,
    )


labels = st.sampled_from(
    ["mae", "smooth_l1:beta=0.5", "v1.2", "v1.max", "fit_2", "mse + 0.01*mae", "rows", "skipped"]
)


def saved(name="main.json", preds=PREDS, targets=TARGETS, **flags):
    """A saved evaluation of the same targets."""
    given = {"loss": ["mae", "mse", "rmse"], **flags}
    evaluate(preds, targets, output=[name], **given)
    return name


RELATIVE = {
    "mae <= baseline": "pass",
    "mae < baseline": "fail",
    "mae <= baseline * 1.02": "pass",
    "mae <= baseline * 0.98": "fail",
    "mae <= baseline + 0.1": "pass",
    "mae <= baseline - 0.1": "fail",
    "mae >= baseline * 0.5 + 1.5": "pass",
    "mae <= baseline*1e0+1e-9": "pass",
    "mse.ci_high <= baseline": "fail",
    "mse.ci_high <= baseline.ci_high": "pass",
    "mae.max <= baseline": "pass",
    "rmse <= baseline": "pass",
    "rmse <= baseline.mean - 8": "pass",
    "rows >= baseline": "pass",
    "rows > baseline": "fail",
}


@pytest.mark.parametrize("gate", RELATIVE)
def test_a_limit_may_be_a_saved_number(gate):
    """The same statistic of the saved result, its mean where the left is an end of the interval."""
    assert states(gate, baseline=saved())[0] == [RELATIVE[gate]]


NO_BASELINE = {
    "none was named": ({}, "no --baseline"),
    "no file": ({"baseline": "nowhere.json"}, "cannot be read"),
    "no result": ({"baseline": "junk.json"}, "cannot be read"),
    "another kind": ({"baseline": "bench.json"}, "is not an evaluation"),
    "other targets": ({"baseline": "targets.json"}, "other data: the targets differ"),
    "other weights": ({"baseline": "weights.json"}, "made with weights"),
    "no such loss": ({"baseline": "short.json"}, "has no 'mae'"),
    "nan": ({"baseline": "nan.json"}, "not a finite number"),
    "no digest": ({"baseline": "old.json"}, "does not say what its targets were"),
}


@pytest.mark.parametrize("case", NO_BASELINE)
def test_a_baseline_that_is_none_is_an_error(case):
    """Whatever is wrong with it, nothing passes."""
    Path("junk.json").write_text('{"mae": 3}')
    Path("bench.json").write_text('{"schema": "losscli/bench/1", "rows": [], "environment": {}}')
    saved("targets.json", targets=[0.0, 0.0, 0.0, 1.0])
    saved("weights.json", weights=[1.0, 1.0, 1.0, 1.0])
    saved("short.json", loss="mse")
    saved("nan.json", preds=[math.nan, 1.0, 1.0, 1.0], nan="propagate")
    document = json.loads(Path(saved("old.json")).read_text())
    for part in document["inputs"]:
        part["digest"] = None
    Path("old.json").write_text(json.dumps(document))
    flags, words = NO_BASELINE[case]
    result = evaluate(PREDS, TARGETS, loss="mae", gate="mae <= baseline * 1000 + 1e9", **flags)
    assert (result.gates[0].status, result.exit_code) == ("error", 1)
    assert words in result.gates[0].reason


def test_a_factor_of_a_baseline_that_is_not_positive_says_nothing():
    """Twice nothing is nothing; an offset says what is meant."""
    flags = {"baseline": saved(preds=TARGETS)}
    assert states("mae <= baseline * 2", preds=TARGETS, **flags)[0] == ["error"]
    assert states("mae <= baseline + 1", preds=TARGETS, **flags)[0] == ["pass"]


@pytest.mark.parametrize("text", ["mae <= 1", "mae not_worse_than b.npy by 1%", "mae <= inf"])
def test_saved_results_of_gates_read_back(text):
    """Also a gate that was allowed once and is not any more: as it was judged."""
    saved = {
        "run": "val", "expr": text, "level": "warn", "value": 2, "limit": None,
        "status": "error", "reason": "why",
    }  # fmt: skip
    found = msgspec.convert(saved | {"value": 2.0}, GateResult, dec_hook=lambda _, value: value)
    assert found.to_dict() == saved
    assert found.stderr is None
    gate = gate_of(found)
    assert gate is None or gate.expr == text


@pytest.mark.parametrize("text", ["mae <= baseline *", "mae <= baseline ** 2", "mae <= baselines"])
def test_what_is_no_limit_is_refused(text):
    """With the two forms."""
    with pytest.raises(UsageError):
        evaluate(PREDS, TARGETS, loss="mae", gate=text)
    with pytest.raises(UsageError, match="unknown statistic 'typo'"):
        evaluate(PREDS, TARGETS, loss="mae", gate="mae <= baseline.typo")


def losscli(capsys, *arguments):
    """What a run of the program printed, and its exit code."""
    np.save("p.npy", PREDS)
    np.save("t.npy", TARGETS)
    code = run(["eval", "p.npy", "t.npy", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_table_says_what_failed_and_by_how_much(capsys):
    """Loud where it is not pass; the last line names the exit code."""
    gates = ["--max", "mae=2.9", "--gate", "rows >= 4", "--min", "mse=1"]
    code, out, _ = losscli(capsys, "-l", "mae,mse", *gates)
    assert code == 1
    lines = out.splitlines()
    passed = next(line for line in lines if line.startswith("  pass"))
    assert passed.split() == ["pass", "rows", ">=", "4", "4"]
    fail = next(line for line in lines if line.startswith("  FAIL"))
    words = "FAIL mae <= 2.9 3.00000, over by 0.1 (3.4 %, a tenth of a standard error)"
    assert fail.split() == words.split()
    assert lines[-1] == "  1 gate failed, 2 passed; exit code 1"


def test_quiet_says_only_what_is_not_pass(capsys):
    """On stderr; nothing where all hold."""
    code, out, err = losscli(capsys, "-l", "mae", "-q", "--max", "mae=1", "--gate", "rows >= 1")
    assert (code, out) == (1, "")
    assert err.startswith("FAIL: mae <= 1  3.00000, over by 2")
    assert len(err.splitlines()) == 1
    assert losscli(capsys, "-l", "mae", "-q", "--max", "mae=9") == (0, "", "")


def test_documents_hold_the_gates(capsys):
    """JSON by its fields, Markdown as a table; written for exit code 1 too."""
    flags = ["--max", "mae=1", "-o", "r.json", "-o", "r.md"]
    code, _, _ = losscli(capsys, "-l", "mae", *flags)
    assert code == 1
    document = json.loads(Path("r.json").read_text())
    assert (document["status"], document["exit_code"]) == ("fail", 1)
    assert document["gates"] == [
        {
            "run": None,
            "expr": "mae <= 1",
            "level": "fail",
            "value": 3.0,
            "limit": 1.0,
            "status": "fail",
            "reason": "over by 2 (200 %, 1.9 standard errors)",
        }
    ]
    assert "| FAIL | mae &lt;= 1 |" in Path("r.md").read_text()
