"""What `losscli run` would do: --dry-run, --print-config, --set, --only, --fail-fast."""

import json
from pathlib import Path

import numpy as np
import pytest

CONFIG = """version: 1
defaults: {nan: skip}
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae, mse], gates: ["mae <= 1"]}
  late: {preds: p.npy, targets: t.npy, losses: [mae], nan: propagate, gates: ["mae <= 2"]}
benches:
  b: {losses: [mae], impl: [numpy], size: [1e3], time: 2, memory: false, gates: ["mae.time <= 9"]}
"""


@pytest.fixture
def config(pair):
    """Two evaluations and a benchmark."""
    assert pair
    Path("c.yaml").write_text(CONFIG)
    return "c.yaml"


@pytest.fixture
def planned(losscli):
    """The runs of a dry run by their names, and its exit code."""

    def call(*arguments):
        said = losscli("run", "c.yaml", "--dry-run", "--format", "json", *arguments)
        return {row["run"]: row for row in json.loads(said.out)["rows"]}, said.code

    return call


def test_a_dry_run_tells_sizes_and_times_and_does_nothing(config, planned, losscli):
    """Rows and bytes as the headers have them; a benchmark takes the time that it is given."""
    found, code = planned()
    assert code == 0
    size = Path("p.npy").stat().st_size + Path("t.npy").stat().st_size
    assert [(row["rows"], row["bytes"]) for row in found.values()] == [
        (3, size), (3, size), (None, None),
    ]  # fmt: skip
    assert (found["b"]["seconds"], found["b"]["gates"]) == (2.0, ["mae.time <= 9"])
    said = losscli("run", config, "--dry-run")
    assert "times are estimates: 1 GB/s per loss" in said.out
    assert said.out.splitlines()[-1] == "  3 runs, 3 gates, about 2.0 s; nothing was computed"
    assert not Path("results").exists()


def test_a_dry_run_reads_headers_only(config, planned):
    """Ten billion rows, of which there is nothing but holes, and would be no loss to take."""
    shape = (10_000_000_000,)
    for name in ("p.npy", "t.npy"):
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        with Path(name).open("wb") as file:
            file.write(b"\x93NUMPY\x01\x00\x76\x00" + header.encode())
            file.truncate(128 + 8 * shape[0])
    found, code = planned()
    assert code == 0
    assert found["val"]["rows"] == shape[0]
    # 160 GB at 1 GB/s, for each of two losses
    assert found["val"]["seconds"] == pytest.approx(320, rel=1e-6)


def test_a_dry_run_does_not_look_at_numbers(config, planned, losscli):
    """What is in them is found by the run itself."""
    np.save("p.npy", np.full(3, np.inf))
    Path("p.csv").write_text("a\n1\nx\n3\n")
    assert planned("--set", "defaults.nan=error")[1] == 0
    assert planned("--set", "evals.val.preds=p.csv")[1] == 0
    assert losscli("run", config, "--set", "evals.val.preds=p.csv", "--no-save").code == 3


