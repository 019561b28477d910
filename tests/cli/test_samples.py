"""`losscli eval --per-sample`: the loss of every row, in input order."""

import csv
import math
from io import StringIO
from pathlib import Path

import numpy as np
import pytest


def test_the_samples_of_one_loss_are_a_column(losscli, pair):
    """Of float64, one a row, in input order."""
    assert losscli("eval", *pair, "-l", "mse", "--per-sample", "s.npy").code == 0
    found = np.load("s.npy")
    assert found.dtype == np.float64
    assert found.tolist() == [0.0, 0.25, 4.0]


def test_the_samples_of_several_losses_are_a_matrix(losscli, pair):
    """A column a loss, in the order that they were asked for."""
    assert losscli("eval", *pair, "-l", "mse", "-l", "mae", "--per-sample", "s.npy").code == 0
    assert np.load("s.npy").tolist() == [[0.0, 0.0], [0.25, 0.5], [4.0, 2.0]]


def test_the_samples_of_a_table_have_rows_and_labels(losscli, pair):
    """Full precision, one line a row."""
    losscli("eval", *pair, "-l", "mse", "-l", "smooth_l1:beta=0.1", "--per-sample", "s.csv")
    header, *lines = csv.reader(StringIO(Path("s.csv").read_text()))
    assert header == ["row", "mse", "smooth_l1:beta=0.1"]
    found = [[float(cell) for cell in line] for line in lines]
    assert found == [[0, 0.0, 0.0], [1, 0.25, 0.45], [2, 4.0, 1.95]]


@pytest.mark.parametrize(
    "label", ["cross_entropy:ignore_index=0,label_smoothing=0.1", 'a"b', "a'b"]
)
def test_any_label_is_one_cell_of_the_header(losscli, array, label):
    """Commas and quotes are quoted as CSV quotes them."""
    names = array(np.zeros((2, 3)), "z.npy"), array(np.array([1, 2]), "y.npy")
    spec = label if ":" in label else f"{label}=cross_entropy"
    assert losscli("eval", *names, "-l", spec, "--per-sample", "s.csv").code == 0
    header, *lines = csv.reader(StringIO(Path("s.csv").read_text()))
    assert header == ["row", label]
    assert [len(line) for line in lines] == [2, 2]


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_skipped_rows_are_nan_in_their_place(losscli, array, suffix):
    """No row moves up."""
    preds = array(np.array([1.0, math.nan, 3.0, math.nan]), "p.npy")
    targets = array(np.zeros(4), "t.npy")
    said = losscli(
        "eval", preds, targets, "-l", "mae", "--nan", "skip", "--per-sample", f"s.{suffix}"
    )
    assert said.code == 0
    if suffix == "npy":
        found = np.load("s.npy")
    else:
        found = np.loadtxt("s.csv", delimiter=",", skiprows=1)[:, 1]
    assert np.array_equal(found, [1.0, math.nan, 3.0, math.nan], equal_nan=True)


def test_ignored_rows_cost_nothing_in_their_place(losscli, array):
    """As torch gives them with reduction none."""
    names = array(np.zeros((3, 2)), "z.npy"), array(np.array([0, -100, 1]), "y.npy")
    losscli("eval", *names, "-l", "cross_entropy", "--per-sample", "s.npy")
    assert np.load("s.npy").tolist() == [math.log(2), 0.0, math.log(2)]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_samples_of_many_blocks_keep_the_order_of_the_input(losscli, long_pair, threads):
    """Whichever thread is first; and none is missing."""
    losscli("eval", *long_pair, "-l", "mae", "--per-sample", "s.npy", "--threads", threads)
    assert np.array_equal(np.load("s.npy"), np.abs(np.subtract(*map(np.load, long_pair))))


def test_reduction_none_keeps_only_the_samples(result, pair):
    """The value is null, the counts are there."""
    loss = result(*pair, "-l", "mae", "--reduction", "none", "--per-sample", "s.npy")["losses"][0]
    assert (loss["value"], loss["reduction"], loss["n"]) == (None, "none", 3)
    assert np.load("s.npy").tolist() == [0.0, 0.5, 2.0]


def test_no_samples_are_left_where_the_data_are_wrong(losscli, array):
    """Half of the rows are no result."""
    preds = array(np.array([1.0, math.nan]), "p.npy")
    said = losscli("eval", preds, array(np.zeros(2), "t.npy"), "-l", "mae", "--per-sample", "s.npy")
    assert said.code == 3
    assert {path.name for path in Path().iterdir()} == {"p.npy", "t.npy"}
