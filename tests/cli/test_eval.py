"""`losscli eval` as a user meets it: right numbers, in every format, where they belong."""

import csv
import json
import math
from fractions import Fraction
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from losscli import evaluate

EXAMPLES = Path(__file__).parents[2] / "examples"
RIDGE, TARGETS = EXAMPLES / "diabetes/ridge.npy", EXAMPLES / "diabetes/targets.npy"


def exact(values):
    """The sum as a rational number."""
    return sum(map(Fraction, map(float, values)), Fraction())


def errors():
    return np.load(RIDGE) - np.load(TARGETS)


def smooth(error, beta):
    size = np.abs(error)
    return np.where(size < beta, size * size / (2 * beta), size - beta / 2)


LOSSES = {
    "mae": np.abs(errors()),
    "mse": errors() ** 2,
    "smooth_l1:beta=10": smooth(errors(), 10),
}


# --- the table


def test_the_table_shows_numpys_numbers(losscli):
    """Each of mean, interval, least, largest and its row, to the digits that are printed."""
    said = losscli("eval", RIDGE, TARGETS, "-l", "mae", "-l", "mse", "-l", "smooth_l1:beta=10")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].split() == ["loss", "mean", "95", "%", "interval", "min", "max", "at", "row"]
    shown = {line.split()[0]: line.replace("[", "").replace("]", "").split() for line in lines[1:5]}
    assert list(shown) == ["mae", "mse", "rmse", "smooth_l1:beta=10"]
    for label, losses in LOSSES.items():
        _, mean, low, high, least, largest, row = shown[label]
        half = stats.t.ppf(0.975, len(losses) - 1) * stats.sem(losses)
        assert float(mean) == pytest.approx(losses.mean(), rel=5e-6)
        assert float(low.rstrip(",")) == pytest.approx(losses.mean() - half, rel=2e-4)
        assert float(high) == pytest.approx(losses.mean() + half, rel=2e-4)
        assert float(least) == pytest.approx(losses.min(), rel=5e-3)
        assert float(largest) == pytest.approx(losses.max(), rel=5e-6)
        assert int(row) == losses.argmax()
    assert float(shown["rmse"][1]) == pytest.approx(math.sqrt(LOSSES["mse"].mean()), rel=5e-6)


def test_the_footer_says_how_many_rows_count_and_what_was_read(losscli):
    """Skipped and ignored rows must not hide, and an all-clear is said too."""
    lines = losscli("eval", RIDGE, TARGETS, "-l", "mae").out.splitlines()
    words = "442 of 442 rows · ridge.npy float64 (442,) · targets.npy float64 (442,)"
    assert lines[-2].strip() == words
    assert lines[-1].strip().startswith("numpy on cpu in float64, exact sums · ")


def test_ignored_and_skipped_rows_are_in_the_footer(losscli, array):
    """`2 of 5 rows; 2 ignored, 1 skipped`."""
    logits = array(np.array([[0.0, 1], [1, 0], [0, 0], [math.nan, 0], [1, 1]]), "z.npy")
    labels = array(np.array([0, 1, -100, 1, -100]), "y.npy")
    said = losscli("eval", logits, labels, "-l", "cross_entropy", "--nan", "skip")
    assert "2 of 5 rows; 2 ignored, 1 skipped" in said.out


def test_one_table_holds_both(losscli):
    """The same numbers as from the two arrays."""
    name = EXAMPLES / "diabetes/table.csv"
    said = losscli("eval", name, "--pred", "ridge", "--target", "y", "-l", "mae", "--format", "csv")
    assert said.code == 0
    arrays = losscli("eval", RIDGE, TARGETS, "-l", "mae", "--format", "csv")
    assert said.out == arrays.out


def test_a_matrix_of_a_table_is_named_column_by_column(result):
    """--pred z0,z1,… in any order of the table."""
    columns = ",".join(f"z{k}" for k in range(10))
    document = result(
        EXAMPLES / "digits/logistic_logits.csv",
        EXAMPLES / "digits/labels.csv",
        "--pred", columns, "--target", "label", "-l", "cross_entropy",
    )  # fmt: skip
    logits = np.loadtxt(
        EXAMPLES / "digits/logistic_logits.csv", delimiter=",", skiprows=1, usecols=range(2, 12)
    )
    labels = np.load(EXAMPLES / "digits/labels.npy")
    top = logits.max(axis=1)
    truth = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    truth -= logits[np.arange(len(labels)), labels]
    assert document["losses"][0]["value"] == pytest.approx(truth.mean(), rel=1e-14)
    assert document["inputs"][0]["columns"] == columns.split(",")
    assert document["inputs"][0]["shape"] == [1797, 10]


