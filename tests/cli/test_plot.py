"""`losscli plot`: curves in a terminal and in pictures."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import losscli as package
from losscli import MissingError, UsageError
from losscli.losses.registry import all_losses
from losscli.results.schema import schema


def plotted(losscli, *arguments):
    """The document of a plot."""
    said = losscli("plot", *arguments, "--format", "json")
    assert said.code == 0, said.err
    document = json.loads(said.out)
    assert list(Draft202012Validator(schema("plot")).iter_errors(document)) == []
    return document


def test_the_founding_picture(losscli):
    """Over [-3, 3]: the parabola, the roof, and the curve that is both."""
    document = plotted(losscli, "smooth_l1", "mae", "mse")
    assert (document["low"], document["high"]) == (-3.0, 3.0)
    assert [curve["label"] for curve in document["curves"]] == ["smooth_l1", "mae", "mse"]
    for curve, error in zip(document["curves"], (2.5, 3.0, 9.0), strict=True):
        assert curve["losses"][0] == curve["losses"][-1] == error
        assert curve["losses"][len(curve["at"]) // 2] == 0.0
    assert [curve["gradients"][-1] for curve in document["curves"]] == [1.0, 1.0, 6.0]


def test_the_terminal_shows_curves_with_letters_and_a_legend(losscli):
    """Within 80 columns and 24 lines; each curve bears its letter."""
    said = losscli("plot", "smooth_l1", "mae", "mse")
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24
    for letter, label in zip("abc", ("smooth_l1", "mae", "mse"), strict=True):
        assert f"  {letter}  {label}" in lines
        assert sum(letter in line for line in lines[1:8]) >= 1
    assert "gradient, -6 to 6" in said.out
    assert "gradient" not in losscli("plot", "mse", "--no-gradient").out


@pytest.mark.parametrize("name", [loss.name for loss in all_losses()])
def test_every_loss_has_a_curve(losscli, name):
    """Whatever its rows are."""
    said = losscli("plot", name)
    assert (said.code, said.err) == (0, "")
    assert max(map(len, said.out.splitlines())) <= 80


def test_a_range_and_a_target(losscli):
    """Points outside a domain are left out; a target moves the axis."""
    document = plotted(losscli, "mae", "--range=-1:5", "--target", "2")
    curve = document["curves"][0]
    assert document["axis"] == "prediction, target 2"
    assert (curve["at"][0], curve["at"][-1], curve["losses"][0]) == (-1.0, 5.0, 3.0)
    bce = plotted(losscli, "bce", "--range=-1:2", "--target", "0")["curves"][0]
    assert min(bce["at"]) >= 0.0
    assert max(bce["at"]) <= 1.0
    assert bce["losses"] == sorted(bce["losses"])  # of the target 0


def test_a_curve_that_ends_stands_over_its_own_part_of_the_axis(losscli):
    """Probabilities are the middle third of -1 to 2."""
    lines = losscli("plot", "bce", "--range=-1:2").out.splitlines()
    curve = lines[1 : next(at for at, line in enumerate(lines) if line.startswith("  -1 "))]
    columns = [at - 2 for line in curve for at, sign in enumerate(line) if sign != " "]
    assert 24 <= min(columns) <= 27
    assert 49 <= max(columns) <= 52


def test_losses_that_depend_on_the_target_too_share_its_axis(losscli):
    """Errors are predictions beside a target."""
    document = plotted(losscli, "mae", "mape")
    assert document["axis"] == "prediction, target 1"
    assert document["curves"][0]["losses"] == document["curves"][1]["losses"]


def test_the_step_that_hinges_bound_is_drawn_beside_them(losscli):
    """Scores under a threshold share the axis of scores; there is no slope of a step."""
    document = plotted(losscli, "zero_one:threshold=0", "hinge", "perceptron")
    assert document["axis"] == "logit or score, target 1"
    step, hinge = (np.array(curve["losses"]) for curve in document["curves"][:2])
    at = np.array(document["curves"][0]["at"])
    assert (step == (at <= 0)).all()
    assert (step <= np.interp(at, document["curves"][1]["at"], hinge) + 1e-9).all()


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_is_of_its_suffix_and_always_the_same(losscli, suffix):
    """Twice the same bytes, whole files only."""
    for name in ("one", "two"):
        said = losscli(
            "plot", "huber", "huber:delta=2", "-o", f"{name}.{suffix}", "--title", "A $b"
        )
        assert (said.code, said.err) == (0, "")
        assert f"wrote {name}.{suffix}" in said.out
    data = Path(f"one.{suffix}").read_bytes()
    assert data == Path(f"two.{suffix}").read_bytes()
    assert data.startswith({"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF"}[suffix])
    assert sorted(path.name for path in Path().iterdir()) == [f"one.{suffix}", f"two.{suffix}"]
    if suffix == "svg":
        assert ET.fromstring(data).tag.endswith("svg")


def test_curves_are_told_apart_without_colour():
    """Eight curves: as many dashes, and as many marks."""
    from losscli.render.pictures.plot import _STYLES

    colours, dashes, marks = zip(*_STYLES, strict=True)
    assert len(set(colours)) == len(set(map(str, dashes))) == len(set(marks)) == 8


def test_a_failed_picture_leaves_what_was_there(losscli):
    """The request is looked at before the file is."""
    Path("p.png").write_bytes(b"before")
    assert losscli("plot", "mse", "cross_entropy", "-o", "p.png").code == 2
    assert Path("p.png").read_bytes() == b"before"
    assert [path.name for path in Path().iterdir()] == ["p.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("mse", "cross_entropy"), "no common axis"), (("bce", "bce_with_logits"), "no common axis"),
     (("mse", "--range", "3"), "LOW:HIGH"), (("mse", "--range=3:-3"), "LOW:HIGH"),
     (("mse", "--range=nan:1"), "LOW:HIGH"), (("bce", "--range=2:3"), "only defined"),
     (("mse", "-o", "p.gif"), ".png, .svg, .pdf"), (("mse", "-o", "no/p.png"), "cannot write"),
     (("iou", "--target", "1"), "takes rows"), (("bce", "--target", "2"), "is not valid"),
     (("rmse",), "losscli plot mse"), (("mes",), "did you mean mse"),
     (("mse", "mse"), "two losses have the label"),
     (("mse", "--target", "nan"), "finite"),
     (tuple(f"huber:delta={k}" for k in range(1, 10)), "cannot be distinguished")],
)  # fmt: skip
def test_what_cannot_be_drawn_is_wrong(losscli, arguments, words):
    """Exit 2 with the reason."""
    said = losscli("plot", *arguments)
    assert said.code == 2
    assert words in "\n".join(said.error)
    assert said.out == ""


def test_a_picture_needs_matplotlib_and_a_terminal_does_not(losscli, monkeypatch):
    """Exit 4 with how to get it, and no file."""
    monkeypatch.setattr("losscli.render.files.find_spec", lambda _: None)
    said = losscli("plot", "mse", "-o", "p.png")
    assert said.code == 4
    assert "pip install 'losscli[plot]'" in "\n".join(said.error)
    assert list(Path().iterdir()) == []
    assert losscli("plot", "mse").code == 0


def test_the_same_from_python(monkeypatch):
    """The verbs of the package."""
    found = package.plot("mse", package.losses.mae, output="p.svg", range=(-2, 2))
    assert Path("p.svg").exists()
    assert found.output == "p.svg"
    assert [curve.label for curve in found.curves] == ["mse", "mae"]
    assert package.explain("smooth_l1").form.largest == 1.0
    with pytest.raises(UsageError, match="unknown parameter 'colour'"):
        package.plot("mse", colour="red")
    monkeypatch.setattr("losscli.render.files.find_spec", lambda _: None)
    with pytest.raises(MissingError):
        package.plot("mse", output="q.png")
