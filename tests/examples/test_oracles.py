"""The losses of the example files are those of scikit-learn and PyTorch, digit by digit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from sklearn import metrics

from losscli import evaluate

FOLDER = Path(__file__).parents[2] / "examples"
CLOSE = 1e-14


def load(name):
    return np.load(FOLDER / name)


def tensor(name):
    array = torch.from_numpy(load(name))
    return array.double() if array.is_floating_point() else array


@pytest.mark.parametrize("model", ["ridge", "forest"])
def test_regression_equals_sklearn_and_torch(model):
    """Diabetes: mae, mse, rmse and smooth L1 of both models."""
    pred, target = FOLDER / f"diabetes/{model}.npy", FOLDER / "diabetes/targets.npy"
    found = evaluate(pred, target, loss="mae,mse,rmse,smooth_l1:beta=10")
    p, t = load(f"diabetes/{model}.npy"), load("diabetes/targets.npy")
    truth = {
        "mae": metrics.mean_absolute_error(t, p),
        "mse": metrics.mean_squared_error(t, p),
        "rmse": metrics.root_mean_squared_error(t, p),
        "smooth_l1:beta=10": F.smooth_l1_loss(torch.tensor(p), torch.tensor(t), beta=10).item(),
    }
    assert {loss.label: loss.value for loss in found} == pytest.approx(truth, rel=CLOSE)


@pytest.mark.parametrize("model", ["ridge", "forest"])
def test_a_table_gives_the_bits_of_the_arrays(model):
    """The CSV beside the NPY files holds the same doubles."""
    table = FOLDER / "diabetes/table.csv"
    columns = evaluate(table, pred=model, target="y", id="id", loss="mse")
    arrays = evaluate(FOLDER / f"diabetes/{model}.npy", FOLDER / "diabetes/targets.npy", loss="mse")
    assert columns.value == arrays.value
    assert columns["mse"].max_row == arrays["mse"].max_row


@pytest.mark.parametrize("model", ["logistic", "forest"])
def test_binary_equals_torch(model):
    """Breast cancer: the forest has probabilities of exactly 0 and 1, one of them wrong."""
    found = evaluate(FOLDER / f"cancer/{model}.npy", FOLDER / "cancer/targets.npy", loss="bce")
    truth = F.binary_cross_entropy(
        tensor(f"cancer/{model}.npy"), tensor("cancer/targets.npy").double()
    )
    assert found.value == pytest.approx(truth.item(), rel=CLOSE)


def test_binary_equals_sklearn_where_nothing_is_clipped():
    """The logistic model is never certain, so log_loss does not clip it."""
    found = evaluate(FOLDER / "cancer/logistic.npy", FOLDER / "cancer/targets.npy", loss="bce")
    truth = metrics.log_loss(load("cancer/targets.npy"), load("cancer/logistic.npy"))
    assert found.value == pytest.approx(truth, rel=CLOSE)


def test_logits_give_what_their_probabilities_give():
    """bce_with_logits of the decision values, against bce of the probabilities and torch."""
    targets = FOLDER / "cancer/targets.npy"
    logits = evaluate(FOLDER / "cancer/logistic_logits.npy", targets, loss="bce_with_logits")
    probabilities = evaluate(FOLDER / "cancer/logistic.npy", targets, loss="bce")
    truth = F.binary_cross_entropy_with_logits(
        tensor("cancer/logistic_logits.npy"), tensor("cancer/targets.npy").double()
    )
    assert logits.value == pytest.approx(truth.item(), rel=1e-13)
    assert logits.value == pytest.approx(probabilities.value, rel=1e-13)


@pytest.mark.parametrize("model", ["logistic", "mlp"])
def test_ten_classes_equal_sklearn_and_torch(model):
    """Digits: logits in float32, widened before any arithmetic."""
    logits, labels = FOLDER / f"digits/{model}_logits.npy", FOLDER / "digits/labels.npy"
    found = evaluate(logits, labels, loss="cross_entropy")
    scores = tensor(f"digits/{model}_logits.npy")
    torchs = F.cross_entropy(scores, tensor("digits/labels.npy")).item()
    sklearns = metrics.log_loss(load("digits/labels.npy"), scores.softmax(1).numpy())
    assert found.value == pytest.approx(torchs, rel=1e-13)
    assert found.value == pytest.approx(sklearns, rel=1e-12)


@pytest.mark.parametrize("model", ["logistic", "mlp"])
def test_probabilities_given_as_logits_are_noted(model):
    """The number looks right and is wrong, so it is said."""
    path, labels = FOLDER / f"digits/{model}_probs.npy", FOLDER / "digits/labels.npy"
    found = evaluate(path, labels, loss="cross_entropy")
    assert [note.code for note in found.notes] == ["looks_like_probabilities"]


def test_columns_of_a_table_are_a_matrix():
    """Ten columns of logits by name, their labels in another table, ids compared."""
    found = evaluate(
        FOLDER / "digits/logistic_logits.csv",
        FOLDER / "digits/labels.csv",
        id="id",
        pred=[f"z{k}" for k in range(10)],
        target="label",
        loss="cross_entropy",
    )
    frame = pd.read_csv(FOLDER / "digits/logistic_logits.csv")
    scores = torch.tensor(frame[[f"z{k}" for k in range(10)]].to_numpy())
    truth = F.cross_entropy(scores, tensor("digits/labels.npy")).item()
    assert found.value == pytest.approx(truth, rel=1e-13)


def test_the_files_are_small():
    """A clone stays light: under two megabytes."""
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    assert size < 2_000_000
