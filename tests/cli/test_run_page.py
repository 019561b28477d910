"""What `losscli run` prints: results, gates worst first with their reasons below, a last line."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from losscli.commands import run as steps
from losscli.gates import Measurement, judge, parse
from losscli.render.gates import gate_lines, gates_line, words_of
from losscli.results.document import Git

CONFIG = """version: 1
baseline: base.json
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae], gates: [
    "mae <= 0.5", "mae <= 1", "mae <= baseline * 1.02", {expect: "rows >= 1000", level: warn}]}
  by-sex: {preds: t.csv, pred: yhat, target: y, by: [sex], losses: [mae], gates: [
    "mae[sex=*] <= 2"]}
outputs: [junit.xml, summary.md]
"""

PAGE = """\
  run     loss            mean  95 % interval    n
  val     mae         0.833333  [-1.752, 3.419]  3
  by-sex  mae         0.833333  [-1.752, 3.419]  3
  by-sex  mae[sex=1]   1.00000  [-11.71, 13.71]  2
  by-sex  mae[sex=2]  0.500000  -                1

  FAIL   val     mae <= 0.5
                 0.833333, over by 0.33 (67 %, half a standard error)
  ERROR  val     mae <= baseline * 1.02
                 0.833333, there is no file base.json; once it is correct:
                 losscli bless results/c/latest.json --reason TEXT
  WARN   val     rows >= 1000: 3, under by 997
  pass   val     mae <= 1: 0.833333
  pass   by-sex  mae[sex=*] <= 2: worst of 2 is sex=1 with 1.00000

  wrote junit.xml, summary.md, results/c/NAME.json
  5 gates: 1 failed, 1 error, 1 warning, 2 passed; exit code 1
"""


@pytest.fixture
def config(pair):
    """A config of two runs whose gates end in every way but undecided."""
    assert pair
    Path("t.csv").write_text("sex,yhat,y\n1,1,1\n2,2,2.5\n1,3,5\n")
    Path("c.yaml").write_text(CONFIG)
    return "c.yaml"


def masked(text):
    """Without the time in a result's name."""
    return re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{8}", "NAME", text)


def test_the_page_is_read_from_its_end(config, losscli):
    """As the picture has it; by hand the standard error is sqrt(13 / 36), 0.6009."""
    said = losscli("run", config)
    assert (said.code, masked(said.out)) == (1, PAGE)


def test_github_gets_the_same_page(config, losscli):
    """And an annotation for each gate that is not pass."""
    lines = masked(losscli("run", config, "--format", "github").out).splitlines()
    assert "\n".join(lines[:-3]) + "\n" == PAGE
    assert [line.split("::")[1] for line in lines[-3:]] == [
        "error title=losscli val mae <= 0.5",
        "error title=losscli val mae <= baseline * 1.02",
        "warning title=losscli val rows >= 1000",
    ]


def test_nothing_is_cut_in_a_pipe(config, losscli, monkeypatch):
    """Whatever the environment says of a terminal."""
    monkeypatch.setenv("COLUMNS", "20")
    assert masked(losscli("run", config).out) == PAGE


def test_a_run_that_the_baseline_lacks_is_told_with_what_to_do(config, losscli):
    """The baseline names itself, and the command that mends it has its own line."""
    losscli("run", config, "--only", "by-sex")
    losscli("bless", "c", "--reason", "a test")
    lines = losscli("run", config).out.splitlines()
    at = lines.index("  ERROR  val     mae <= baseline * 1.02")
    assert lines[at + 1 : at + 3] == [
        " " * 17 + "0.833333, base.json has no 'val'; once it is correct:",
        " " * 17 + "losscli bless results/c/latest.json --reason TEXT",
    ]


@pytest.mark.parametrize(
    ("flags", "place"),
    [
        (("--results", "of mine"), "'of mine/c/latest.json'"),
        (("--no-save",), "RUN.json"),
    ],
    ids=["--results", "--no-save"],
)
def test_what_is_to_be_blessed_is_where_it_was_saved(config, losscli, flags, place):
    """Ready to be pasted into a shell."""
    said = losscli("run", config, *flags)
    assert f"losscli bless {place} --reason TEXT" in said.out


def test_a_wrong_implementation_is_told_with_its_reason(losscli, table):
    """By hand: every loss is ten too large, so the mean is too."""
    table("import numpy as np\ndef f(p, t):\n    return np.abs(p - t).mean() + 10\n", "k.py")
    run = "k: {losses: [mae], impl: ['numpy:k.py:f'], size: [1e3], time: 0.3, memory: false}"
    table(f"version: 1\nbenches:\n  {run}\n", "b.yaml")
    said = losscli("run", "b.yaml", "--no-save")
    (line,) = (
        line for line in said.out.splitlines()
        if line.startswith("  INCORRECT k mae numpy:k.py:f 1000 float32 forward:")
    )  # fmt: skip
    found, true = re.findall(r"\d+\.\d+", line)
    assert said.code == 1
    assert float(found) - float(true) == pytest.approx(10, rel=1e-4)


def test_quiet_leaves_what_is_not_pass_with_its_run(config, losscli):
    """On stderr, a line a gate."""
    said = losscli("run", config, "--quiet")
    assert said.out == ""
    assert {line.split("  ")[0] for line in said.err.splitlines()} == {
        "FAIL: val mae <= 0.5",
        "ERROR: val mae <= baseline * 1.02",
        "WARN: val rows >= 1000",
    }


