"""`losscli results` and `losscli bless`: several configs, broken files, other versions."""

import json
import os
from pathlib import Path

import pytest

from losscli import results
from losscli.results.reader import UPGRADES

CONFIG = (
    "version: 1\nbaseline: base.json\n"
    "evals: {val: {preds: p.npy, targets: t.npy, losses: [mae], gates: ['%s']}}\n"
)


@pytest.fixture
def ran(pair, losscli):
    """Runs a config of that name, and gives the document that was saved."""
    assert pair

    def call(name="c", gate="mae <= 1"):
        Path(f"{name}.yaml").write_text(CONFIG % gate)
        losscli("run", f"{name}.yaml")
        return json.loads(Path(f"results/{name}/latest.json").read_text())

    return call


@pytest.fixture
def history(ran):
    """Two configs, and of the first a file that is cut off."""
    ran("a")
    ran("b", "mae <= 0.1")
    Path("results/a/20200101T000000Z-00000000.json").write_text('{"schema": "losscli/run/1"')


def test_all_results_are_listed_and_what_is_broken_is_said(history, losscli):
    """Those of several configs; each by itself where one is named, its broken files with it."""
    rows = json.loads(losscli("results", "list", "--format", "json").out)["rows"]
    assert sorted((row["config"], row["status"]) for row in rows) == [
        ("a", "pass"), ("a", "unreadable"), ("b", "fail"),
    ]  # fmt: skip
    rows = json.loads(losscli("results", "list", "a", "--format", "json").out)["rows"]
    assert [row["status"] for row in rows] == ["pass", "unreadable"]
    said = losscli("results", "list", "a")
    assert (said.code, "ends in the middle" in said.out) == (0, True)


def test_a_name_finds_the_latest_a_file_or_a_path(history, losscli):
    """And what is none of these is exit code 3."""
    (name,) = [p.name for p in Path("results/b").iterdir() if p.name != "latest.json"]
    pages = {losscli("results", "show", n).out for n in ("b", f"b/{name}", f"results/b/{name}")}
    assert len({page.split("wrote")[0] for page in pages}) == 1
    assert losscli("results", "show", "nothing").code == 3
    assert losscli("results", "show", "a/20200101T000000Z-00000000").code == 3
    assert losscli("bless", "nothing", "--reason", "x").code == 3


def test_the_frame_says_what_it_leaves_out(history):
    """The rest is there."""
    with pytest.warns(UserWarning, match="ends in the middle"):
        frame = results.frame()
    assert sorted(frame["config"]) == ["a", "b"]
    assert results.frame("nowhere").empty


def test_two_runs_of_one_second_are_in_the_order_in_which_they_were_written(ran, losscli):
    """Whatever the rest of their names, which is a hash."""
    document = ran("c", "mae <= 1")
    for path in Path("results/c").iterdir():
        path.unlink()
    order = ["9", "1", "5", "0", "7"]
    for at, digit in enumerate(order):
        path = Path(f"results/c/20260101T000000Z-{digit * 8}.json")
        path.write_text(json.dumps(document | {"run": digit}))
        os.utime(path, ns=(at, at))
    found = json.loads(losscli("results", "list", "--format", "json").out)["rows"]
    assert [Path(one["result"]).stem[-1] for one in found] == order[::-1]
    frame = results.frame()
    assert list(dict.fromkeys(Path(path).stem[-1] for path in frame["path"])) == order


