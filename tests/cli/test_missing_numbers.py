"""No missing number passes unseen, whatever else its row says."""

import math

import numpy as np
import pytest

from losscli import DataError, evaluate

NAN = math.nan
LOGITS = [[1.0, 2.0], [3.0, 1.0], [0.0, 5.0]]
CASES = {
    "a label, class 0 being ignored": (LOGITS, [NAN, 1, 1], "ignore_index=0", None),
    "a label, class 0 having no weight": (LOGITS, [NAN, 1, 1], "weight", None),
    "a logit of a class without weight": ([[NAN, 2.0], *LOGITS[1:]], [0, 1, 1], "weight", None),
    "the same with smoothing": ([[NAN, 2.0], *LOGITS[1:]], [0, 1, 1], "weight,smooth", None),
    "a logit under soft targets of 0": (
        [[NAN, 2.0], *LOGITS[1:]], [[0.0, 0], [0, 1], [0, 1]], "", None,
    ),
    "a weight": (LOGITS, [0, 1, 1], "", [NAN, 1.0, 2.0]),
}  # fmt: skip


def spec(words, folder):
    np.save(folder / "w.npy", np.array([0.0, 1.0]))
    words = words.replace("weight", f"weight=@{folder / 'w.npy'}")
    words = words.replace("smooth", "label_smoothing=0.1")
    return "cross_entropy" + (f":{words}" if words else "")


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("case", CASES)
def test_a_missing_number_is_an_error_skipped_or_propagated(case, backend, tmp_path):
    """Never a mean of the other rows without a word."""
    pred, target, words, weights = CASES[case]
    loss = spec(words, tmp_path)
    with pytest.raises(DataError) as caught:
        evaluate(pred, target, loss=loss, weights=weights, backend=backend)
    assert caught.value.count == 1
    assert caught.value.place.row == 0
    left = evaluate(pred, target, loss=loss, weights=weights, backend=backend, nan="skip")
    rest = evaluate(
        pred[1:], target[1:], loss=loss, weights=weights and weights[1:], backend=backend
    )
    (left,), (rest,) = left, rest
    assert (left.value, left.n, left.skipped) == (rest.value, rest.n, 1)
    if "label" in case or case == "a weight":
        found = evaluate(pred, target, loss=loss, weights=weights, backend=backend, nan="propagate")
        assert math.isnan(found.value)


@pytest.mark.parametrize("nan", ["error", "skip", "propagate"])
def test_a_row_that_is_out_may_hold_anything(nan):
    """An ignored row's logits and weight, and the logits of a row of weight 0."""
    pred = [[NAN, 1.0], [NAN, 2.0], [3.0, 1.0]]
    found = evaluate(
        pred, [-100, 0, 1], weights=[NAN if nan == "propagate" else 1.0, 0.0, 1.0],
        loss="cross_entropy", nan=nan,
    )  # fmt: skip
    assert found.value == evaluate(pred[2:], [1], loss="cross_entropy").value
    assert (found["cross_entropy"].n, found["cross_entropy"].ignored) == (1, 2)


def test_a_missing_weight_of_an_ignored_row_does_not_count():
    """The row is out by its label, so its weight is not asked for."""
    found = evaluate(LOGITS, [-100, 1, 1], weights=[NAN, 1.0, 1.0], loss="cross_entropy")
    assert found.value == evaluate(LOGITS[1:], [1, 1], loss="cross_entropy").value