def test_a_failed_run_without_gates_is_told_in_the_end(config, losscli):
    """With gates they say it; either way the place of the error is there."""
    Path(config).write_text(
        "version: 1\nevals:\n  a: {preds: no.npy, targets: t.npy, losses: [mae]}\n"
        "  b: {preds: no.npy, targets: t.npy, losses: [mae], gates: ['mae <= 1']}\n"
    )
    said = losscli("run", "c.yaml")
    assert said.code == 3
    assert said.out.count("no.npy") == 2
    assert "  a failed: there is no file no.npy" in said.out
    assert "         the run failed: there is no file no.npy" in said.out


def _judged(found, text="mae <= 46", run="val", level="fail"):
    return judge([parse(text, level, run)], lambda _: found)[0].replace(run=run)


WORDS = {
    0.85: "over by 0.85 (1.8 %, half a standard error)",
    0.1: "over by 0.1 (0.22 %, a tenth of a standard error)",
    0.02: "over by 0.02 (0.043 %, far less than a standard error)",
    1.62: "over by 1.6 (3.5 %, 1 standard error)",
    1.45: "over by 1.5 (3.2 %, nearly one standard error)",
    8.1: "over by 8.1 (18 %, 5 standard errors)",
    1620.0: "over by 1620 (3522 %, 1e+03 standard errors)",
}


@pytest.mark.parametrize("excess", WORDS)
def test_an_excess_is_told_beside_the_noise(excess):
    """In words where it is less than a standard error of 1.62."""
    words = words_of(_judged(Measurement(46 + excess, 1.62), run=None))
    assert words.split(", ", 1)[1] == WORDS[excess]


def test_gates_of_one_result_stand_in_columns():
    """Counts are whole numbers."""
    gates = [
        _judged(Measurement(442.0), "rows >= 400", None),
        _judged(Measurement(46.8505, 1.62), run=None),
    ]
    assert [line for line, _ in gate_lines(gates)] == [
        "  FAIL  mae <= 46      46.8505, over by 0.85 (1.8 %, half a standard error)",
        "  pass  rows >= 400    442",
    ]
    assert gates_line(gates, 1) == "1 gate failed, 1 passed; exit code 1"


def test_counts_of_gates_agree_with_their_number():
    """One of each, and several."""
    one, two = _judged(Measurement(1.0)), _judged(Measurement(None, reason="gone"))
    assert gates_line([one], 0) == "1 gate: 1 passed; exit code 0"
    assert gates_line([one, two, two], 1) == "3 gates: 2 errors, 1 passed; exit code 1"
    assert gates_line([], 0) == "no gates; exit code 0"


def test_an_undecided_gate_has_its_reason_below():
    """Its interval and the limit that it spans."""
    gate = _judged(Measurement(1.0, ci=(0.9, 1.1)), "x <= 1")
    assert [line for line, _ in gate_lines([gate])] == [
        "  UNDECIDED  val  x <= 1",
        "                  1.00000, [0.9, 1.1] contains the limit of 1",
    ]


def test_a_reason_that_looks_like_a_command_is_no_line_of_its_own_start():
    """Whatever a name holds, every line begins with blanks."""
    gate = _judged(Measurement(None, reason="no 'a: losscli x\n::error::b'"))
    lines = [line for line, _ in gate_lines([gate])]
    assert all(line.startswith("  ") and "\n" not in line for line in lines)
    assert not any(line.lstrip().startswith("::") for line in lines)


def test_junit_has_the_time_of_each_run_and_what_it_depends_on(config, losscli, monkeypatch):
    """Fresh and read back from the history; the commit with its changes."""
    git = Git("f" * 40, dirty=True)
    monkeypatch.setattr(steps, "state", lambda: git)
    losscli("run", config)
    xmlschema = pytest.importorskip("xmlschema")
    junitparser = pytest.importorskip("junitparser")
    schema = xmlschema.XMLSchema(Path(__file__).parents[1] / "data" / "junit.xsd")
    document = json.loads(Path("results/c/latest.json").read_text())
    shown = losscli("results", "show", "c", "--format", "junit").out
    for text in (Path("junit.xml").read_text(), shown):
        schema.validate(text)
        (suite,) = junitparser.JUnitXml.fromstring(text.encode())
        assert (suite.tests, suite.failures, suite.errors) == (5, 1, 1)
        times = {case.classname: case.time for case in suite}
        assert times == {
            f"losscli.{run}": pytest.approx(part["timing"]["wall_s"], abs=6e-4)
            for run, part in document["evals"].items()
        }
        assert suite.time == pytest.approx(document["timing"]["wall_s"], abs=6e-4)
        facts = {each.name: each.value for each in suite.properties()}
        assert facts["config.digest"] == document["config"]["digest"]
        assert facts["git.commit"] == f"{'f' * 40} with changes"
        assert facts["val.targets"] == document["evals"]["val"]["inputs"][1]["digest"]


def test_levels_that_differ_have_no_common_head(config, losscli):
    """The head names a level only where it is that of all."""
    said = losscli("run", config, "--set", "evals.val.ci=0.9", "--no-save")
    assert said.out.splitlines()[0].split() == ["run", "loss", "mean", "interval", "n"]
    assert np.load("p.npy").shape == (3,)
