"""`losscli diff` of evaluations and of runs: exit codes, formats, files of kept losses."""

import csv
import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from losscli import diff, evaluate, read
from tests.differences.conftest import bench

RANDOM = np.random.default_rng(2)
TARGETS = RANDOM.normal(size=200)
OLD = TARGETS + RANDOM.normal(size=200)
NEW = OLD + np.where(OLD > TARGETS, 0.1, -0.1) + RANDOM.normal(0.0, 0.1, 200)
KEYS = np.where(np.arange(200) < 120, "eu", "us")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with what is evaluated in it."""
    monkeypatch.chdir(tmp_path)
    for name, array in (("old", OLD), ("new", NEW), ("targets", TARGETS), ("other", TARGETS + 1)):
        np.save(f"{name}.npy", array)
    return tmp_path


@pytest.fixture
def results(folder, losscli):
    """old.json and new.json of mae and mse, with the losses of the rows in NAME-rows.npy."""
    for name in ("old", "new"):
        files = ("--per-sample", f"{name}-rows.npy", "-o", f"{name}.json")
        assert losscli("eval", f"{name}.npy", "targets.npy", "-l", "mae,mse", *files)[0] == 0
    return folder


CODES = [
    ((), 0),
    (("--fail-on", "worse"), 0),
    (("--fail-on", "undecided"), 6),
    (("--fail-on", "worse,undecided"), 6),
    (("--per-sample",), 0),
    (("--per-sample", "--fail-on", "worse"), 1),
    (("--per-sample", "--fail-on", "worse", "--fail-on", "undecided"), 1),
    (("--per-sample", "--fail-on", "undecided"), 0),
    (("--per-sample", "--fail-on", "worse,undecided", "--margin", "90%"), 0),
    (("--fail-on", "slower"), 2),
    (("--across",), 2),
    (("--fail-on", ","), 2),
    (("--margin", "-5%"), 2),
]


@pytest.mark.parametrize(("flags", "code"), CODES)
def test_exit_codes(results, losscli, flags, code):
    """It reports, and fails only for what was asked."""
    assert losscli("diff", "old.json", "new.json", *flags)[0] == code


def test_the_page_says_how_it_was_decided(results, losscli):
    """By what, in which direction, and that pairs are there to be had."""
    _, out, _ = losscli("diff", "old.json", "new.json")
    assert "a change above 0 is worse" in out
    assert "paired t gives narrower intervals" in out
    assert "--per-sample pairs them" in out
    _, out, _ = losscli("diff", "old.json", "new.json", "--per-sample", "--margin", "1%")
    assert "up to 1 % of the old value counts as not worse" in out
    assert "paired t: the saved losses of the 200 rows that count in both" in out
    assert "--per-sample pairs them" not in out
    (line,) = [line.split() for line in out.splitlines() if line.split()[:1] == ["mae"]]
    assert line[-3:] == ["paired", "t", "worse"]


def test_the_document(results, losscli):
    """What a program relies on, read back to the same bits."""
    code, out, _ = losscli(
        "diff", "old.json", "new.json", "--per-sample", "--format", "json", "-o", "d.json",
        "--fail-on", "worse",
    )  # fmt: skip
    found = json.loads(out)
    assert found == read("d.json")
    assert (found["schema"], found["kind"], found["status"], found["exit_code"], code) == (
        "losscli/diff/1", "eval", "fail", 1, 1,
    )  # fmt: skip
    assert (found["margin"], found["ci_level"], found["fail_on"]) == (0.0, 0.95, ["worse"])
    assert found["old"]["per_sample"]["path"] == "old-rows.npy"
    assert found["counts"] == {"worse": 2, "not_worse": 0, "better": 0, "undecided": 0}
    wanted = diff("old.json", "new.json", per_sample=True)
    for row in found["rows"]:
        mine = wanted[row["label"]]
        assert (row["old"], row["new"]) == (mine.old, mine.new)
        assert (row["change"], tuple(row["ci"])) == (mine.change, mine.ci)
        assert (row["used"], row["pairs"], row["verdict"]) == ("pairs", 200, "worse")
        assert row["p"] <= row["p_adjusted"] < 0.05


def test_every_format(folder, losscli):
    """Groups too: CSV has a line a loss and group, JUnit a case, Markdown a table."""
    for name in ("old", "new"):
        found = evaluate(f"{name}.npy", "targets.npy", loss="mae", by=KEYS, digest=True)
        Path(f"{name}.json").write_text(found.to_json())
    names = ("old.json", "new.json")
    code, out, _ = losscli("diff", *names, "--format", "csv", "-o", "d.md", "-o", "d.xml")
    assert code == 0
    records = list(csv.DictReader(StringIO(out)))
    assert [record["group"] for record in records] == ["", "by=eu", "by=us"]
    assert {record["verdict"] for record in records} == {"undecided"}
    assert float(records[1]["old"]) == read("old.json")["groups"][0]["losses"][0]["value"]
    assert "| loss | old | new | change |" in Path("d.md").read_text()
    cases = ET.parse("d.xml").getroot().findall(".//testcase")
    assert [case.get("name") for case in cases] == ["mae", "mae[by=eu]", "mae[by=us]"]
    assert "mae[by=eu]" in losscli("diff", *names)[1]
    assert (
        "::warning title=losscli mae::undecided" in losscli("diff", *names, "--format", "github")[1]
    )
    assert losscli("diff", *names, "-o", "old.json")[0] == 2


def test_a_loss_that_is_gone_is_undecided(results, losscli):
    """An evaluation that lost its losses must not pass."""
    losscli("eval", "new.npy", "targets.npy", "-l", "mse", "-o", "less.json")
    code, out, _ = losscli("diff", "old.json", "less.json", "--fail-on", "worse")
    assert (code, "only in OLD: mae" in out) == (0, True)
    wide = ("--margin", "90%", "--fail-on", "undecided")
    assert losscli("diff", "old.json", "less.json", *wide)[0] == 6
    assert losscli("diff", "less.json", "old.json", *wide)[0] == 0


def test_other_data_are_refused(results, losscli):
    """Exit 3 with what differs; allowed, it is a note, and rows are never paired."""
    losscli("eval", "new.npy", "other.npy", "-l", "mae", "-o", "other.json")
    code, out, err = losscli("diff", "old.json", "other.json")
    assert (code, out) == (3, "")
    assert "the targets differ" in err
    assert len(err.splitlines()) <= 3
    allowed = ("--allow-different-data", "--per-sample")
    code, out, err = losscli("diff", "old.json", "other.json", *allowed)
    assert (code, "Welch t" in out) == (0, True)
    assert "compared despite different data: old.json is of other data" in err


def test_two_kinds_are_not_compared(results, losscli):
    """An evaluation and a benchmark have nothing in common."""
    Path("bench.json").write_text(json.dumps(bench()))
    code, _, err = losscli("diff", "old.json", "bench.json")
    assert (code, "a result of eval, bench.json of bench" in err) == (3, True)


BROKEN = {
    "no losses": ({"losses": None}, "losses: expected a list, got null"),
    "a loss of no object": ({"losses": [1]}, "losses[0]: expected an object, got an integer"),
    "a loss without counts": (
        {"losses": [{"label": "mae", "loss": "mae", "params": {}}]},
        "losses[0]: 'n' is missing",
    ),
    "inputs of no list": ({"inputs": {"role": "preds"}}, "inputs: expected a list"),
    "groups of no list": ({"groups": [1]}, "groups[0]: expected an object"),
    "a label twice": (None, "two losses labelled 'mae'"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_documents_are_refused(results, losscli, case):
    """With the file and what it lacks, never a traceback."""
    changed, words = BROKEN[case]
    document = read("old.json")
    document |= changed or {"losses": document["losses"][:1] * 2}
    Path("bad.json").write_text(json.dumps(document))
    code, out, err = losscli("diff", "bad.json", "new.json")
    assert (code, out) == (3, "")
    assert words in err
    assert "bad.json" in err


def test_kept_losses_lie_beside_the_result_or_here(results, losscli):
    """First beside the result, as an archive holds them; then where eval was called."""
    Path("archive").mkdir()
    Path("old.json").rename("archive/old.json")
    flags = ("--per-sample", "--fail-on", "worse")
    assert losscli("diff", "archive/old.json", "new.json", *flags)[0] == 1
    Path("old-rows.npy").rename("archive/old-rows.npy")
    np.save("old-rows.npy", np.zeros((200, 2)))
    assert losscli("diff", "archive/old.json", "new.json", *flags)[0] == 1


def spoil(how):
    """Change what a result kept."""
    rows, name = np.load("old-rows.npy"), "old-rows.npy"
    document = read("old.json")
    if how == "changed":
        rows[7, 0] += 1e-9
        np.save(name, rows)
    elif how == "shorter":
        np.save(name, rows[:-1])
    elif how == "narrower":
        np.save(name, rows[:, 0])
    elif how == "gone":
        Path(name).unlink()
    elif how == "a folder":
        Path(name).unlink()
        Path(name).mkdir()
    elif how == "no digest":
        document["per_sample"]["digest"] = None
    elif how == "a NUL":
        document["per_sample"]["path"] = "a\0b.npy"
    Path("old.json").write_text(json.dumps(document))


def test_kept_losses_are_not_written_over(results, losscli):
    """They are read, so no output may take their place."""
    losscli("eval", "old.npy", "targets.npy", "-l", "mae", "--per-sample", "r.csv", "-o", "o.json")
    before = Path("r.csv").read_bytes()
    code, _, err = losscli("diff", "o.json", "new.json", "--per-sample", "-o", "r.csv")
    assert (code, "r.csv is an input" in err) == (2, True)
    assert Path("r.csv").read_bytes() == before


SPOILT = {
    "changed": "the digests differ",
    "shorter": "numbers of rows differ",
    "narrower": "has 1 columns, not 2",
    "gone": "there is no file old-rows.npy",
    "a folder": "is a directory",
    "no digest": "OLD has no digest of old-rows.npy",
    "a NUL": "cannot open",
}


@pytest.mark.parametrize("how", SPOILT)
def test_kept_losses_that_are_not_those_are_refused(results, losscli, how):
    """Exit 3; without --per-sample nobody opens them."""
    spoil(how)
    code, out, err = losscli("diff", "old.json", "new.json", "--per-sample")
    assert (code, out) == (3, "")
    assert SPOILT[how] in err, err
    assert losscli("diff", "old.json", "new.json")[0] == 0


def test_losses_that_were_not_kept_are_said_to_be(folder, losscli):
    """Pairs were asked for: Welch t decides, and a note says why."""
    for name in ("old", "new"):
        losscli("eval", f"{name}.npy", "targets.npy", "-l", "mae", "-o", f"{name}.json")
    code, out, err = losscli("diff", "old.json", "new.json", "--per-sample")
    assert (code, "Welch t" in out) == (0, True)
    assert "OLD has no per-sample losses" in err
    assert "--per-sample pairs them" not in losscli("diff", "old.json", "new.json")[1]


def run(evals, benches=(), **fields):
    """A document of a run."""
    known = {"schema": "losscli/run/1", "evals": dict(evals), "benches": dict(benches)}
    known |= {"config": {"name": "ci"}, "gates": []}
    return known | {"started": "2026-08-01T10:00:00Z", "losscli": "0.1.0"} | fields


@pytest.fixture
def runs(results):
    """old-run.json and new-run.json of an evaluation, of one that each has alone, and of times."""
    made = {}
    for name, seed, slowdown in (("old", 1, None), ("new", 2, 1.3)):
        evaluation = read(f"{name}.json")
        evals = {"val": evaluation, f"only-{name}": evaluation}
        made[name] = run(evals, {"kernels": bench(seed, slowdown)})
        Path(f"{name}-run.json").write_text(json.dumps(made[name]))
    return made


RUNS = [
    ((), 0),
    (("--fail-on", "slower"), 1),
    (("--fail-on", "worse"), 0),
    (("--fail-on", "worse", "--per-sample"), 1),
    (("--fail-on", "undecided"), 6),
    (("--fail-on", "undecided,slower"), 1),
]


@pytest.mark.parametrize(("flags", "code"), RUNS)
def test_exit_codes_of_runs(runs, losscli, flags, code):
    """The first of the contract's, of all runs."""
    assert losscli("diff", "old-run.json", "new-run.json", *flags)[0] == code


