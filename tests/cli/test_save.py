"""`losscli eval --save`: the history of evaluations, and a baseline from it."""

import json
from pathlib import Path

import numpy as np
import pytest

from losscli import UsageError, evaluate, results


@pytest.fixture
def saved(losscli):
    """Evaluates p.npy against t.npy with --save, and more."""
    np.save("p.npy", [1.0, 2.0, 4.0])
    np.save("t.npy", [0.0, 2.0, 3.0])

    def call(*flags):
        return losscli("eval", "p.npy", "t.npy", "-l", "mae,rmse", "--save", *flags)

    return call


def files(folder="results"):
    """The saved results, without latest.json."""
    return sorted(p for p in Path(folder, "eval").iterdir() if p.name != "latest.json")


def test_it_is_the_json_that_is_printed(saved):
    """Under both names, whole, with digests; and the table says where."""
    said = saved()
    (file,) = files()
    assert file.read_bytes() == Path("results/eval/latest.json").read_bytes()
    assert f"saved {file}" in said.out
    document = json.loads(file.read_text())
    assert document["schema"] == "losscli/eval/1"
    assert all(part["digest"].startswith("sha256:") for part in document["inputs"])
    assert document["losses"][0]["value"] == pytest.approx(2 / 3)
    assert document["started"].endswith("Z")
    printed = json.loads(saved("--format", "json", "--results", "other").out)
    (other,) = files("other")
    assert printed == json.loads(other.read_text())
    assert not list(Path.cwd().rglob("*.tmp"))


def test_python_saves_too(saved):
    """The same plan; without `save` nothing is written."""
    assert saved
    found = evaluate("p.npy", "t.npy", loss="mae", save=True, results="mine")
    assert [str(path) for path in files("mine")] == [found.saved]
    assert json.loads(Path(found.saved).read_text()) == json.loads(found.to_json())
    assert evaluate("p.npy", "t.npy", loss="mae").saved is None
    assert not Path("results").exists()


def test_a_gate_that_fails_is_saved_and_an_error_too(saved, losscli):
    """The codes stay; a history without its failures would tell half."""
    assert saved("--max", "mae=0.1").code == 1
    assert json.loads(files()[0].read_text())["status"] == "fail"
    np.save("short.npy", [1.0])
    assert losscli("eval", "p.npy", "short.npy", "-l", "mae", "--save").code == 3
    assert json.loads(Path("results/eval/latest.json").read_text())["schema"] == "losscli/error/1"
    listed = losscli("results", "list").out
    assert "error" in listed
    assert "fail" in listed
    assert losscli("bless", "eval", "--reason", "x", "--to", "m.json").code == 3


def test_what_is_wrong_with_the_request_saves_nothing(saved, losscli):
    """Exit 2 comes before any work."""
    assert saved("--gate", "mae").code == 2
    assert not Path("results").exists()
    Path("taken").write_text("")
    assert saved("--results", "taken").code == 2
    with pytest.raises(UsageError, match="save takes True or False"):
        evaluate([1.0], [0.0], loss="mae", save="yes")


def test_the_history_lists_shows_and_frames_it(saved, losscli):
    """By its folder's name, and as its evaluation printed it."""
    said = saved("--gate", "mae <= 1", "--by", "t.npy")
    listed = json.loads(losscli("results", "list", "eval", "--format", "json").out)["rows"]
    assert [(row["status"], row["gates"], row["passed"]) for row in listed] == [("pass", 1, 1)]
    assert "0 results" in losscli("results", "list", "other").out
    shown = losscli("results", "show", "eval")
    assert shown.code == 0
    assert shown.out.replace("latest.json", files()[0].name) == said.out
    again = losscli("results", "show", "eval", "--format", "json").out
    assert json.loads(again) == json.loads(files()[0].read_text())
    frame = results.frame()
    assert list(frame["label"]) == ["mae", "rmse"]
    assert list(frame["value"]) == pytest.approx([2 / 3, np.sqrt(2 / 3)])
    assert set(frame["path"]) == {str(files()[0])}


@pytest.mark.parametrize("form", ["csv", "markdown", "junit", "github"])
def test_every_format_shows_it_as_it_was_printed(saved, losscli, form):
    """Byte for byte, but for the name of the file and the time of the report."""
    said = saved("--gate", "mae <= 1", "--nan", "skip", "--format", form)
    shown = losscli("results", "show", "eval", "--format", form).out
    assert shown.replace("latest.json", files()[0].name) == said.out


def test_a_document_that_lacks_what_is_shown_is_said_to(saved, losscli):
    """Of another version, or changed by hand."""
    saved()
    document = json.loads(files()[0].read_text())
    del document["timing"]
    Path("results/eval/latest.json").write_text(json.dumps(document))
    said = losscli("results", "show", "eval")
    assert (said.code, "'timing' is missing" in said.err) == (3, True)


def test_a_group_that_lacks_a_loss_cannot_be_shown(saved, losscli):
    """It would be a table with holes."""
    Path("by.csv").write_text("region\neu\nus\nus\n")
    saved("--by", "./by.csv")
    document = json.loads(files()[0].read_text())
    document["groups"][0]["losses"].pop()
    Path("results/eval/latest.json").write_text(json.dumps(document))
    said = losscli("results", "show", "eval")
    assert (said.code, "other losses" in said.error[0]) == (3, True)


def test_a_baseline_from_the_history(saved, losscli):
    """`bless eval`, and a gate that holds against it."""
    saved()
    assert losscli("bless", "eval", "--reason", "first", "--to", "main.json").code == 0
    np.save("q.npy", [1.0, 2.0, 5.0])
    gate = ("-l", "mae", "--gate", "mae <= baseline * 1.1", "--baseline", "main.json")
    assert losscli("eval", "p.npy", "t.npy", *gate).code == 0
    assert losscli("eval", "q.npy", "t.npy", *gate).code == 1
    diff = losscli("diff", "main.json", "results/eval/latest.json", "--format", "json")
    assert [row["change"] for row in json.loads(diff.out)["rows"]] == [0.0, 0.0]
