"""Arrays that do not fit, and values that a loss cannot take, are exit 3 with place and mend."""

import math
import re

import numpy as np
import pytest

from losscli.accumulators import moments
from losscli.sources.array_table import ArrayTable

BOTH = ("--pred", "p", "--target", "t")


# --- two files that do not fit

LENGTHS = {
    "arrays": ("a.npy", "b.npy"),
    "tables": ("a.csv", "b.csv"),
    "an array and a table": ("a.npy", "b.csv"),
    "a table and an array": ("a.csv", "b.npy"),
}


@pytest.mark.parametrize(("first", "second"), LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize(("rows", "others"), [(3, 4), (4, 3), (3, 3000)])
def test_lengths_that_differ_are_refused_with_both_numbers(
    refused, table, array, first, second, rows, others
):
    """A missing row at the end is no reason to leave the other one out."""
    for name, count in ((first, rows), (second, others)):
        if name.endswith(".npy"):
            array(np.zeros(count), name)
        else:
            table("x\n" + "0\n" * count, name)
    message = refused(first, second)[0]
    assert f"{first} has {rows:,} rows" in message
    assert f"{second} has {others:,} rows" in message


def test_weights_of_another_length_are_refused(refused, pair, array):
    """A weight a row, or none."""
    assert "w.npy has 4 rows" in refused(*pair, "--weights", array(np.ones(4), "w.npy"))[0]


@pytest.mark.parametrize(
    ("pred", "target"), [((3, 2), (3,)), ((3,), (3, 2)), ((3, 2), (3, 3)), ((3, 1, 2), (3, 2))]
)
def test_shapes_that_differ_are_never_broadcast(refused, array, pred, target):
    """(3, 1, 2) and (3, 2) would broadcast to nine losses of nobody's asking."""
    message = refused(array(np.zeros(pred), "p.npy"), array(np.zeros(target), "t.npy"))
    assert "one shape" in message[0]
    assert "broadcast" in message[1]


# --- values outside a loss's domain


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (3, "3 is not one of 3 classes"),
        (-1, "-1 is negative"),
        (-100.5, "-100.5 is not an integer"),
        (1.5, "1.5 is not an integer"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (1e300, "1e+300 is not one of 3 classes"),
    ],
)
def test_a_label_that_is_no_class_is_refused_with_its_row(refused, array, label, words):
    """Past the last, negative, fractional or infinite; the hint is how to leave one out."""
    logits = array(np.zeros((4, 3)), "logits.npy")
    labels = array(np.array([0.0, label, 2.0, label]), "labels.npy")
    lines = refused(logits, labels, loss="cross_entropy")
    assert words in lines[0]
    assert lines[1] == "  labels.npy, row 1; 2 such rows of 4"
    assert "ignore_index" in lines[2]


def test_a_label_of_a_table_is_refused_with_its_line_and_column(refused, array, table):
    """`row` counts from 0 and a line from 1, after the header."""
    labels = table("half,label\na,0\na,1\nb,7\n", "labels.csv")
    lines = refused(array(np.zeros((3, 3)), "logits.npy"), labels, loss="cross_entropy")
    assert "labels.csv, line 4, column label; 1 such row of 3" in lines[1]


@pytest.mark.parametrize(
    ("preds", "first"),
    [([0.1, 1.2, -0.3, 0.5], "1.2 is above"), ([0.1, -2.31, 1.5, 0.5], "-2.31 is below")],
)
def test_probabilities_outside_the_unit_interval_are_counted(refused, table, preds, first):
    """The screen of the documents: what, where, how many, and what was probably meant."""
    name = table("id,y_hat\n" + "".join(f"r{k},{p}\n" for k, p in enumerate(preds)), "preds.csv")
    targets = table("y\n" + "1\n0\n" * 2, "targets.csv")
    assert refused(name, targets, loss="bce") == [
        f"error: bce takes probabilities in [0, 1]; {first}",
        "  preds.csv, line 3, column y_hat; 2 such rows of 4",
        "  if these are logits: -l bce_with_logits",
    ]