def test_a_run_is_one_page_and_one_document(runs, losscli):
    """Each part under its name, as it would be compared alone."""
    names = ("old-run.json", "new-run.json", "--per-sample")
    code, out, _ = losscli("diff", *names)
    assert code == 0
    assert "val: loss" in out
    assert "kernels: mae 1000 float32" in out
    assert "only in OLD: only-old" in out
    found = json.loads(losscli("diff", *names, "--format", "json")[1])
    assert (found["schema"], found["kind"]) == ("losscli/diff/1", "run")
    alone = losscli("diff", "old.json", "new.json", "--per-sample", "--format", "json")[1]
    assert found["evals"]["val"]["rows"] == json.loads(alone)["rows"]
    assert found["benches"]["kernels"]["counts"]["slower"] == 4
    assert (found["only_old"], found["only_new"]) == (["only-old"], ["only-new"])
    records = list(csv.DictReader(StringIO(losscli("diff", *names, "--format", "csv")[1])))
    assert {record["run"] for record in records} == {"val", "kernels", "only-old", "only-new"}
    xml = ET.fromstring(losscli("diff", *names, "--format", "junit")[1])
    places = {case.get("classname") for case in xml.iter("testcase")}
    assert places == {"losscli.val", "losscli.kernels", "losscli.only-old"}
    assert "losscli kernels" in losscli("diff", *names, "--format", "github")[1]
    assert "val: loss" in losscli("diff", *names, "--format", "markdown")[1]


