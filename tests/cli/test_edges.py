"""Corners where a result was lost, destroyed or misread."""

import csv
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate, losses

PROGRAM = (sys.executable, "-m", "losscli", "eval")
ROWS = [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]


@pytest.fixture
def files():
    """Predictions and targets in the test's folder."""
    np.save("p.npy", ROWS[0])
    np.save("t.npy", ROWS[1])
    return "p.npy", "t.npy"


def test_a_stderr_that_is_full_does_not_cost_the_result(files):
    """The note is lost, and the table is there."""
    np.save("p.npy", [1.0, np.nan, 3.0])
    command = [*PROGRAM, *files, "-l", "mae", "--nan", "skip"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full)
    assert done.returncode == 0
    assert b"2 of 3 rows; 1 skipped" in done.stdout


def test_a_stdout_that_is_full_keeps_the_exit_code_of_the_error(files):
    """Never 1, which a CI would read as a failed gate."""
    command = [*PROGRAM, "nope.npy", files[1], "-l", "mae", "--format", "json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: there is no file nope.npy")


def test_a_fifo_is_not_replaced_by_an_output(losscli, files):
    """What is no regular file is refused, and is still there."""
    os.mkfifo("r.json")
    said = losscli("eval", *files, "-l", "mae", "-o", "r.json")
    assert said.code == 2
    assert "not a regular file" in said.error[0]
    assert stat.S_ISFIFO(Path("r.json").stat().st_mode)


def test_a_file_that_is_replaced_keeps_its_mode(losscli, files):
    """A private result stays private."""
    Path("r.json").touch(mode=0o600)
    assert losscli("eval", *files, "-l", "mae", "-o", "r.json").code == 0
    assert stat.S_IMODE(Path("r.json").stat().st_mode) == 0o600


def test_a_name_that_is_not_utf_8_is_written_escaped(losscli, files):
    """The error document is there, and nothing else is left."""
    said = losscli("eval", os.fsdecode(b"\xff.npy"), files[1], "-l", "mae", "-o", "e.csv")
    assert said.code == 3
    with open("e.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["code"] == "3"
    assert sorted(path.name for path in Path().iterdir()) == ["e.csv", "p.npy", "t.npy"]


def test_the_root_is_shown_under_reduction_none(losscli, files):
    """The number beside rmse is a root, and lies within its interval."""
    said = losscli("eval", *files, "-l", "mse,rmse", "--reduction", "none", "--per-sample", "s.npy")
    lines = said.out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["mse", "4.66667"], ["rmse", "2.16025"]]


def test_a_statistic_is_shown_once_and_always(losscli):
    """Also where mean and root are the same number, or nan."""
    np.save("p.npy", [1.0, 1.0])
    np.save("t.npy", [0.0, 0.0])
    said = losscli("eval", "p.npy", "t.npy", "-l", "mse,rmse")
    assert [line.split()[0] for line in said.out.splitlines()[1:4]] == ["mse", "rmse", "rmse"]


def test_a_sum_does_not_stand_beside_the_interval_of_the_mean(losscli, files):
    """The interval is in the JSON, where it says that it is the mean's."""
    said = losscli("eval", *files, "-l", "mae", "--reduction", "sum")
    assert said.out.splitlines()[1].split() == ["mae", "6.00000", "-", "1.00", "3.00000", "2"]


def test_a_matrix_of_chances_is_noted_under_bce_with_logits():
    """Every value in [0, 1] is enough: its rows are no classes."""
    rng = np.random.default_rng(0)
    found = evaluate(rng.random((50, 3)), rng.integers(0, 2, (50, 3)), loss="bce_with_logits")
    assert "looks_like_probabilities" in [note.code for note in found.notes]


def test_one_long_id_does_not_make_every_id_long(losscli):
    """Memory is that of the text."""
    lines = [f"{k},1,2" for k in range(2000)] + ["x" * 100_000 + ",1,2"]
    for name in ("a.csv", "b.csv"):
        with open(name, "w") as file:
            file.write("id,p,t\n" + "\n".join(lines) + "\n")
    roles = ["--id", "id", "--pred", "p", "--target", "t"]
    command = [*PROGRAM, "a.csv", "b.csv", *roles, "-l", "mae"]
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, check=True)
    assert int(done.stdout.split()[-1]) < 400_000  # KiB; fixed-width text took 1.6 GB


def test_the_first_row_that_is_wrong_is_told_with_its_like(losscli):
    """A row that is nan comes before one that is out of range, and is counted apart."""
    np.save("p.npy", [0.5, np.nan, 0.5, 7.0, np.nan, 8.0, 9.0])
    np.save("t.npy", np.ones(7))
    said = losscli("eval", "p.npy", "t.npy", "-l", "bce")
    assert "nan is a missing value" in said.error[0]
    assert "row 1; 2 such rows of 7" in said.error[1]
    np.save("p.npy", [0.5, 7.0, 0.5, np.nan, np.nan, 8.0, 9.0])
    said = losscli("eval", "p.npy", "t.npy", "-l", "bce")
    assert "7 is above" in said.error[0]
    assert "row 1; 3 such rows of 7" in said.error[1]