BROKEN = {
    "no config": {"config": None},
    "a config that is a text": {"config": "c"},
    "no parts": {"evals": None},
    "a part that is none": {"evals": {"val": 3}},
    "no gates": {"gates": None},
    "a gate that is none": {"gates": [3]},
    "a gate without a text": {"gates": [{"expr": None}]},
    "a status that is none": {
        "gates": [{"run": None, "expr": "mae <= 1", "level": "fail", "reason": "", "value": 1.0,
                   "limit": 1.0, "status": "fine"}],
    },
    "a value that is none": {
        "gates": [{"run": None, "expr": "mae <= 1", "level": "fail", "reason": "", "value": "x",
                   "limit": 1.0, "status": "pass"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_document_that_lacks_something_is_refused(case, ran, losscli):
    """Wherever it is read: shown, blessed, listed, or as the baseline of a run."""
    document = ran("c", "mae <= baseline") | BROKEN[case]
    for path in ("results/c/latest.json", "results/c/20200101T000000Z-0.json", "base.json"):
        Path(path).write_text(json.dumps(document))
    for command in (("results", "show", "c"), ("bless", "c", "--reason", "x", "--to", "n.json")):
        said = losscli(*command)
        assert said.code == 3
        assert said.error
    assert "unreadable" in losscli("results", "list").out
    assert losscli("run", "c.yaml", "--no-save").code == 1


def test_a_newer_version_is_refused_and_an_older_one_raised(ran, losscli, monkeypatch):
    """What is newer asks for a newer losscli; what is older is read by the steps since."""
    document = ran()
    Path("new.json").write_text(json.dumps(document | {"schema": "losscli/run/2"}))
    for command in (("results", "show", "new.json"), ("bless", "new.json", "--reason", "x")):
        said = losscli(*command)
        assert said.code == 3
        assert "newer version" in said.error[0]
        assert said.error[-1] == "  pip install --upgrade losscli"
    val = document["evals"]["val"] | {"schema": "losscli/eval/3"}
    Path("new.json").write_text(json.dumps(document | {"evals": {"val": val}}))
    assert "newer version" in losscli("results", "show", "new.json").error[0]

    def upgrade(old):
        """In version 0 gates were called checks."""
        return {**old, "schema": "losscli/run/1", "gates": old["checks"]}

    old = {k: v for k, v in document.items() if k != "gates"} | {"checks": document["gates"]}
    Path("old.json").write_text(json.dumps(old | {"schema": "losscli/run/0"}))
    assert losscli("results", "show", "old.json").code == 3
    monkeypatch.setitem(UPGRADES, "run", (upgrade,))
    said = losscli("results", "show", "old.json")
    assert (said.code, "mae <= 1" in said.out) == (0, True)


def test_a_baseline_keeps_who_made_it_of_what_and_why(ran, losscli, monkeypatch):
    """Where the config says, or where the command line does."""
    monkeypatch.setenv("LOGNAME", "ada")
    document = ran()
    assert losscli("bless", "c", "--reason", " first ").code == 0
    blessed = json.loads(Path("base.json").read_text())
    about = blessed.pop("blessed")
    assert blessed == document
    assert (about["reason"], about["user"]) == ("first", "ada")
    assert about["from"] == "results/c/latest.json"
    assert about["at"].endswith("Z")
    assert set(about) == {"reason", "user", "at", "from", "git"}
    said = losscli("bless", "c", "--reason", "again", "--to", "sub/dir/other.json")
    assert (said.code, Path("sub/dir/other.json").exists()) == (0, True)


def test_what_changes_is_shown(ran, losscli):
    """The old value beside the new one, and nothing where none changed."""
    ran()
    losscli("bless", "c", "--reason", "first")
    losscli("run", "c.yaml", "--set", "evals.val.losses=[mae, mse]")
    said = losscli("bless", "c", "--reason", "more", "--format", "json")
    (change,) = json.loads(said.out)["changes"]
    assert (change["label"], change["old"]) == ("mse", None)
    assert change["new"] == pytest.approx(4.25 / 3)
    assert "no value changed" in losscli("bless", "c", "--reason", "same").out


def test_a_careless_blessing_is_told(ran, losscli):
    """Gates that did not pass, runs that the old baseline had."""
    ran("c", "mae <= 0.1")
    said = losscli("bless", "c", "--reason", "first")
    assert said.code == 0
    assert "note: 1 of its 1 gates did not pass: fail mae <= 0.1" in said.err
    Path("c.yaml").write_text(
        "version: 1\nbaseline: base.json\n"
        "evals: {other: {preds: p.npy, targets: t.npy, losses: [mae]}}\n"
    )
    losscli("run", "c.yaml")
    said = losscli("bless", "c", "--reason", "less")
    assert "the baseline had val, and this result has not" in said.err


REFUSED = {
    "without a reason": (["--reason", "  "], 2, "needs a reason"),
    "over data": (["--reason", "x", "--to", "p.npy"], 2, "p.npy exists and is not a baseline"),
    "over a config": (["--reason", "x", "--to", "c.yaml"], 2, "is not a baseline"),
    "into a file": (["--reason", "x", "--to", "p.npy/b.json"], 2, "cannot"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_blessing_that_would_harm_is_refused(case, ran, losscli):
    """And leaves all as it was."""
    ran()
    arguments, code, words = REFUSED[case]
    before = {path: path.read_bytes() for path in Path().glob("*.*")}
    said = losscli("bless", "c", *arguments)
    assert (said.code, words in said.error[0]) == (code, True)
    assert {path: path.read_bytes() for path in Path().glob("*.*")} == before


def test_a_run_that_failed_is_no_baseline(ran, losscli):
    """Its gates would be errors for good."""
    ran()
    Path("p.npy").unlink()
    losscli("run", "c.yaml")
    said = losscli("bless", "c", "--reason", "x")
    assert (said.code, "val gave no result" in said.error[0]) == (3, True)


def test_without_a_place_there_is_no_baseline(ran, losscli):
    """The config names none, and the command line neither."""
    ran()
    text = Path("c.yaml").read_text().replace("baseline: base.json\n", "")
    Path("c.yaml").write_text(text)
    losscli("run", "c.yaml")
    assert losscli("bless", "c", "--reason", "x").code == 2


@pytest.mark.parametrize("locked", ["results", "results/c"])
def test_a_results_folder_that_cannot_be_read_is_exit_3(ran, losscli, monkeypatch, locked):
    """It does not look like an empty one."""
    ran()
    whole = os.listdir

    def refuse(path="."):
        if os.fspath(path) == locked:
            raise PermissionError(13, "Permission denied", locked)
        return whole(path)

    monkeypatch.setattr(os, "listdir", refuse)
    said = losscli("results", "list")
    assert said.code == 3
    assert said.error[0] == f"error: cannot read the folder {locked}: Permission denied"
