"""`losscli explain`: one screen a loss, every loss of the catalogue, every format."""

import csv
import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from losscli import explain
from losscli.losses.registry import all_losses
from losscli.render.formats.table import lines_of
from losscli.results.schema import schema

LOSSES = {loss.name: loss for loss in all_losses()}
OWN = "def own(pred, target, power=2):\n    return abs(pred - target) ** power\n"


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_fits_a_terminal_and_says_all(losscli, name):
    """80 columns, and nothing of the declaration is left out; in a pipe nothing is folded."""
    said = losscli("explain", name)
    assert (said.code, said.err) == (0, "")
    loss = LOSSES[name]
    assert f"  use when    {loss.use}" in said.out.splitlines()
    screen = [line for line, _ in lines_of(explain(name), 80, "utf-8")]
    assert max(map(len, screen)) <= 80
    flat = " ".join(" ".join(screen).split())
    for words in (loss.formula, loss.use, loss.avoid, *loss.pitfalls, *loss.equivalents.values()):
        assert " ".join(words.split()) in flat
    assert all(f"{param.name} = " in flat for param in loss.params)
    assert " ".join(loss.source.split()) in flat.replace(f" losscli plot {name} mae mse", "")
    assert ("gradient, " in flat) == loss.differentiable
    assert "⠤" in said.out or "⠒" in said.out or "⣀" in said.out


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_a_document_of_its_schema(losscli, name):
    """With points, corners and the curve, whose numbers read back."""
    document = json.loads(losscli("explain", name, "--format", "json").out)
    assert list(Draft202012Validator(schema("explain")).iter_errors(document)) == []
    assert document["name"] == name
    curve = document["curve"]
    assert len(curve["at"]) == len(curve["losses"]) > 300
    if LOSSES[name].differentiable:
        assert len(curve["gradients"]) == len(curve["at"])
    else:
        assert curve["gradients"] is None


def test_smooth_l1_is_one_screen(losscli):
    """24 lines; the founding questions are answered."""
    lines = [line for line, _ in lines_of(explain("smooth_l1"), 80, "utf-8")]
    assert len(lines) <= 24
    assert "smooth everywhere; at most 1 in absolute value" in "".join(lines)
    assert any(line.endswith("losscli plot smooth_l1 mae mse") for line in lines)
    assert "a corner at 0, from -1 to 1" in losscli("explain", "mae").out
    assert "it grows linearly" in losscli("explain", "mse").out


def test_an_encoding_without_braille_gets_letters(process):
    """The formula too: every sign is one that ASCII has."""
    said = process("explain", "huber", PYTHONIOENCODING="ascii")
    assert said.code == 0
    assert said.out.isascii()
    assert "\\x" not in said.out
    assert "\\u" not in said.out
    assert "***" in said.out
    assert "d^2 / 2 if |d| <= delta" in said.out


def test_other_names_and_parameters(losscli):
    """An alias, a derived statistic, a value, a label."""
    assert "l1: mae " in losscli("explain", "l1").out
    said = losscli("explain", "rmse").out
    assert "rmse: mse " in said
    assert "a function of the mean of mse" in said
    assert "delta = 2," in losscli("explain", "huber:delta=2").out
    assert "at most 2 in absolute value" in losscli("explain", "huber:delta=2").out
    assert "tight: huber " in losscli("explain", "tight=huber:delta=2").out


def test_a_sum_and_a_loss_of_ones_own(losscli):
    """Of a plain function only the curve is known; its code may be refused."""
    assert "mse + 0.1*mae" in losscli("explain", "mse + 0.1*mae").out
    Path("own.py").write_text(OWN)
    said = losscli("explain", "own.py:own")
    assert said.code == 0
    assert "gradient    unknown" in said.out
    assert "power = 2" in said.out
    document = json.loads(losscli("explain", "own.py:own", "--format", "json").out)
    assert document["curve"]["gradients"] is None
    assert document["convex"] is None
    assert losscli("explain", "own.py:own", "--no-user-code").code == 2


def test_the_csv_holds_the_curve(losscli):
    """A line a point, the same numbers as the document."""
    records = list(csv.DictReader(io.StringIO(losscli("explain", "mse", "--format", "csv").out)))
    assert {float(row["value"]) for row in records if float(row["at"]) == 3.0} == {9.0}
    assert all(float(row["gradient"]) == 2 * float(row["at"]) for row in records)


@pytest.mark.parametrize("form", ["markdown", "junit", "github"])
def test_the_formats_of_reports(losscli, form):
    """The page stands in a block of its own, untouched by markup."""
    said = losscli("explain", "smooth_l1", "--format", form)
    assert said.code == 0
    if form == "markdown":
        assert said.out.startswith("```text\nsmooth_l1   regression")
        assert said.out.count("```") == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [("smoth_l1", "did you mean smooth_l1"), ("acuracy", "did you mean the metric -m accuracy"),
     ("spearman", "a statistic of all rows"), ("f1,accuracy", "one metric is explained at a time"),
     ("f1:avg=macro", "did you mean f1:average=macro"),
     ("mse,mae", "one loss is explained at a time"),
     ("huber:delta=0", "delta"), ("huber:dleta=1", "did you mean huber:delta=1"),
     ("mse + 0.1*l2(@w.npy)", "w.npy")],
)  # fmt: skip
def test_what_cannot_be_explained_is_wrong(losscli, typed, words):
    """Exit 2 or 3 with the reason, in at most three lines."""
    said = losscli("explain", typed)
    assert said.code in (2, 3)
    assert words in "\n".join(said.error)
    assert said.out == ""


@pytest.mark.parametrize(("columns", "drawn"), [(120, True), (60, True), (59, False), (40, False)])
def test_a_narrow_terminal_has_the_text_without_the_curves(columns, drawn):
    """Below 60 columns; words and numbers stay whole at any width."""
    lines = [line for line, _ in lines_of(explain("smooth_l1"), columns, "utf-8")]
    assert any("⠉" in line for line in lines) == drawn
    words = {
        word for line, _ in lines_of(explain("smooth_l1"), 1000, "utf-8") for word in line.split()
    }
    written = {word for line in lines for word in line.split() if word.isascii()}
    assert written - words <= {"numbers"}
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)


@pytest.mark.parametrize("name", ["accuracy", "auc", "r2", "f1:average=macro", "quantile"])
def test_a_metric_is_explained(losscli, name):
    """By its name, an alias or a spec: formula, direction, parameters and advice."""
    said = losscli("explain", name)
    assert said.code == 0
    for word in ("metric", "takes", "use when", "source", "is better"):
        assert word in said.out
    assert json.loads(losscli("explain", name, "--format", "json").out)["schema"] == (
        "losscli/explain-metric/1"
    )
