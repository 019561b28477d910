"""What a CI job sees: reports in files whatever the exit code, and a summary of the step."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from losscli.render.pages import doctor as diagnosis
from tests.differences.conftest import bench

OUTPUTS = ("--output", "junit.xml", "--output", "summary.md", "--output", "run.json")


def reports():
    """The counts of junit.xml, and the two other texts."""
    root = ET.fromstring(Path("junit.xml").read_bytes())
    counts = tuple(int(root.get(name)) for name in ("tests", "failures", "errors"))
    return counts, Path("summary.md").read_text(), json.loads(Path("run.json").read_text())


def test_reports_are_written_where_all_is_well(losscli, pair):
    """With a test case a gate."""
    assert losscli("eval", *pair, "-l", "mae", "--max", "mae=9", *OUTPUTS).code == 0
    counts, summary, document = reports()
    assert (counts, document["exit_code"]) == ((1, 0, 0), 0)
    assert "| pass | mae &lt;= 9 | 0.833333 |" in summary


def test_reports_are_written_where_a_gate_fails(losscli, pair):
    """Exit code 1."""
    gates = ("--max", "mae=0.1", "--gate", "gone <= 1", "--gate", "rows >= 1")
    assert losscli("eval", *pair, "-l", "mae", *gates, *OUTPUTS).code == 1
    counts, summary, document = reports()
    assert (counts, document["exit_code"]) == ((3, 1, 1), 1)
    rows = [line.split(" | ")[0] for line in summary.splitlines()[3:6]]
    assert rows == ["| FAIL", "| ERROR", "| pass"]
    assert [gate["status"] for gate in document["gates"]] == ["error", "pass", "fail"]


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (3, ("gone.npy", "t.npy")),
        (4, ("p.npy", "t.npy", "--backend", "torch", "--device", "cuda:77")),
    ],
)
def test_reports_are_written_where_nothing_was_computed(losscli, pair, code, arguments):
    """Exit codes 3 and 4: one test case, in error."""
    said = losscli("eval", *arguments, "-l", "mae", *OUTPUTS)
    assert said.code == code
    counts, summary, document = reports()
    assert counts == (1, 0, 1)
    assert summary.startswith("**error:** ")
    assert document["code"] == code


def test_reports_are_written_where_something_is_undecided(losscli):
    """Exit code 6: what could not be decided is a failure of that type."""
    Path("a.json").write_text(json.dumps(bench(1, rounds=6, noise=0.3)))
    Path("b.json").write_text(json.dumps(bench(2, rounds=6, noise=0.3)))
    said = losscli("diff", "a.json", "b.json", "--fail-on", "undecided", *OUTPUTS)
    assert said.code == 6
    counts, _, document = reports()
    undecided = document["counts"]["undecided"]
    assert counts == (len(document["rows"]), undecided, 0)
    assert undecided > 0
    kinds = {each.get("type") for each in ET.parse("junit.xml").iter("failure")}
    assert kinds == {"undecided"}


def test_a_slower_row_fails_only_where_that_was_asked(losscli):
    """Otherwise it is a warning, as the exit code is 0."""
    Path("a.json").write_text(json.dumps(bench(1)))
    Path("b.json").write_text(json.dumps(bench(2, slowdown=2.0)))
    strict = losscli("diff", "a.json", "b.json", "--fail-on", "slower", "-o", "s.xml")
    lenient = losscli("diff", "a.json", "b.json", "--format", "github", "-o", "l.xml")
    assert (strict.code, lenient.code) == (1, 0)
    slower = [e.get("message") for e in ET.parse("s.xml").iter("failure")]
    assert len(slower) == 4
    assert all(words.startswith("slower (") for words in slower)
    assert ET.parse("l.xml").getroot().get("failures") == "0"
    assert lenient.out.count("\n::warning title=losscli kernels.py%3Af%2C ") == 4
    assert "::error" not in lenient.out


def test_a_wrong_row_of_a_benchmark_fails(losscli):
    """A case a row; those that are right pass."""
    Path("k.py").write_text(
        "def wrong(pred, target):\n    return (pred - target).abs().mean() + 1\n"
    )
    flags = ("--size", "1000", "--time", "0.2", "--pass", "forward", "--no-progress")
    said = losscli("bench", "-l", "mae", "--impl", "numpy,k.py:wrong", *flags, "-o", "b.xml")
    assert said.code == 1
    cases = [
        (case.get("name"), [part.tag for part in case])
        for case in ET.parse("b.xml").iter("testcase")
    ]
    assert cases == [
        ("numpy, mae 1000 float32 cpu forward", ["system-out"]),
        ("k.py:wrong, mae 1000 float32 cpu forward", ["failure"]),
    ]


@pytest.mark.parametrize("command", [("check", "mae"), ("doctor", "--quick")], ids=" ".join)
def test_what_has_no_gates_has_a_report(losscli, command):
    """Which is never empty."""
    said = losscli(*command, "--format", "junit")
    root = ET.fromstring(said.out)
    assert said.code == 0
    assert int(root.get("tests")) == len(list(root.iter("testcase"))) > 0
    assert (root.get("failures"), root.get("errors")) == ("0", "0")


def test_a_kind_that_counts_nothing_itself_is_one_case(losscli, monkeypatch):
    """By its exit code: no report is empty, and none fails for want of a list."""
    monkeypatch.delattr(diagnosis, "report_cases")
    root = ET.fromstring(losscli("doctor", "--quick", "--format", "junit").out)
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert root.find(".//testcase/system-out").text == "exit code 0"


def test_the_summary_of_a_step_is_added_to(losscli, pair, monkeypatch):
    """What stands there stays; a line that does not end is ended."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    Path("step.md").write_text("# earlier")
    arguments = ("eval", *pair, "-l", "mae", "--max", "mae=0.1")
    said = losscli(*arguments, "--format", "github", "-o", "r.md")
    report = Path("r.md").read_text()
    assert said.code == 1
    assert Path("step.md").read_text() == f"# earlier\n\n{report}"
    again = losscli(*arguments, "--format", "github")
    assert again.code == 1
    assert Path("step.md").read_text().count("<!-- losscli:") == 2
    losscli(*arguments)
    assert Path("step.md").read_text().count("<!-- losscli:") == 2