def test_targets_outside_the_unit_interval_are_refused(refused, array):
    """A class index of 2 is no binary target."""
    preds, targets = array(np.full(3, 0.5), "p.npy"), array(np.array([0, 2, 1]), "t.npy")
    lines = refused(preds, targets, loss="bce")
    assert "targets in [0, 1]; 2 is above" in lines[0]
    assert "t.npy, row 1" in lines[1]


def test_the_end_of_an_open_interval_is_not_one_of_it(refused, array):
    """Nor is it below."""
    lines = refused(array(np.ones(2), "p.npy"), array(np.zeros(2), "t.npy"), loss="gamma_deviance")
    assert lines[0] == "error: gamma_deviance takes numbers > 0; 0 is not one"


@pytest.mark.parametrize(
    "spec",
    ["kl_div", "js_div", "kl_div:log_pred=true", "listnet", "multilabel_margin", "asymmetric"],
)
def test_labels_for_rows_lead_to_a_loss_of_labels(losscli, refused, array, spec):
    """Where a loss takes a row of targets, and the one that is named takes what is there."""
    shares = np.full((3, 2), 0.5)
    rows = array(np.log(shares) if "log" in spec else shares, "p.npy")
    labels = array(np.array([0, 1, 1]), "t.npy")
    hint = refused(rows, labels, loss=spec)[-1]
    named = re.fullmatch(r"  for one label per row: -l (\w+)", hint)[1]
    assert losscli("eval", rows, labels, "-l", named).code == 0


def test_boxes_without_boxes_to_meet_lead_to_what_fits(losscli, refused, array):
    """The command that is named says which losses do."""
    rows, targets = array(np.ones((3, 4)), "p.npy"), array(np.ones(3), "t.npy")
    hint = refused(rows, targets, loss="iou")[-1]
    assert hint == "  losscli eval without -l lists the losses that accept them"
    assert "these fit" in losscli("eval", rows, targets).err


@pytest.mark.parametrize("name", ["coral"])
def test_one_hot_rows_lead_to_class_indices(losscli, refused, array, name):
    """Where a loss takes nothing else, and the way there is named."""
    rows, targets = array(np.full((2, 2), 0.5), "p.npy"), np.eye(2)
    hint = refused(rows, array(targets, "t.npy"), loss=name)[-1]
    assert hint == "  targets are class indices, one per row; from one-hot rows: argmax(axis=1)"
    assert losscli("eval", rows, array(targets.argmax(axis=1), "y.npy"), "-l", name).code == 0


@pytest.mark.parametrize("weight", [-1.0, -math.inf, math.inf])
@pytest.mark.parametrize("nan", ["error", "skip", "propagate"])
def test_a_weight_below_zero_or_infinite_is_refused_under_every_policy(
    refused, pair, array, weight, nan
):
    """--nan is about what is missing, not about what is wrong."""
    weights = array(np.array([1.0, weight, 1.0]), "w.npy")
    lines = refused(*pair, "--weights", weights, "--nan", nan)
    assert "--weights" in lines[0]
    assert "w.npy, row 1; 1 such row of 3" in lines[1]


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinite_probability_is_refused_under_every_policy(refused, array, value, policy):
    """It lies outside [0, 1]; it is not missing."""
    preds, targets = array(np.array([0.5, value]), "p.npy"), array(np.ones(2), "t.npy")
    lines = refused(preds, targets, "--nan", policy, loss="bce")
    assert "p.npy, row 1; 1 such row of 2" in lines[1]


def test_the_first_offending_row_of_all_blocks_is_named_and_all_are_counted(
    monkeypatch, refused, array
):
    """However the file was cut."""
    monkeypatch.setattr(moments, "UNIT", 1)
    monkeypatch.setattr(ArrayTable, "block_rows", lambda self, width: 7)
    preds = np.full(100, 0.5)
    preds[[33, 34, 80, 99]] = [1.5, -1.0, 2.0, 3.0]
    lines = refused(array(preds, "p.npy"), array(np.ones(100), "t.npy"), loss="bce")
    assert "1.5 is above" in lines[0]
    assert lines[1] == "  p.npy, row 33; 4 such rows of 100"