def test_a_run_that_cannot_be_compared_does_not_stop_the_others(runs, losscli):
    """It is exit 3 with its name and the reason, beside what the others found."""
    changed = runs["new"]
    for part in changed["evals"]["val"]["inputs"]:
        part["digest"] = f"sha256:{'1' * 64}"
    Path("changed.json").write_text(json.dumps(changed))
    code, out, _ = losscli("diff", "old-run.json", "changed.json")
    assert code == 3
    assert "val was not compared: val of old-run.json is of other data" in out
    assert "kernels: mae" in out
    document = json.loads(losscli("diff", "old-run.json", "changed.json", "--format", "json")[1])
    assert document["evals"]["val"]["schema"] == "losscli/error/1"
    allowed = losscli("diff", "old-run.json", "changed.json", "--allow-different-data")
    assert allowed[0] == 0


def test_runs_without_a_result_and_flags_of_none(runs, losscli):
    """A run that failed is on one side only; no run in common is exit 3."""
    failed = {"schema": "losscli/error/1", "message": "no memory"}
    Path("failed.json").write_text(json.dumps(run({"val": failed})))
    code, _, err = losscli("diff", "old-run.json", "failed.json")
    assert (code, "no run of failed.json gave a result" in err) == (3, True)
    partly = run({"val": read("new.json"), "only-old": failed})
    Path("partly.json").write_text(json.dumps(partly))
    flags = ("--margin", "90%", "--fail-on")
    assert losscli("diff", "old-run.json", "partly.json", *flags, "undecided")[0] == 6
    code, _, err = losscli("diff", "old-run.json", "partly.json", *flags, "slower")
    assert (code, "--fail-on worse" in err) == (2, True)


def test_memory_does_not_grow_with_the_rows(tmp_path):
    """Four times the rows, read block by block: nothing near the size of the files is held."""
    import tracemalloc

    peaks = []
    for rows in (1_000_000, 4_000_000):
        random = np.random.default_rng(0)
        targets = np.zeros(rows)
        results = [
            evaluate(random.normal(size=rows), targets, loss="mae", digest=True,
                     per_sample=tmp_path / f"{name}-{rows}.npy")
            for name in ("old", "new")
        ]  # fmt: skip
        tracemalloc.start()
        assert diff(*results, per_sample=True)["mae"].pairs == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000