def test_a_summary_stays_under_a_mebibyte(losscli, pair, monkeypatch):
    """With what stands there already, of which GitHub would drop all."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    earlier = "x" * ((1 << 20) - 300)
    Path("step.md").write_text(earlier)
    arguments = ("eval", *pair, "-l", "mae", "--max", "mae=9", "--format", "github")
    said = losscli(*arguments)
    found = Path("step.md").read_text()
    assert (said.code, said.err) == (0, "")
    assert len(found.encode()) < 1 << 20
    assert found.startswith(earlier)
    assert found.splitlines()[-1].startswith("> truncated: ")
    Path("step.md").write_text(earlier + "x" * 290)
    said = losscli(*arguments)
    assert (said.code, len(Path("step.md").read_text())) == (0, len(earlier) + 290)
    assert said.err == "note: the summary of this step is full\n"


def test_a_summary_that_cannot_be_written_costs_no_result(losscli, pair, monkeypatch):
    """A note says so; the exit code is that of the gates."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/step.md")
    said = losscli("eval", *pair, "-l", "mae", "--format", "github")
    assert said.code == 0
    assert said.err.startswith("note: the summary of this step cannot be written")
    assert "0.833333" in said.out


def test_quiet_leaves_the_annotations(losscli, pair, monkeypatch):
    """It is the table that is left out."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    said = losscli("eval", *pair, "-l", "mae", "--max", "mae=0.1", "--format", "github", "-q")
    assert [line.split("::")[1] for line in said.out.splitlines()] == [
        "error title=losscli mae <= 0.1"
    ]
    assert "| FAIL |" in Path("step.md").read_text()


@pytest.mark.parametrize("flags", [["--format", "github"], ["--format=github"]], ids="".join)
def test_an_error_is_annotated(losscli, pair, monkeypatch, flags):
    """Beside the message on stderr, and in the summary."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    said = losscli("eval", "p.npy", "gone, 50%.npy", "-l", "mae", *flags)
    assert said.code == 3
    (line,) = said.out.splitlines()
    assert line.startswith("::error title=losscli::")
    assert "gone, 50%25.npy" in line
    assert "gone, 50%.npy" in said.error[0]
    assert Path("step.md").read_text().startswith("**error:** ")


def test_an_error_in_junit_is_a_document(losscli, pair):
    """`losscli … --format junit > junit.xml` leaves something to read."""
    said = losscli("eval", "p.npy", "gone.npy", "-l", "mae", "--format", "junit")
    assert said.code == 3
    assert ET.fromstring(said.out).get("errors") == "1"


def test_a_name_is_no_command_on_stderr_either(losscli, pair):
    """GitHub reads both streams, and strips the blanks before a command."""
    np.save("::error::x.npy", np.array([1.0, np.nan, 2.0]))
    said = losscli("eval", "::error::x.npy", "t.npy", "-l", "mae")
    assert said.code == 3
    assert said.error[1] == r"  \x3a:error::x.npy, row 1; 1 such row of 3"


def test_a_file_in_github_s_format_has_no_suffix(losscli, pair):
    """It is for the log of a job."""
    said = losscli("eval", *pair, "-l", "mae", "-o", "r.github")
    assert said.code == 2
    assert ".xml" in said.error[-1]
