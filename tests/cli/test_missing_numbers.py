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


# --- on the command line

VALUES = {
    "preds": [1.0, 2.0, 3.0, 4.0],
    "targets": [1.0, 2.5, 5.0, 4.0],
    "weights": [1.0, 2.0, 1.0, 3.0],
}


@pytest.fixture
def holed(table, array):
    """The arguments of an evaluation in which a number of one role is replaced by another."""

    def make(form, role, value):
        names = []
        for part, values in VALUES.items():
            filled = [value if part == role and k == 2 else v for k, v in enumerate(values)]
            if form == "npy":
                names.append(array(np.array(filled), f"{part}.npy"))
            else:
                text = "name,y\n" + "".join(f"r{k},{v}\n" for k, v in enumerate(filled))
                names.append(table(text, f"{part}.csv"))
        return (names[0], names[1], "--weights", names[2])

    return make


ROLES = pytest.mark.parametrize("role", VALUES)
FORMS = pytest.mark.parametrize("form", ["npy", "csv"])


@ROLES
@FORMS
def test_nan_is_an_error_that_names_the_file_that_holds_it(refused, holed, form, role):
    """Not the predictions where the targets or the weights lack the number."""
    lines = refused(*holed(form, role, math.nan))
    place = f"{role}.npy, row 2" if form == "npy" else f"{role}.csv, line 4, column y"
    assert "nan" in lines[0]
    assert lines[1] == f"  {place}; 1 such row of 4"
    assert "--nan skip" in lines[2]


@pytest.mark.parametrize("role", ["preds", "targets"])
@pytest.mark.parametrize("nan", ["error", "skip"])
@FORMS
def test_an_infinity_is_an_error_that_names_the_file_that_holds_it(refused, holed, form, role, nan):
    """A squared error takes finite numbers, and an infinity is not missing."""
    lines = refused(*holed(form, role, -math.inf), "--nan", nan)
    place = f"{role}.npy, row 2" if form == "npy" else f"{role}.csv, line 4, column y"
    assert "-inf is not finite" in lines[0]
    assert lines[1] == f"  {place}; 1 such row of 4"


@pytest.mark.parametrize(
    ("role", "value"),
    [
        ("preds", math.nan),
        ("targets", math.nan),
        ("weights", math.nan),
    ],
)
@FORMS
def test_a_skipped_row_is_out_of_every_number_and_noted(result, holed, form, role, value):
    """--nan skip is the evaluation of the other rows."""
    document = result(*holed(form, role, value), "-l", "mae", "--nan", "skip")
    loss = document["losses"][0]
    kept = [0, 1, 3]
    errors = np.abs(np.subtract(VALUES["preds"], VALUES["targets"]))[kept]
    weights = np.array(VALUES["weights"])[kept]
    assert loss["value"] == (errors * weights).sum() / weights.sum()
    assert (loss["rows"], loss["n"], loss["skipped"], loss["ignored"]) == (4, 3, 1, 0)
    assert [note["code"] for note in document["notes"]] == ["skipped"]


@ROLES
@FORMS
def test_a_propagated_nan_is_the_value(result, holed, form, role):
    """--nan propagate computes with it, and NumPy's answer is nan."""
    loss = result(*holed(form, role, math.nan), "-l", "mae", "--nan", "propagate")["losses"][0]
    assert loss["value"] == "nan"
    assert loss["ci"] is None
    assert (loss["rows"], loss["n"], loss["skipped"]) == (4, 4, 0)


@pytest.mark.parametrize("role", ["preds", "targets"])
@FORMS
def test_a_propagated_infinity_is_the_value(result, holed, form, role):
    """--nan propagate computes with it, and NumPy's answer is inf, in its row."""
    loss = result(*holed(form, role, math.inf), "-l", "mae", "--nan", "propagate")["losses"][0]
    assert loss["value"] == "inf"
    assert (loss["max"], loss["max_row"]) == ("inf", 2)


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
def test_a_row_of_weight_zero_may_hold_anything(result, array, policy):
    """It does not count, so its missing number offends nobody."""
    names = (
        array(np.array([1.0, math.nan, 3.0, math.inf]), "p.npy"),
        array(np.array([1.5, 2.0, 3.0, 4.0]), "t.npy"),
        "--weights",
        array(np.array([1.0, 0.0, 1.0, 0.0]), "w.npy"),
    )
    loss = result(*names, "-l", "mae", "--nan", policy)["losses"][0]
    assert (loss["value"], loss["n"], loss["ignored"], loss["skipped"]) == (0.25, 2, 2, 0)


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_missing_logits_in_an_ignored_row_do_not_offend(result, array, policy, value):
    """A padded row holds what the padding left there."""
    logits = np.array([[2.0, 0.0, 1.0], [value, value, value], [0.0, 0.0, 1.0]])
    names = (array(logits, "z.npy"), array(np.array([0, -100, 2]), "y.npy"))
    loss = result(*names, "-l", "cross_entropy", "--nan", policy)["losses"][0]
    kept = logits[[0, 2]]
    truth = np.log(np.exp(kept).sum(1)) - kept[[0, 1], [0, 2]]
    assert loss["value"] == pytest.approx(truth.mean(), rel=1e-15)
    assert (loss["n"], loss["ignored"], loss["skipped"]) == (2, 1, 0)


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
def test_a_missing_label_follows_the_policy(losscli, array, policy):
    """A label that is nan is missing, and not a class that is not whole."""
    names = (array(np.zeros((3, 2)), "z.npy"), array(np.array([0, math.nan, 1]), "y.npy"))
    said = losscli("eval", *names, "-l", "cross_entropy", "--nan", policy, "--format", "csv")
    if policy == "error":
        assert said.code == 3
        assert said.error[1] == "  y.npy, row 1; 1 such row of 3"
        assert "--nan skip" in said.error[2]
    else:
        assert said.code == 0
        value = said.out.splitlines()[1].split(",")[3]
        assert value == (repr(math.log(2)) if policy == "skip" else "nan")


def test_nothing_but_skipped_rows_is_nan_and_noted(result, array):
    """There are rows, and none counts: no error, and no number either."""
    names = (array(np.full(3, math.nan), "p.npy"), array(np.zeros(3), "t.npy"))
    document = result(*names, "-l", "mae", "--nan", "skip")
    loss = document["losses"][0]
    assert loss["value"] == "nan"
    assert (loss["n"], loss["skipped"]) == (0, 3)
    assert (loss["min"], loss["max"], loss["max_row"], loss["stderr"]) == (None,) * 4
    assert {note["code"] for note in document["notes"]} == {"skipped", "all_ignored"}
