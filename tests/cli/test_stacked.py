"""Losses of stacked arrays at the command line: triplets without targets, pairs and masks."""

import csv

import numpy as np
import pytest

TRIPLETS = [
    [[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]],
    [[0.0, 0.0], [0.0, 1.0], [3.0, 4.0]],
    [[0.0, 0.0], [0.0, 2.0], [1.0, 0.0]],
]


@pytest.fixture(name="triplets")
def _triplets(array):
    """Losses of 5, 0 and 2."""
    return array(TRIPLETS, "triplets.npy")


def test_triplets_need_no_targets(result, triplets):
    """(5 + 0 + 2) / 3."""
    document = result(triplets, "-l", "triplet_margin")
    (loss,) = document["losses"]
    assert loss["value"] == 7 / 3
    assert (loss["rows"], loss["sum"], loss["max_row"]) == (3, 7.0, 0)
    assert [entry["role"] for entry in document["inputs"]] == ["preds"]


def test_an_alias_and_parameters(result, triplets):
    """By the 1-norm: 7, 0 and 2."""
    (loss,) = result(triplets, "-l", "triplet:p=1,swap=false")["losses"]
    assert (loss["label"], loss["value"]) == ("triplet:p=1,swap=false", 3.0)


def test_triplets_by_torch(result, triplets):
    """The same number on the other backend."""
    (loss,) = result(triplets, "-l", "triplet_margin", "--backend", "torch")["losses"]
    assert loss["value"] == pytest.approx(7 / 3)


def test_triplets_weighed_grouped_and_written_row_by_row(result, triplets, array, table):
    """All at once, without targets."""
    weights = array([1.0, 1.0, 2.0], "w.npy")
    groups = table("place\nnorth\nsouth\nsouth\n", "groups.csv")
    document = result(
        *(triplets, "-l", "triplet_margin", "--weights", weights),
        *("--by", groups, "--per-sample", "rows.csv"),
    )
    assert document["losses"][0]["value"] == 9 / 4
    found = {g["by"].popitem()[1]: g["losses"][0]["value"] for g in document["groups"]}
    assert found == {"north": 5.0, "south": 4 / 3}
    with open("rows.csv", newline="") as file:
        assert [float(line["triplet_margin"]) for line in csv.DictReader(file)] == [5.0, 0.0, 2.0]


def test_a_gate_on_triplets(losscli, triplets):
    """It fails above its limit."""
    said = losscli("eval", triplets, "-l", "triplet_margin", "--max", "triplet_margin=2")
    assert said.code == 1


def test_targets_beside_triplets_are_an_error(losscli, triplets, array):
    """Nothing is left out in silence."""
    said = losscli("eval", triplets, array([1, 2, 3], "t.npy"), "-l", "triplet_margin")
    assert said.code == 2
    assert "no loss here takes targets" in said.error[0]


def test_a_loss_with_targets_beside_one_without_needs_them(losscli, triplets):
    """One of them could not be computed."""
    said = losscli("eval", triplets, "-l", "triplet_margin", "-l", "cosine_embedding")
    assert said.code == 2
    assert "Traceback" not in said.err


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 2, 5), (4, 3, 2, 2)])
def test_other_shapes_are_no_triplets(losscli, array, shape):
    """The message says which are."""
    said = losscli("eval", array(np.zeros(shape)), "-l", "triplet_margin")
    assert said.code == 3
    assert "triplet_margin takes predictions of shape (N, 3, D)" in said.error[0]


def test_a_missing_number_in_a_triplet_is_an_error(losscli, array):
    """The negative is nan; its row is told."""
    broken = np.array(TRIPLETS)
    broken[1, 2, 0] = np.nan
    said = losscli("eval", array(broken), "-l", "triplet_margin")
    assert said.code == 3
    assert "row 1" in said.err


def test_pairs_of_vectors(result, losscli, array):
    """Stacked (N, 2, D) beside signs; a label of 0 is an error."""
    pairs = array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 3.0], [1.0, 1.0]]], "pairs.npy")
    signs = array([1, -1], "signs.npy")
    (loss,) = result(pairs, signs, "-l", "cosine_embedding:margin=0.5")["losses"]
    assert loss["value"] == 0.75
    said = losscli("eval", pairs, array([1, 0], "bits.npy"), "-l", "cosine_embedding")
    assert said.code == 3
    assert "labels of -1 or 1" in said.error[0]


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 4)])
def test_masks(result, losscli, array, shape):
    """Of one class or of several; a probability of 2 is an error."""
    target = np.zeros(shape)
    target[..., :2] = 1
    preds, targets = array(0.5 * np.ones(shape), "p.npy"), array(target, "t.npy")
    found = result(preds, targets, "-l", "dice", "-l", "jaccard", "-l", "tversky")["losses"]
    assert [loss["value"] for loss in found] == pytest.approx([0.5, 2 / 3, 0.5])
    said = losscli("eval", array(2 * np.ones(shape)), targets, "-l", "dice")
    assert said.code == 3
    assert "dice takes probabilities in [0, 1]; 2 is above" in said.error[0]


def test_boxes(result, losscli, array):
    """Corners; a box as x, y, width and height is told of."""
    preds, targets = array([[0.0, 0, 2, 2]], "p.npy"), array([[1.0, 1, 3, 3]], "t.npy")
    found = result(preds, targets, "-l", "iou", "-l", "giou", "-l", "diou", "-l", "ciou")["losses"]
    expected = [6 / 7, 6 / 7 + 2 / 9, 6 / 7 + 1 / 9, 6 / 7 + 1 / 9]
    assert [loss["value"] for loss in found] == pytest.approx(expected)
    said = losscli("eval", array([[5.0, 5, 2, 2]]), targets, "-l", "iou")
    assert said.code == 3
    assert "boxes x1, y1, x2, y2" in said.error[0]