# --- JSON

LOSS_FIELDS = {
    "label": str, "loss": str, "params": dict, "reduction": str, "value": float, "rows": int,
    "n": int, "skipped": int, "ignored": int, "weight_sum": float, "sum": float, "stderr": float,
    "ci": list, "ci_level": float, "min": float, "max": float, "max_row": int,
}  # fmt: skip
DOCUMENT_FIELDS = {
    "schema": str, "losses": list, "groups": list, "gates": list, "notes": list, "inputs": list,
    "backend": str, "device": str, "dtype": str, "engine": str, "threads": int, "timing": dict,
    "environment": dict, "losscli": str, "status": str, "exit_code": int,
}  # fmt: skip
INPUT_FIELDS = {
    "role": str, "path": str, "format": str, "shape": list, "dtype": str, "digest": str,
}  # fmt: skip


def types(record, fields):
    """The types of the fields that the contract names."""
    return {name: type(record.get(name)) for name in fields}


def test_the_json_has_the_fields_of_the_contract(result):
    """Every name and type; more may be added."""
    document = result(RIDGE, TARGETS, "-l", "smooth_l1:beta=10", "-l", "mse")
    assert types(document, DOCUMENT_FIELDS) == DOCUMENT_FIELDS
    for loss in document["losses"]:
        assert types(loss, LOSS_FIELDS) == LOSS_FIELDS
    for part in document["inputs"]:
        assert types(part, INPUT_FIELDS) == INPUT_FIELDS
    assert types(document["timing"], ["wall_s", "bytes"]) == {"wall_s": float, "bytes": int}
    assert document["schema"] == "losscli/eval/1"
    assert (document["status"], document["exit_code"]) == ("pass", 0)
    assert (document["backend"], document["device"], document["dtype"]) == (
        "numpy", "cpu", "float64",
    )  # fmt: skip
    assert document["timing"]["bytes"] == RIDGE.stat().st_size + TARGETS.stat().st_size
    assert [part["role"] for part in document["inputs"]] == ["preds", "targets"]
    assert document["inputs"][0] | {"digest": None} == {
        "role": "preds", "path": str(RIDGE), "format": "npy", "shape": [442], "dtype": "float64",
        "digest": None,
    }  # fmt: skip


def test_the_json_is_the_document_of_the_python_result(result):
    """One evaluation, one document, whichever door it came through."""
    document = result(RIDGE, TARGETS, "-l", "mae,mse,rmse,tight=smooth_l1:beta=0.5")
    library = evaluate(RIDGE, TARGETS, loss="mae,mse,rmse,tight=smooth_l1:beta=0.5").to_dict()
    assert document["losses"] == library["losses"]


@pytest.mark.parametrize("label", LOSSES)
def test_means_and_sums_are_correctly_rounded_and_read_back_to_the_same_bits(result, label):
    """The rational sum of NumPy's losses, rounded once."""
    loss = result(RIDGE, TARGETS, "-l", label)["losses"][0]
    total = exact(LOSSES[label])
    assert loss["sum"] == float(total)
    assert loss["value"] == float(total / 442)
    assert (loss["weight_sum"], loss["rows"], loss["n"]) == (442.0, 442, 442)
    assert (loss["min"], loss["max"]) == (LOSSES[label].min(), LOSSES[label].max())


def test_labels_names_and_parameters_are_told_apart(result):
    """`label` as typed or given, `loss` the canonical name, `params` with their defaults."""
    losses = result(RIDGE, TARGETS, "-l", "l1", "-l", "tight=smooth_l1:beta=0.5,rmse")["losses"]
    assert [loss["label"] for loss in losses] == ["l1", "tight", "rmse"]
    assert [loss["loss"] for loss in losses] == ["mae", "smooth_l1", "mse"]
    assert [loss["params"] for loss in losses] == [{}, {"beta": 0.5}, {}]


def test_rmse_is_mse_with_its_root_as_the_value(result):
    """And mse carries rmse beside it."""
    root, mean = result(RIDGE, TARGETS, "-l", "rmse,mse")["losses"]
    assert root["value"] == mean["rmse"] == math.sqrt(mean["value"])
    assert root["ci"] == [math.sqrt(end) for end in mean["ci"]]


