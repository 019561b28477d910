"""`losscli diff`: exit codes, formats, and files that are no benchmarks."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from losscli import diff, read
from losscli.errors import DataError
from tests.differences.conftest import bench, document, row


@pytest.mark.parametrize(
    ("slowdown", "flags", "code"),
    [
        (1.2, (), 0),
        (1.2, ("--fail-on", "slower"), 1),
        (1.2, ("--fail-on", "undecided,slower"), 1),
        (1.2, ("--fail-on", "slower", "--margin", "50%"), 0),
        (1.05, (), 0),
        (1.05, ("--fail-on", "slower"), 0),
        (1.05, ("--fail-on", "undecided"), 6),
        (1.05, ("--fail-on", "slower", "--fail-on", "undecided"), 6),
        (1.05, ("--fail-on", "undecided", "--margin", "50%"), 0),
    ],
)
def test_exit_codes(saved, losscli, slowdown, flags, code):
    """It reports, and fails only for what was asked."""
    old, new = saved(bench(1), "old.json"), saved(bench(2, slowdown), "new.json")
    assert losscli("diff", old, new, *flags)[0] == code


def test_a_row_that_is_gone_is_undecided(saved, losscli):
    """A benchmark that lost its rows must not pass."""
    new = bench(2)
    del new["rows"][-1]
    names = saved(bench(1), "old.json"), saved(new, "new.json")
    assert losscli("diff", *names, "--fail-on", "slower")[0] == 0
    assert losscli("diff", *names, "--margin", "50%", "--fail-on", "undecided")[0] == 6


def test_the_document(saved, losscli):
    """The fields that a program relies on."""
    old, new = saved(bench(1), "old.json"), saved(bench(2, 1.2), "new.json")
    code, out, _ = losscli("diff", old, new, "--format", "json", "--fail-on", "slower")
    found = json.loads(out)
    assert (found["schema"], found["status"], found["exit_code"], code) == (
        "losscli/diff/1", "fail", 1, 1,
    )  # fmt: skip
    assert (found["margin"], found["between_runs"], found["ci_level"]) == (0.05, 0.03, 0.95)
    assert (found["old"]["path"], found["new"]["path"]) == ("old.json", "new.json")
    first, mine = found["rows"][:2]
    assert (first["impl"], first["used"], first["anchor"]) == ("torch", "raw", None)
    assert (mine["impl"], mine["used"], mine["anchor"]) == ("kernels.py:f", "anchored", "torch")
    assert mine["ratio"] == mine["anchored"]["ratio"] != mine["raw"]["ratio"]
    assert mine["ci"][0] < mine["ratio"] < mine["ci"][1]
    assert (mine["verdict"], mine["pass"], mine["cache"]) == ("slower", "forward", "warm")
    assert mine["p_slower"] < 0.025 < mine["p_not_slower"]
    assert found["counts"]["slower"] == 4
    assert json.loads(losscli("diff", old, new, "--format", "json")[1])["rows"] == found["rows"]


def test_the_table_says_how_it_was_decided(saved, losscli):
    """Which ratio was used, in which direction, and what was allowed for."""
    old, new = saved(bench(1), "old.json"), saved(bench(2, 1.2), "new.json")
    _, out, _ = losscli("diff", old, new, "--between-runs", "2%")
    assert "above 1 is slower; up to 5 % counts as not slower" in out
    assert "includes a standard deviation of 2 %" in out
    lines = [line.split() for line in out.splitlines()]
    assert [line[-2:] for line in lines if line[:1] == ["f"]] == [["torch", "slower"]] * 4
    assert "4 slower, 4 undecided" in out or "slower, 4 not slower" in out


def test_every_format_and_output(saved, losscli):
    """CSV holds a line a row, Markdown a table; a file is written by its suffix."""
    old, new = saved(bench(1), "old.json"), saved(bench(2), "new.json")
    code, out, _ = losscli("diff", old, new, "--format", "csv", "-o", "d.json", "-o", "d.md")
    assert code == 0
    records = list(csv.DictReader(StringIO(out)))
    assert [record["impl"] for record in records] == ["torch", "kernels.py:f"] * 4
    assert records[0]["shape"] == "1000"
    assert read("d.json")["schema"] == "losscli/diff/1"
    assert "| new/old |" in Path("d.md").read_text()
    assert losscli("diff", old, new, "-o", "old.json")[0] == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("no json", "is not valid JSON"),
        ("{}", "names no schema"),
        ("[1]", "names no schema"),
        ('{"schema": "other/1"}', "not a result of losscli"),
        ('{"schema": "losscli/bench/7", "rows": []}', "does not know: losscli/bench/7"),
        ('{"schema": "losscli/bench/1"}', "'rows' is missing"),
        (json.dumps(document([row("torch", [1.0])]))[:-40], "ends in the middle"),
        (json.dumps(document([{"impl": "torch"}])), "rows[0]: 'loss' is missing"),
        (json.dumps(document([])), "no row of"),
        (
            '{"schema": "losscli/error/1", "message": "no memory"}',
            "holds an error instead of a result",
        ),
        ('{"schema": "losscli/doctor/1"}', "'packages' is missing"),
        (diff(bench(1), bench(2)).to_dict(), "not a result of eval, bench or run"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_benchmark_is_refused(saved, losscli, content, words):
    """With the path, on either side, and with the code for bad data."""
    good, bad = saved(bench(1), "good.json"), saved(content, "bad.json")
    for names in ((good, bad), (bad, good)):
        code, out, err = losscli("diff", *names)
        assert (code, out) == (3, "")
        assert words in err
        assert "bad.json" in err
        assert len(err.splitlines()) <= 3


def test_files_that_cannot_be_read(saved, losscli):
    """Missing, a folder, or no text."""
    good = saved(bench(1), "good.json")
    Path("bytes.json").write_bytes(b"\x93NUMPY\xff\xfe")
    for name, words in (("none.json", "there is no file"), (".", "cannot read"),
                        ("bytes.json", "it is not text")):  # fmt: skip
        code, _, err = losscli("diff", name, good)
        assert (code, words in err) == (3, True), err
    with pytest.raises(DataError, match="no file"):
        read("none.json")


def test_flags_of_losses_mean_nothing_of_benchmarks(saved, losscli):
    """They are said to, before anything is compared."""
    names = saved(bench(1), "old.json"), saved(bench(2), "new.json")
    for flags, words in (
        (("--fail-on", "worse"), "--fail-on slower"),
        (("--fail-on", "slower,worse"), "--fail-on slower"),
        (("--per-sample",), "--per-sample applies to losses"),
        (("--allow-different-data",), "--allow-different-data applies to losses"),
    ):
        code, out, err = losscli("diff", *names, *flags)
        assert (code, out, words in err) == (2, "", True), err


@pytest.mark.parametrize(
    "flags",
    [
        ("--margin", "-1%"),
        ("--margin", "wide"),
        ("--fail-on", "faster"),
        ("--fail-on", ","),
        ("--between-runs", "-1%"),
        ("--format", "xml"),
        ("--output", "d.txt"),
    ],
)
def test_what_makes_no_sense_is_refused(saved, losscli, flags):
    """Before any file is read."""
    assert losscli("diff", "none.json", "none.json", *flags)[0] == 2


def test_one_result_twice_is_said(saved, losscli):
    """It is a slip more often than a test."""
    name = saved(bench(1), "old.json")
    code, _, err = losscli("diff", name, name)
    assert (code, "same result" in err) == (0, True)