HEADERS = {
    "a missing file": (lambda: Path("p.npy").unlink(), "there is no file p.npy"),
    "a header that is none": (lambda: Path("p.npy").write_bytes(b"\x93NUMPY\x01\x00"), "p.npy"),
    "a body that is cut off": (
        lambda: Path("p.npy").write_bytes(Path("p.npy").read_bytes()[:-4]),
        "p.npy",
    ),
    "other numbers of rows": (lambda: np.save("p.npy", np.zeros(2)), "numbers of rows differ"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_dry_run_says_what_is_wrong_with_headers(case, config, planned):
    """With the exit code that the run would end with, and the other runs beside it."""
    spoil, words = HEADERS[case]
    spoil()
    found, code = planned()
    assert code == 3
    assert words in found["val"]["problem"]
    assert found["b"]["problem"] is None


ORIGINS = {
    "built in": ([], {}, ("mean", "built in")),
    "the file": (["--set", "evals.val.nan=error"], {}, ("mean", "built in")),
    "the environment": ([], {"LOSSCLI_REDUCTION": "sum"}, ("sum", "LOSSCLI_REDUCTION")),
    "a flag": (
        ["--set", "evals.val.reduction=mean"],
        {"LOSSCLI_REDUCTION": "sum"},
        ("mean", "--set"),
    ),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_each_value_is_printed_with_where_it_came_from(case, config, losscli, monkeypatch):
    """Built in < project file < environment < flags; what is built in is shown too."""
    flags, environment, wanted = ORIGINS[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = losscli("run", config, "--print-config", "--format", "json", *flags)
    found = {row["key"]: (row["value"], row["origin"]) for row in json.loads(said.out)["rows"]}
    assert found["evals.val.reduction"] == wanted
    assert found["evals.late.nan"] == ("propagate", "c.yaml, line 5")
    assert found["evals.val.gates.0"] == ("mae <= 1", "c.yaml, line 4")
    assert found["evals.val.threads"] == (0, "built in")
    assert found["benches.b.time"] == (2, "c.yaml, line 7")
    assert found["benches.b.seed"] == (0, "built in")
    assert found["on_undecided"] == ("undecided", "built in")
    nan = ("error", "--set") if case == "the file" else ("skip", "c.yaml, line 2")
    assert found["evals.val.nan"] == nan


def test_what_is_printed_is_what_is_done(config, losscli, monkeypatch):
    """The environment beats the file, and --set both: the third number is nan."""
    np.save("p.npy", np.array([1.0, 2.0, np.nan]))
    only = ("run", config, "--no-save", "--format", "json", "--only", "val")

    def outcome(*flags):
        said = losscli(*only, *flags)
        (mae, _) = json.loads(said.out)["evals"]["val"]["losses"]
        return said.code, mae["value"], mae["skipped"]

    assert outcome() == (0, 0.25, 1)
    monkeypatch.setenv("LOSSCLI_NAN", "propagate")
    assert outcome() == (1, "nan", 0)
    assert outcome("--set", "evals.val.nan=skip") == (0, 0.25, 1)


def test_a_bad_value_names_where_it_came_from(config, losscli, monkeypatch):
    """Exit code 2, before any work."""
    monkeypatch.setenv("LOSSCLI_NAN", "maybe")
    said = losscli("run", config)
    assert said.code == 2
    assert "nan takes error, skip, mask or propagate, not 'maybe'" in said.err
    assert "LOSSCLI_NAN" in said.err
    assert not Path("results").exists()
    monkeypatch.delenv("LOSSCLI_NAN")
    monkeypatch.setenv("LOSSCLI_REDUCTON", "sum")
    assert "LOSSCLI_REDUCTON is not a setting" in losscli("run", config, "--dry-run").err


def test_only_some_runs_and_their_gates(config, losscli):
    """In the order of the config, by commas or repeated; a name that is none is refused."""
    both = losscli("run", config, "--no-save", "--format", "json", "--only", "late,val")
    again = losscli(
        "run", config, "--no-save", "--format", "json", "--only", "val", "--only", "late"
    )
    for said in (both, again):
        document = json.loads(said.out)
        assert list(document["evals"]) == ["val", "late"]
        assert document["benches"] == {}
        assert [gate["run"] for gate in document["gates"]] == ["val", "late"]
        (note,) = document["notes"]
        assert note["code"] == "only"
        assert f"note: {note['message']}" in said.err.splitlines()
    said = losscli("run", config, "--only", "vla")
    assert (said.code, "did you mean val" in said.err) == (2, True)


def test_fail_fast_stops_at_what_fails(config, losscli):
    """Not at what only warns; the gates of what was left out are errors."""
    flags = ("--no-save", "--fail-fast", "--format", "json", "--only", "val,late")
    text = Path(config).read_text()
    Path(config).write_text(text.replace("mae <= 1", "mae <= 0.1"))
    document = json.loads(losscli("run", config, *flags).out)
    assert [gate["status"] for gate in document["gates"]] == ["fail", "error"]
    assert "not run: an earlier run failed" in document["gates"][1]["reason"]
    warns = "{expect: mae <= 0.1, level: warn}"
    Path(config).write_text(text.replace('"mae <= 1"', warns))
    said = losscli("run", config, *flags)
    document = json.loads(said.out)
    assert (said.code, [gate["status"] for gate in document["gates"]]) == (0, ["warn", "pass"])


EXCLUDING = [
    ("--dry-run", "--print-config"),
    ("--dry-run", "--self-test"),
    ("--self-test", "--print-config"),
]


@pytest.mark.parametrize("flags", EXCLUDING)
def test_one_question_at_a_time(flags, config, losscli):
    """Exit code 2."""
    said = losscli("run", config, *flags)
    assert (said.code, "exclude each other" in said.error[0]) == (2, True)
