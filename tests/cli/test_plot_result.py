"""`losscli plot RESULT`: the drawings of a saved result, in a terminal and in pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from losscli import UsageError, compare, evaluate, plot
from losscli.render.pages import page_of
from losscli.results.schema import schema


@pytest.fixture
def results():
    """An evaluation with groups and a distribution, and a comparison, saved as JSON."""
    rng = np.random.default_rng(5)
    target = rng.normal(size=300)
    models = {"good": target + 0.1 * rng.normal(size=300), "bad": target + rng.normal(size=300)}
    by = {"g": np.array(["a", "b", "c"])[np.arange(300) % 3]}
    evaluate(models["bad"], target, loss=["mae"], metric=["r2"], by=by, distribution=True,
             output="eval.json")  # fmt: skip
    compare(models, target, loss=["mae"], by=by, output="compare.json")


def drawn(losscli, *arguments):
    """The panels of a plot, checked against its schema."""
    said = losscli("plot", *arguments, "--format", "json")
    assert said.code == 0, said.err
    document = json.loads(said.out)
    assert list(Draft202012Validator(schema("result-plot")).iter_errors(document)) == []
    return document["panels"]


def test_the_groups_and_the_distribution_of_an_evaluation(losscli, results):
    """The numbers of the document, nothing else."""
    saved = json.loads(Path("eval.json").read_text())
    groups, scores, rows = drawn(losscli, "eval.json")
    assert [panel["kind"] for panel in (groups, scores, rows)] == [
        "groups", "groups", "distribution",
    ]  # fmt: skip
    shown = {point["name"]: point["value"] for point in groups["points"]}
    assert shown == {each["by"]["g"]: each["losses"][0]["value"] for each in saved["groups"]}
    assert groups["reference"] == saved["losses"][0]["value"]
    counts = saved["losses"][0]["distribution"]["counts"]
    assert [point["value"] for point in rows["points"]] == counts
    only = drawn(losscli, "eval.json", "--show", "distribution")
    assert only == [rows]


def test_the_differences_of_models(losscli, results):
    """Of all rows, then of the groups of each pair."""
    whole, by_group = drawn(losscli, "compare.json")
    assert [(p["name"], p["status"]) for p in whole["points"]] == [("bad", "worse")]
    assert (whole["reference"], whole["axis"]) == (0.0, "below 0 is better")
    assert [point["name"] for point in by_group["points"]] == ["a", "b", "c"]


def test_the_history_of_a_config(losscli):
    """The runs in order, one that failed, one without a result; by name or by file."""
    np.save("t.npy", np.arange(9.0))
    text = "version: 1\nevals:\n  val: {preds: p.npy, targets: t.npy, losses: [mae], "
    Path("c.yaml").write_text(text + 'gates: ["mae <= 1"]}\n')
    for shift in (0.5, 2.0, None, 0.25):
        if shift is None:
            Path("p.npy").write_bytes(b"nothing")
        else:
            np.save("p.npy", np.arange(9.0) + shift)
        losscli("run", "c.yaml")
    (panel,) = drawn(losscli, "c")
    assert [point["value"] for point in panel["points"]] == [0.5, 2.0, None, 0.25]
    assert [point["status"] for point in panel["points"]] == ["pass", "fail", "error", "pass"]
    assert panel["limits"] == [1.0]
    assert len(drawn(losscli, "results/c/latest.json", "--history", "2")[0]["points"]) == 3
    lines = losscli("plot", "c").out
    assert "x: did not pass; x at the bottom: no result; -: limit of a gate" in lines


@pytest.mark.parametrize("columns", [60, 80, 120, 160])
def test_panels_fit_the_terminal(losscli, results, columns):
    """From 60 to 160 columns: no line is longer, and the names are whole."""
    for name in ("eval.json", "compare.json"):
        page = page_of(plot(name))
        width = 0
        for line in page.lines:
            parts = line.draw(columns) if hasattr(line, "draw") else [line]
            for part in parts:
                assert len(part.text) <= columns
                assert len(part.ascii or part.text) == len(part.text)
                width = max(width, len(part.text))
        assert width >= columns - 12
        assert "bad" in str(page) or name == "eval.json"


def test_curves_of_losses_grow_with_the_terminal():
    """Up to 156 columns; 78 where nothing limits them."""
    (drawing,) = [line for line in page_of(plot("mse", "mae")).lines if hasattr(line, "draw")]
    assert (drawing.most, drawing.usual) == (156, 78)
    for columns in (60, 78, 120, 156):
        lines = drawing.draw(columns)
        assert max(len(line.text) for line in lines) == columns
    assert len(drawing.draw(156)) > len(drawing.draw(78))


def test_an_encoding_without_blocks_gets_ascii(results, losscli):
    """Every drawn line has a form in ASCII."""
    for line in page_of(plot("eval.json")).lines:
        for part in line.draw(78) if hasattr(line, "draw") else []:
            assert (part.ascii or part.text).isascii()


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_of_a_result(losscli, results, suffix):
    """Of its suffix, the same bytes twice."""
    for name in ("one", "two"):
        said = losscli("plot", "eval.json", "-o", f"{name}.{suffix}", "--title", "A $b")
        assert (said.code, said.err) == (0, "")
    data = Path(f"one.{suffix}").read_bytes()
    assert data == Path(f"two.{suffix}").read_bytes()
    assert data.startswith({"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF"}[suffix])


def test_a_picture_of_a_comparison_and_of_a_history(losscli, results):
    """Intervals with a margin; nan is left out."""
    rng = np.random.default_rng(0)
    compare([rng.normal(size=50), rng.normal(size=50)], np.zeros(50), loss="mae", margin="5%",
            test="noninferior", output="m.json")  # fmt: skip
    assert losscli("plot", "m.json", "-o", "m.svg").code == 0
    found = evaluate([1.0, np.nan], [0.0, 0.0], loss="mae", by={"g": ["a", "b"]}, nan="propagate")
    assert losscli("plot", "m.json").code == 0
    assert "nan" in str(plot(found))


def test_many_groups_are_counted(results):
    """The largest shares are shown."""
    found = evaluate(np.arange(99.0), np.zeros(99), loss="mae", by=[np.arange(99)])
    (panel,) = plot(found).panels
    assert panel.title.endswith(", 24 of 99")
    assert panel.points[0].name == "98"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [(("eval.json", "compare.json"), 2, "one result at a time"),
     (("eval.json", "mse"), 2, "one result at a time"),
     (("eval.json", "--range", "1:2"), 2, "--range is of losses"),
     (("mse", "--show", "history"), 2, "--show is of results"),
     (("eval.json", "--show", "history"), 2, "has no history to draw"),
     (("eval.json", "--show", "colours"), 2, "takes comparison, groups"),
     (("eval.json", "-o", "eval.gif"), 2, ".png, .svg, .pdf"),
     (("none.json",), 3, "there is no result none.json"),
     (("bad.json",), 3, "bad.json"),
     (("plain.json",), 2, "nothing to draw")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(losscli, results, arguments, code, words):
    """With the reason, and no file."""
    Path("bad.json").write_text("{")
    evaluate([1.0], [2.0], loss="mae", output="plain.json")
    before = sorted(Path().iterdir())
    said = losscli("plot", *arguments)
    assert (said.code, said.out) == (code, "")
    assert words in "\n".join(said.error)
    assert sorted(Path().iterdir()) == before


def test_a_config_may_not_hide_a_loss(losscli):
    """A name of both is the loss."""
    folder = Path("results/mse")
    folder.mkdir(parents=True)
    (folder / "latest.json").write_text("{")
    assert losscli("plot", "mse").code == 0


def test_hostile_names_are_text(results):
    """Controls are escaped, letters of other widths do no harm."""
    by = {"g": np.array(["\x1b[31mred", "a\nb", "$x_{1}$", "\u6771"])[np.arange(30) % 4]}
    found = evaluate(np.arange(30.0), np.zeros(30), loss="mae", by=by)
    assert "\x1b" not in str(plot(found))
    plot(found, output="x.png")
    with pytest.raises(UsageError):
        plot(found, found)