def test_rows_are_counted_once_each(result, array):
    """`rows = n + skipped + ignored`."""
    logits = array(np.array([[0.0, 1], [1, 0], [0, 0], [math.nan, 0], [1, 1]]), "z.npy")
    labels = array(np.array([0, 1, -100, 1, -100]), "y.npy")
    loss = result(logits, labels, "-l", "cross_entropy", "--nan", "skip")["losses"][0]
    assert (loss["rows"], loss["n"], loss["skipped"], loss["ignored"]) == (5, 2, 1, 2)
    assert loss["weight_sum"] == 2.0


def test_nan_and_infinities_are_strings(losscli, array):
    """JSON has no such numbers, and a bare NaN would stop a reader."""
    preds = array(np.array([math.nan, 1.0]), "p.npy")
    zeros = array(np.zeros(2), "t.npy")
    said = losscli("eval", preds, zeros, "-l", "mae", "--nan", "propagate", "--format", "json")
    assert '"value": "nan"' in said.out
    wrong = array(np.array([-math.inf, math.inf]), "z.npy")
    ones = array(np.ones(2), "y.npy")
    said = losscli("eval", wrong, ones, "-l", "bce_with_logits", "--format", "json")
    loss = json.loads(said.out)["losses"][0]
    assert (loss["value"], loss["sum"], loss["max"], loss["max_row"]) == ("inf", "inf", "inf", 0)
    assert (loss["stderr"], loss["ci"], loss["min"]) == (None, None, 0.0)


def test_one_row_has_no_error_bar(result, array):
    """A standard error of one row is null, in the table a dash."""
    loss = result(array(np.ones(1), "p.npy"), array(np.zeros(1), "t.npy"), "-l", "mae")["losses"][0]
    assert (loss["value"], loss["stderr"], loss["ci"]) == (1.0, None, None)


def test_text_files_have_a_line_beside_the_row(result, table):
    """Rows count from 0, lines from 1."""
    name = table("p,t\n1,1\n5,1\n2,1\n")
    loss = result(name, "--pred", "p", "--target", "t", "-l", "mae")["losses"][0]
    assert (loss["max_row"], loss["max_line"]) == (1, 3)


FAULTS = {
    2: (["p.npy", "t.npy", "-l", "mes"], {"path": None, "row": None, "line": None, "count": None}),
    3: (
        ["bad.csv", "t.npy", "-l", "bce"],
        {"path": "bad.csv", "row": 1, "line": 3, "column": "x", "count": 2},
    ),
    4: (
        ["p.npy", "t.npy", "-l", "mse", "--backend", "torch", "--device", "cuda:77"],
        {"row": None, "line": None, "count": None},
    ),
}


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("flags", [["--format", "json"], ["--format=json"]], ids="".join)
def test_under_json_an_error_is_a_document_on_stdout(losscli, pair, table, code, flags):
    """losscli/error/1, and the same message on stderr."""
    table("x\n0.5\n1.5\n-1\n", "bad.csv")
    arguments, fields = FAULTS[code]
    said = losscli("eval", *arguments, *flags)
    assert said.code == code
    document = json.loads(said.out)
    assert (document["schema"], document["code"]) == ("losscli/error/1", code)
    assert said.error[0] == f"error: {document['message']}"
    assert said.error[-1] == f"  {document['hint']}"
    assert {name: document[name] for name in fields} == fields
    assert set(document) >= {"code", "message", "path", "row", "line", "count", "hint"}


# --- the other formats


def test_csv_has_full_precision(losscli):
    """One line a loss, numbers that read back to the same bits, an empty cell for none."""
    said = losscli("eval", RIDGE, TARGETS, "-l", "mae,mse", "--format", "csv")
    first, second = csv.DictReader(StringIO(said.out))
    assert "\r" not in said.out
    assert (first["label"], second["label"]) == ("mae", "mse")
    assert float(first["value"]) == float(exact(LOSSES["mae"]) / 442)
    assert (first["n"], first["max_row"]) == ("442", str(LOSSES["mae"].argmax()))
    assert first["rmse"] == ""
    assert float(second["rmse"]) == math.sqrt(float(second["value"]))


