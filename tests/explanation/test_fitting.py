"""What is proposed where no loss is named: the likely ones first, and few enough to read."""

import re

import numpy as np
import pytest

from losscli import UsageError, evaluate

RANDOM = np.random.default_rng(7)
COUNT = 200
REAL, OTHER = RANDOM.normal(size=(2, COUNT))
SHARES = RANDOM.dirichlet(np.ones(4), COUNT)
BOXES = np.concatenate([SHARES[:, :2], SHARES[:, :2] + 0.5], axis=1)

# Predictions, targets, and the losses that come first.
LIKELY = {
    "errors": (REAL, OTHER, ["mse", "mae", "smooth_l1", "huber"]),
    "probabilities": (abs(np.sin(REAL)), OTHER > 0, ["bce", "brier"]),
    "logits": (REAL, OTHER > 0, ["bce_with_logits"]),
    "logits of classes": (RANDOM.normal(size=(COUNT, 4)), SHARES.argmax(1), ["cross_entropy"]),
    "shares of classes": (SHARES, SHARES.argmax(1), ["categorical_cross_entropy"]),
    "labels": (np.where(REAL > 0, 1, 0), OTHER > 0, ["zero_one"]),
    "labels of classes": (SHARES.argmax(1), SHARES[::-1].argmax(1), ["zero_one"]),
    "whole amounts": (np.rint(9 * REAL), np.rint(9 * OTHER), ["mse", "mae"]),
    "counts": (abs(REAL) + 1, RANDOM.poisson(4.0, COUNT), ["poisson_nll"]),
    "shares beside shares": (SHARES, SHARES[::-1], ["kl_div"]),
    "means and variances": (np.stack([REAL, abs(OTHER)], axis=1), OTHER, ["gaussian_nll"]),
}


def proposed(pred, target):
    """The names that are proposed, and the hint."""
    with pytest.raises(UsageError) as found:
        evaluate(pred, target)
    _, place, hint = found.value.lines()
    return re.findall(r'loss="(\w+)"', place), hint


@pytest.mark.parametrize("case", LIKELY)
def test_the_likely_ones_come_first(case):
    """By what the targets look like, then by how common a loss is."""
    pred, target, first = LIKELY[case]
    names, _ = proposed(pred, np.asarray(target))
    assert names[: len(first)] == first


def test_what_would_be_noted_is_not_proposed():
    """Logits are no log-probabilities, and rows that do not sum to 1 no shares."""
    logits, labels = np.log(SHARES) + 3.0, SHARES.argmax(1)
    assert "nll" not in proposed(logits, labels)[0]
    assert "nll" in proposed(logits - 3.0, labels)[0]
    assert "kl_div" not in proposed(2.0 * SHARES, SHARES)[0]


def test_boxes_are_boxes():
    """Four numbers a row in order; which of the four is not decided here."""
    names, _ = proposed(BOXES, BOXES[::-1])
    assert set(names[:4]) == {"iou", "giou", "diou", "ciou"}


def test_they_are_few_and_the_rest_is_counted():
    """At most eight, and where the others are."""
    names, hint = proposed(REAL, OTHER)
    assert len(names) == 8
    assert "more fit: see losscli list" in hint
    names, hint = proposed(np.stack([REAL, abs(OTHER)], axis=1), OTHER)
    assert len(names) < 8
    assert "more fit" not in hint
