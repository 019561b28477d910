"""Missing outputs of a row, left out of its mean."""

import numpy as np
import pytest

from losscli import evaluate
from losscli.losses.registry import load

ROWS = 1700


@pytest.fixture
def holed():
    """Predictions and targets (N, 3) of probabilities, a tenth of each missing."""
    random = np.random.default_rng(3)
    pred, target = random.random((ROWS, 3)), random.integers(0, 2, (ROWS, 3)).astype(float)
    for array in (pred, target):
        array[random.random(array.shape) < 0.1] = np.nan
    return pred, target


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", ["mae", "mse", "bce", "smooth_l1", "brier", "wmape"])
def test_the_mean_is_that_of_all_outputs_that_are_there(holed, name, backend):
    """Whichever row they are in."""
    pred, target = holed
    there = ~(np.isnan(pred) | np.isnan(target))
    expected = evaluate(pred[there], target[there], loss=name).value
    found = evaluate(pred, target, loss=name, nan="mask", backend=backend)[name]
    assert found.value == pytest.approx(expected, rel=1e-13)
    assert found.n == there.any(axis=1).sum()
    assert found.skipped == ROWS - found.n
    assert found.weight_sum > 0


def test_a_row_is_the_mean_of_its_own_outputs(holed, tmp_path):
    """Also in the file of per-sample losses."""
    pred, target = holed
    path = tmp_path / "rows.npy"
    evaluate(pred, target, loss="mae", nan="mask", per_sample=path)
    errors = np.abs(pred - target)
    there = ~np.isnan(errors)
    with np.errstate(invalid="ignore"):
        expected = np.where(there, errors, 0.0).sum(axis=1) / there.sum(axis=1)
    np.testing.assert_allclose(np.load(path).reshape(-1), expected, rtol=1e-15)


def test_without_holes_it_changes_nothing():
    """The bits of every other policy."""
    random = np.random.default_rng(4)
    pred, target = random.random((500, 4)), random.random((500, 4))
    found, expected = (
        evaluate(pred, target, loss="mse", nan=nan)["mse"] for nan in ("mask", "error")
    )
    assert found == expected


def test_inputs_stay_as_they_are(holed):
    """Stand-ins for missing outputs are written nowhere."""
    pred, target = holed
    copies = pred.copy(), target.copy()
    evaluate(pred, target, loss="mse", nan="mask")
    np.testing.assert_array_equal(copies[0], pred)
    np.testing.assert_array_equal(copies[1], target)
    assert load("mse").elementwise
