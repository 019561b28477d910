"""`losscli bench` and `losscli check` as a user sees them."""

import csv
import json
import math
from pathlib import Path

from losscli import bench
from losscli.render.formats.table import lines_of

QUICK = ("--size", "4096", "--time", "0.3", "--no-memory", "--threads", "1")
WRONG = "def zero(pred, target):\n    return (0 * pred).mean()\n"


def test_the_table_has_a_block_a_loss(losscli):
    """A caption a pass, a line an implementation, units on every number."""
    said = losscli("bench", "-l", "mse,mae", *QUICK)
    assert said.code == 0
    lines = said.out.splitlines()
    heads = [line.split("  ")[1] for line in lines if "speed-up" in line and "median" in line]
    assert heads == ["mse 4096 float32", "mae 4096 float32"]
    assert [line.split()[0] for line in lines if line.startswith("    ")] == ["numpy", "torch"] * 4
    captions = [line for line in lines if " at peak bandwidth" in line]
    assert captions[0] == "  forward: moves 32.8 kB, 32.8 ns at peak bandwidth"
    assert captions[1] == "  forward+backward: moves 49.2 kB, 49.2 ns at peak bandwidth"
    firsts = [line for line in lines if line.startswith("    numpy")]
    assert all(line.rstrip().endswith("  1") for line in firsts)


def test_a_wrong_implementation_is_exit_1(losscli):
    """Its row keeps its time in brackets, says what is wrong and what to run next."""
    Path("k.py").write_text(WRONG)
    said = losscli("bench", "-l", "mse", "--impl", "torch,k.py:zero", "--pass", "forward", *QUICK)
    assert said.code == 1
    (row,) = [line for line in said.out.splitlines() if line.startswith("    zero")]
    assert row.split()[1] == "INCORRECT"
    assert "(" in row
    assert "INCORRECT k.py:zero, mse 4096 forward: the mean is 0, expected" in said.out
    assert "losscli check k.py:zero --as mse" in said.out
    assert said.out.splitlines()[-1] == "  1 row is incorrect; exit code 1"


def test_formats_and_files_agree(losscli):
    """JSON on stdout, CSV, Markdown and JSON beside it."""
    files = [part for suffix in ("json", "csv", "md") for part in ("-o", f"b.{suffix}")]
    said = losscli("bench", "-l", "mse", "--format", "json", *QUICK, *files)
    assert said.code == 0
    document = json.loads(said.out)
    assert json.loads(Path("b.json").read_text()) == document
    with open("b.csv", newline="") as file:
        records = list(csv.DictReader(file))
    assert [record["impl"] for record in records] == ["numpy", "torch"] * 2
    medians = [row["time_s"]["median"] for row in document["rows"]]
    assert [float(record["time_median_s"]) for record in records] == medians
    page = Path("b.md").read_text()
    assert page.count("| numpy |") == 2
    assert "| *forward: moves 32.8 kB, 32.8 ns at peak bandwidth* |" in page


def test_quiet_prints_no_table(losscli):
    """The exit code and the files are the answer."""
    said = losscli("bench", "-l", "mse", "--impl", "numpy", "-q", *QUICK)
    assert (said.code, said.out) == (0, "")


def test_columns_leave_a_narrow_page_in_their_order():
    """Memory first, then bandwidth; the interval becomes a plus or minus."""
    result = bench(loss="mse", size="4096", time=0.3, memory=False, threads=1)
    wide = "\n".join(line for line, _ in lines_of(result, math.inf, "utf-8"))
    narrow = [line for line, _ in lines_of(result, 80, "ascii")]
    assert "95 % interval" in wide
    assert "memory" in wide
    assert max(len(line) for line in narrow if line.startswith("    ")) <= 80
    head = next(line for line in narrow if "median" in line)
    assert "+/-" in head
    assert "95 % interval" not in head
    assert "GB/s" not in head
    assert any(line.startswith("  not shown at this width: memory, GB/s") for line in narrow)
    assert all(line.isascii() for line in narrow)


def test_a_plot_is_drawn_in_the_format_of_its_suffix(losscli):
    """PNG and SVG; before any work it is refused where it cannot be written."""
    assert losscli("bench", "-l", "mse", "--impl", "numpy", *QUICK, "--plot", "p.png").code == 0
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert losscli("bench", "-l", "mse", "--impl", "numpy", *QUICK, "--plot", "p.svg").code == 0
    assert b"<svg" in Path("p.svg").read_bytes()
    said = losscli("bench", "-l", "mse", "--plot", "nowhere/p.png")
    assert said.code == 2
    assert "cannot write nowhere/p.png" in said.error[0]


def test_an_error_is_in_the_files_and_on_stdout(losscli):
    """A device that is not here: exit code 4, everywhere."""
    said = losscli("bench", "--device", "cuda:99", "--format", "json", "-o", "b.json")
    assert said.code == 4
    assert json.loads(said.out)["code"] == 4
    assert json.loads(Path("b.json").read_text())["schema"] == "losscli/error/1"


def test_a_check_says_passed_or_failed(losscli):
    """Its exit code, and a line for each case."""
    said = losscli("check", "mae")
    assert said.code == 0
    assert said.out.splitlines()[-1].endswith("checks passed")
    Path("k.py").write_text(WRONG)
    said = losscli("check", "k.py:zero", "--as", "mae")
    assert said.code == 1
    assert "smallest: pred [" in said.out
    assert "exit code 1" in said.out.splitlines()[-1]


def test_a_size_beyond_this_machine_is_missing_memory(losscli):
    """Exit code 4, and how much it would have been."""
    said = losscli("bench", "-l", "mse", "--impl", "numpy", "--size", "1e12")
    assert said.code == 4
    assert "too little memory" in said.error[0]
    assert "TiB" in said.error[1]


def test_a_loss_without_a_gradient_has_a_forward_pass_alone(losscli):
    """With nothing left to do where only the other was asked for, the mend is said."""
    said = losscli("bench", "-l", "zero_one,mae", "--impl", "numpy", "--format", "json", *QUICK)
    assert said.code == 0, said.err
    passes = [(row["loss"], row["pass"]) for row in json.loads(said.out)["rows"]]
    assert passes == [
        ("zero_one", "forward"), ("mae", "forward"), ("mae", "forward+backward"),
    ]  # fmt: skip
    said = losscli("bench", "-l", "zero_one", "--pass", "forward+backward", *QUICK)
    assert said.code == 4
    assert "zero_one: no backward pass: --pass forward" in said.err


def test_a_check_tells_each_kind_of_fault_once(losscli):
    """With the number of cases like it, and lines to paste; JSON has every case."""
    Path("k.py").write_text(WRONG)
    said = losscli("check", "k.py:zero", "--as", "mse", "--examples", "0")
    assert said.code == 1
    told = [line for line in said.out.splitlines() if line.startswith("  INCORRECT")]
    assert len(told) <= 4
    assert any("the mean is 0, expected" in line and " like it)" in line for line in told)
    assert said.out.count("import numpy as np") == 1
    said = losscli("check", "k.py:zero", "--as", "mse", "--examples", "0", "--format", "json")
    wrong = [row for row in json.loads(said.out)["rows"] if row["fault"]]
    assert len(wrong) > len(told)
    assert all(row["snippet"].startswith("import numpy") for row in wrong if row["smallest"])