def test_rows_that_count_in_one_loss_only_are_told_by_loss(losscli):
    """One line of rows cannot speak for both."""
    np.save("p.npy", np.zeros((3, 2)))
    np.save("t.npy", [0, 1, -100])
    said = losscli("eval", "p.npy", "t.npy", "-l", "cross_entropy,all=cross_entropy:ignore_index=1")
    assert said.code == 3  # -100 is a label there
    np.save("t.npy", [0, 1, 1])
    said = losscli("eval", "p.npy", "t.npy", "-l", "cross_entropy,no1=cross_entropy:ignore_index=1")
    assert "3 of 3 rows (cross_entropy) · 1 of 3 rows; 2 ignored (no1)" in said.out


def test_weights_are_float64_in_the_fast_lane_too(losscli):
    """What float32 would turn into 0 and infinity."""
    np.save("p.npy", [1.0, 2.0])
    np.save("t.npy", [0.0, 0.0])
    np.save("w.npy", [1e-60, 3e-60])
    found = evaluate("p.npy", "t.npy", loss="mae", weights="./w.npy", dtype="float32")
    assert found.value == 1.75


def test_integers_that_lose_digits_are_noted():
    """2^53 + 1 is no float64, and 2^24 + 1 no float32."""
    for digits, dtype in ((53, "float64"), (24, "float32")):
        whole = np.array([2**digits + 1, 1])
        (note,) = rounded(evaluate(whole, np.zeros(2), loss="mae", dtype=dtype))
        assert note.message == f"integers beyond 2^{digits} were rounded to the nearest {dtype}"
        assert not rounded(evaluate(whole - 1, np.zeros(2), loss="mae", dtype=dtype))
        assert rounded(evaluate(-whole, np.zeros(2), loss="mae", dtype=dtype))
        assert not rounded(evaluate(1 - whole, np.zeros(2), loss="mae", dtype=dtype))
    assert not rounded(evaluate(whole, np.zeros(2), loss="mae"))


def rounded(found):
    """The notes of that."""
    return [note for note in found.notes if note.code == "integers_rounded"]


def test_a_long_name_of_wide_characters_is_written(losscli, files):
    """The name it has meanwhile is no longer than a folder allows."""
    name = "損" * 80 + ".md"
    assert losscli("eval", *files, "-l", "mae", "-o", name).code == 0
    assert sorted(path.name for path in Path().iterdir()) == sorted([*files, name])


def test_controls_in_names_reach_no_table_of_cells(losscli, files):
    """A label with an escape, in CSV on stdout and in a per-sample header."""
    label = "a\x1b[31m"
    said = losscli("eval", *files, "-l", f"{label}=mae", "--format", "csv", "--per-sample", "s.csv")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert Path("s.csv").read_text().splitlines()[0] == "row,a\\x1b[31m"


WRONG = {
    "threads as text": {"threads": "2"},
    "half a thread": {"threads": 2.5},
    "a thread less": {"threads": -1},
    "no loss": {"loss": None},
    "a number for a loss": {"loss": 5},
    "no engine": {"engine": None},
    "no policy": {"nan": None},
    "a word for a truth": {"header": "no"},
    "no level": {"ci": None},
    "a level past the end": {"ci": 95},
    "a number for a file": {"output": 5},
    "a path with a NUL": {"output": "r\0.json"},
    "a number for a device": {"device": 3},
    "a number for a column": {"pred": 5},
    "a number for a column of a model": {"pred": [["a"], [5]]},
}


@pytest.mark.parametrize("flags", WRONG.values(), ids=WRONG)
def test_a_flag_of_the_wrong_kind_is_refused_by_name(flags):
    """Never a TypeError from somewhere inside."""
    with pytest.raises(UsageError, match=next(iter(flags))):
        evaluate([1.0], [0.0], **{"loss": "mse", **flags})


def test_a_path_that_cannot_be_is_refused():
    """Wherever it is given."""
    for given in (("p\0.npy", [0.0]), ([1.0], "t\0.npy")):
        with pytest.raises(DataError, match="cannot open"):
            evaluate(*given, loss="mse")
    with pytest.raises(DataError, match="single number"):
        evaluate(5, [0.0], loss="mse")


def test_labels_are_not_rounded():
    """They are compared, whatever their size."""
    labels = np.array([2**62, 1, 0])
    found = evaluate(np.eye(3), labels, loss=f"cross_entropy:ignore_index={2**62}")
    assert not rounded(found)


HUGE = {
    "a huge float": ("smooth_l1", {"beta": 10**400}),
    "thousands of digits": ("smooth_l1", {"beta": 10**5000}),
    "a huge index": ("cross_entropy", {"ignore_index": 10**400}),
}


@pytest.mark.parametrize(("name", "params"), HUGE.values(), ids=HUGE)
def test_a_parameter_past_every_range_is_refused(name, params):
    """In one line, by name."""
    pred, target = ([[0.0, 1.0]], [1]) if name == "cross_entropy" else ([1.0], [0.0])
    with pytest.raises(UsageError, match=f"{next(iter(params))} of {name} must be"):
        getattr(losses, name)(pred, target, **params)


def test_rows_of_nothing_are_refused_by_a_loss():
    """And not averaged."""
    with pytest.raises(DataError, match="takes rows of numbers"):
        losses.mse(np.zeros((3, 0)), np.zeros((3, 0)))