def test_markdown_is_a_table(losscli):
    """With as many cells in each row, and nothing that a name could break."""
    said = losscli("eval", RIDGE, TARGETS, "-l", "a|b=mae,mse", "--format", "markdown")
    lines = said.out.splitlines()
    assert lines[0].startswith("| loss | mean | 95 % interval |")
    assert lines[2].startswith(f"| a\\|b | {LOSSES['mae'].mean():.6g} | [")
    assert {line.replace("\\|", "").count("|") for line in lines[:5]} == {7}
    assert "442 of 442 rows" in said.out


def test_every_output_is_written_in_the_format_of_its_suffix(losscli, pair):
    """Several at once, beside what is printed."""
    said = losscli(
        "eval",
        *pair,
        "-l",
        "mae",
        "-o",
        "a.json",
        "--output",
        "b.csv",
        "-o",
        "c.md",
        "-o",
        "D.JSON",
    )
    assert said.code == 0
    assert said.out.startswith("  loss")
    printed = losscli("eval", *pair, "-l", "mae", "--format", "csv").out
    assert Path("b.csv").read_text() == printed
    for name in ("a.json", "D.JSON"):
        assert json.loads(Path(name).read_text())["losses"][0]["value"] == 2.5 / 3
    assert Path("c.md").read_text().startswith("| loss |")
    assert {path.name for path in Path().iterdir()} == {
        *pair, "a.json", "b.csv", "c.md", "D.JSON",
    }  # fmt: skip


