"""`losscli compare`: models from files, names and columns; exit codes and formats."""

import json
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "diabetes"
TABLE = str(EXAMPLES / "table.csv")
FILES = [str(EXAMPLES / name) for name in ("ridge.npy", "forest.npy", "targets.npy")]


def document(losscli, *words):
    """The JSON of a comparison."""
    said = losscli("compare", *words, "--format", "json")
    assert said.out, said.err
    found = json.loads(said.out)
    assert found["exit_code"] == said.code
    return found


def test_files_and_columns_give_the_same_numbers(losscli):
    """By position, and by id where the rows of the other table stand in another order."""
    table = Path(TABLE).read_text().splitlines()
    Path("mixed.csv").write_text("\n".join([table[0], *reversed(table[1:])]) + "\n")
    own = ["--target", "y", "-l", "mae", "-l", "mse"]
    columns = document(losscli, TABLE, "--pred", "ridge", "--pred", "forest", *own)
    by_id = document(
        losscli, TABLE, "mixed.csv", "--pred", "ridge", "--pred", "forest", *own, "--id", "id"
    )
    assert columns["losses"] == by_id["losses"]
    assert [model["name"] for model in columns["models"]] == ["ridge", "forest"]
    assert all(part["digest"] for part in columns["inputs"])
    files = document(losscli, *FILES, "-l", "mae", "-l", "mse")
    assert [model["name"] for model in files["models"]] == ["ridge", "forest"]
    for ours, theirs in zip(files["losses"], columns["losses"], strict=True):
        assert ours["pairs"][0]["p"] == pytest.approx(theirs["pairs"][0]["p"], rel=1e-6)


def test_tables_of_models_are_joined_by_id(losscli):
    """Each in an order of its own."""
    random = np.random.default_rng(0)
    truth = random.normal(size=50)
    preds = {name: truth + random.normal(0, 0.5, 50) for name in "ab"}
    for name, values in {**preds, "truth": truth}.items():
        order = random.permutation(50)
        lines = [f"k{row},{float(values[row])!r}" for row in order]
        Path(f"{name}.csv").write_text("\n".join(["key,value", *lines]) + "\n")
    found = document(losscli, "a.csv", "new=b.csv", "truth.csv", "--id", "key", "-l", "mae")
    (pair,) = found["losses"][0]["pairs"]
    truth = np.abs(preds["b"] - truth) - np.abs(preds["a"] - truth)
    assert (pair["model"], pair["baseline"]) == ("new", "a")
    assert pair["difference"] == pytest.approx(truth.mean(), rel=1e-12)


FAIL_ON = [
    ([], 0),
    (["--fail-on", "worse"], 1),
    (["--fail-on", "undecided"], 0),
    (["--fail-on", "worse,undecided", "--baseline", "forest"], 0),
    (["--fail-on", "worse,undecided", "--margin", "5%", "--test", "noninferior"], 6),
]


@pytest.mark.parametrize(("words", "code"), FAIL_ON)
def test_verdicts_change_the_exit_code_where_asked(losscli, words, code):
    """1 for worse, 6 for undecided."""
    said = losscli("compare", *FILES, "-l", "mae", *words)
    assert said.code == code, said.out
    assert ("exit code" in said.out) == bool(code)


def test_the_page_explains_itself(losscli):
    """The sign, the baseline, the family and the verdict."""
    said = losscli("compare", *FILES, "-l", "mae", "--margin", "1%")
    assert "baseline ridge" in said.out
    assert "below 0 the model is better" in said.out
    assert "(Holm, 1 test)" in said.out
    assert "worse" in said.out


@pytest.mark.parametrize("form", ["csv", "markdown", "junit", "github", "table"])
def test_every_format_has_the_pair(losscli, form):
    """With its verdict."""
    said = losscli("compare", *FILES, "-l", "mae", "--format", form)
    assert said.code == 0, said.err
    assert "forest" in said.out
    assert "worse" in said.out


INVALID = [
    (FILES[1:], "a comparison needs two models or more"),
    ([FILES[0], FILES[0], FILES[2]], "two models are called 'ridge'"),
    ([FILES[0], f"a={FILES[0]}", FILES[2]], "would be compared with itself"),
    ([TABLE, "--pred", "ridge", "--pred", "ridge", "--target", "y"], "two models are called"),
    ([*FILES, "--pred", "a", "--pred", "b"], "--pred was given 2 times"),
    ([*FILES, "--baseline", "gbm"], "--baseline must be a model, not 'gbm'"),
    ([*FILES, "--margin", "x"], "not a finite number"),
    ([*FILES, "--test", "equivalent"], "equivalent needs a margin"),
]


@pytest.mark.parametrize(("words", "message"), INVALID)
def test_requests_that_make_no_sense_are_refused(losscli, words, message):
    """With exit code 2."""
    said = losscli("compare", *words, "-l", "mae")
    assert said.code == 2
    assert message in said.error[0]


def test_models_of_other_rows_are_refused(losscli):
    """With exit code 3 and the numbers of rows."""
    np.save("short.npy", np.zeros(10))
    said = losscli("compare", FILES[0], "short.npy", FILES[2], "-l", "mae")
    assert said.code == 3
    assert "short.npy has 10 rows" in said.error[0]


@pytest.mark.parametrize("name", ["d.svg", "d.png"])
def test_the_intervals_are_drawn(losscli, name):
    """With a label for each pair and group, and the word of each verdict."""
    pytest.importorskip("matplotlib")
    words = [TABLE, "--pred", "ridge", "--pred", "forest", "--target", "y", "-l", "mae"]
    said = losscli("compare", *words, "--by", "sex", "--margin", "1%", "--plot", name)
    assert said.code == 0, said.err
    assert Path(name).stat().st_size > 1000


def test_labels_of_text_are_read_for_every_model(losscli):
    """From columns of one table, from standard input of it, and from tables joined by id."""
    words = ["cat", "dog"]
    rows = [(f"k{i}", words[i % 2], words[i % 3 == 0], words[i % 5 == 0]) for i in range(60)]
    lines = [",".join(row) for row in rows]
    Path("all.csv").write_text("\n".join(["id,p,q,y", *lines]) + "\n")
    for at, name in ((1, "p"), (2, "q"), (3, "y")):
        lines = [f"{row[0]},{row[at]}" for row in (reversed(rows) if name == "q" else rows)]
        Path(f"{name}.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    own = ["-l", "zero_one", "-m", "accuracy"]
    found = document(losscli, "all.csv", "--pred", "p", "--pred", "q", "--target", "y", *own)
    apart = document(
        losscli,
        "p.csv",
        "q.csv",
        "y.csv",
        "--id",
        "id",
        "--pred",
        "label",
        "--target",
        "label",
        *own,
    )
    wrong = [sum(row[at] != row[3] for row in rows) / 60 for at in (1, 2)]
    for each in (found, apart):
        values = [model["value"] for model in each["losses"][0]["models"]]
        assert values == pytest.approx(wrong)
        assert each["metrics"][0]["pairs"][0]["difference"] == pytest.approx(wrong[0] - wrong[1])