def test_an_output_replaces_the_target_of_a_link(losscli, pair):
    """The link stays one."""
    Path("real.json").write_text("old")
    Path("link.json").symlink_to("real.json")
    losscli("eval", *pair, "-l", "mae", "-o", "link.json")
    assert Path("link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["exit_code"] == 0


def test_outputs_hold_the_error_where_the_data_are_wrong(losscli, pair):
    """A CI step that collects the files finds out why there is no result."""
    Path("r.json").write_text("the last good result")
    said = losscli(
        "eval", "missing.npy", "t.npy", "-l", "mae", "-o", "r.json", "-o", "r.csv", "-o", "r.md"
    )
    assert said.code == 3
    document = json.loads(Path("r.json").read_text())
    assert (document["schema"], document["code"]) == ("losscli/error/1", 3)
    assert document["message"] == "there is no file missing.npy"
    (record,) = csv.DictReader(StringIO(Path("r.csv").read_text()))
    assert (record["code"], record["message"]) == ("3", "there is no file missing.npy")
    assert "there is no file missing.npy" in Path("r.md").read_text()


def test_outputs_stay_as_they_were_where_the_command_is_wrong(losscli, pair):
    """Exit code 2 comes before any work, and before any writing."""
    Path("r.json").write_text("the last good result")
    assert losscli("eval", *pair, "-l", "mes", "-o", "r.json").code == 2
    assert Path("r.json").read_text() == "the last good result"


# --- statistics


def test_a_sum_is_the_exact_sum(result):
    """`value` is what the reduction asks for; the standard error stays that of the mean."""
    loss = result(RIDGE, TARGETS, "-l", "mae", "--reduction", "sum")["losses"][0]
    mean = result(RIDGE, TARGETS, "-l", "mae")["losses"][0]
    assert loss["value"] == loss["sum"] == float(exact(LOSSES["mae"]))
    assert (loss["stderr"], loss["ci"]) == (mean["stderr"], mean["ci"])


def test_a_row_of_outputs_is_their_mean(result, array):
    """Torch's sum over N x D is D times as large, and a note says so."""
    generator = np.random.default_rng(0)
    preds, targets = generator.standard_normal((2, 20, 4))
    names = array(preds, "p.npy"), array(targets, "t.npy")
    document = result(*names, "-l", "mse", "--reduction", "sum")
    truth = ((preds - targets) ** 2).mean(axis=1).sum()
    assert document["losses"][0]["value"] == pytest.approx(truth, rel=1e-15)
    assert "row_is_mean_of_outputs" in [note["code"] for note in document["notes"]]


def test_weights_weigh_rows(result, pair, array):
    """Σ w·L / Σ w, and a weight of 0 leaves a row out."""
    weights = array(np.array([0.0, 0.1, 0.3]), "w.npy")
    document = result(*pair, "-l", "mae", "--weights", weights)
    loss = document["losses"][0]
    total, scale = exact([0.1 * 0.5, 0.3 * 2.0]), exact([0.1, 0.3])
    assert loss["value"] == float(total / scale)
    assert (loss["sum"], loss["weight_sum"]) == (float(total), float(scale))
    assert (loss["rows"], loss["n"], loss["ignored"]) == (3, 2, 1)
    assert [part["role"] for part in document["inputs"]] == ["preds", "targets", "weights"]


@pytest.mark.parametrize("level", ["0.9", "90%", "90 %"])
def test_the_level_of_the_interval_may_be_a_percentage(losscli, level):
    """And the interval is Student's."""
    said = losscli("eval", RIDGE, TARGETS, "-l", "mae", "--ci", level, "--format", "json")
    loss = json.loads(said.out)["losses"][0]
    half = stats.t.ppf(0.95, 441) * stats.sem(LOSSES["mae"])
    mean = LOSSES["mae"].mean()
    assert loss["ci_level"] == 0.9
    assert loss["ci"] == pytest.approx([mean - half, mean + half], rel=1e-9)
    assert loss["stderr"] == pytest.approx(stats.sem(LOSSES["mae"]), rel=1e-12)
    assert "90 % interval" in losscli("eval", RIDGE, TARGETS, "-l", "mae", "--ci", level).out


# --- streams


def test_notes_go_to_stderr_and_into_the_document(losscli):
    """Probabilities under a loss that takes logits give a number that looks right and is wrong."""
    names = EXAMPLES / "digits/logistic_probs.npy", EXAMPLES / "digits/labels.npy"
    said = losscli("eval", *names, "-l", "cross_entropy", "--format", "json")
    assert said.code == 0
    first, second = said.err.splitlines()
    assert first.startswith("note: every row of ")
    assert "probabilities?" in first
    assert second.startswith("  cross_entropy takes logits")
    (note,) = json.loads(said.out)["notes"]
    assert note["code"] == "looks_like_probabilities"
    assert first == f"note: {note['message']}"


def test_logits_are_not_taken_for_probabilities(losscli):
    """No note where there is nothing to note."""
    names = EXAMPLES / "digits/logistic_logits.npy", EXAMPLES / "digits/labels.npy"
    assert losscli("eval", *names, "-l", "cross_entropy").err == ""


def test_quiet_prints_no_table_and_keeps_notes_and_errors(losscli, pair, array):
    """Files are written as ever."""
    column = array(np.array([[1.0], [2.0], [3.0]]), "column.npy")
    said = losscli("eval", column, "t.npy", "-l", "mae", "--quiet", "-o", "r.json")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("note: column.npy is (N, 1)")
    assert json.loads(Path("r.json").read_text())["losses"][0]["value"] == 2.5 / 3
    said = losscli("eval", "missing.npy", "t.npy", "-l", "mae", "-q")
    assert said.code == 3
    assert said.error


def test_results_and_messages_do_not_mix(process, pair):
    """Stdout is the result and nothing else; stderr is empty where there is nothing to say."""
    said = process("eval", *pair, "-l", "mae", "--format", "json")
    assert said.err == ""
    assert json.loads(said.out)["losses"][0]["value"] == 2.5 / 3
    said = process("eval", "missing.npy", "t.npy", "-l", "mae")
    assert said.out == ""
    assert said.error


def test_the_torch_backend_and_single_precision_are_said(result):
    """Where and how it was computed stands beside the number."""
    wide = result(RIDGE, TARGETS, "-l", "mse", "--backend", "torch")
    assert (wide["backend"], wide["dtype"], wide["notes"]) == ("torch", "float64", [])
    assert wide["losses"][0]["value"] == pytest.approx(LOSSES["mse"].mean(), rel=1e-15)
    fast = result(RIDGE, TARGETS, "-l", "mse", "--dtype", "float32")
    assert fast["dtype"] == "float32"
    assert [note["code"] for note in fast["notes"]] == ["single_precision"]
    assert fast["losses"][0]["value"] == pytest.approx(LOSSES["mse"].mean(), rel=1e-6)


def test_a_corrected_interval_is_said(result, losscli):
    """In JSON, and over the column of the table."""
    plain, found = (
        result(RIDGE, TARGETS, "-l", "mse", *flags)["losses"][0]
        for flags in ((), ("--interval", "hall"))
    )
    assert found["ci_method"] == "hall"
    assert "ci_method" not in plain
    assert found["ci"][1] > plain["ci"][1]
    said = losscli("eval", RIDGE, TARGETS, "-l", "mse", "--interval", "hall")
    assert "95 % Hall interval" in said.out
