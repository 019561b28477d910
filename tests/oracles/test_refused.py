"""What losscli, told to be like a library, refuses: what the library refuses or reads by the batch.

Its number for these would not be the library's, or no number of anything.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from sklearn import metrics

from losscli import evaluate, losses
from losscli.errors import LossCliError

LOGITS = [[2.0, 0.0, -1.0], [0.0, 1.0, 2.0]]
MASK = ([[0.8, 0.4, 0.1, 0.3]], [[1, 0, 0, 1]])
REFUSED = {
    # Keras: a row of 0 that counts in the mean. optax: -1 is the last class, and 3 is nan.
    "keras: no label is ignored": ("cross_entropy", "keras", LOGITS, [0, -100], "negative"),
    "keras: out of range": ("cross_entropy", "keras", LOGITS, [0, 3], "is not one of"),
    "optax: out of range": ("cross_entropy", "optax", LOGITS, [0, 3], "is not one of"),
    "optax: the last class": ("cross_entropy", "optax", LOGITS, [0, -1], "negative"),
    "optax: 0 is no sign": ("hinge", "optax", [0.5], [0], "-1 or 1"),
    "keras: three labels": ("hinge", "keras", [0.5, 0.5, 0.5], [0, 1, -1], "two conventions"),
    "keras: dice has no smooth": ("dice:smooth=1", "keras", *MASK, "no smooth"),
    "keras: tversky has no smooth": ("tversky:smooth=1", "keras", *MASK, "no smooth"),
    "optax: powers of differences": (
        "triplet_margin:p=1", "optax", np.ones((2, 3, 4)), None, "p other",
    ),
    "sklearn: labels of log_loss": ("bce", "sklearn", [0.5, 0.5], [0.5, 1.0], "labels of 0 or 1"),
    "sklearn: a rate of 0": ("poisson_deviance", "sklearn", [0.0, 1.0], [0.0, 1.0], "> 0"),
    "sklearn: all labels are 1": ("hinge", "sklearn", [0.5, 0.5], [1, 1], "all 1"),
    "sklearn: roots of columns": ("rmse", "sklearn", LOGITS, LOGITS, "mean of the roots"),
    "sklearn: roots of log columns": ("rmsle", "sklearn", *np.ones((2, 2, 2)), "mean of the roots"),
    "sklearn: rows of classes": ("bce", "sklearn", *np.eye(3)[None].repeat(2, 0), "of classes"),
    "sklearn: rows of scores": ("brier", "sklearn", *np.eye(3)[None].repeat(2, 0), "of classes"),
    "sklearn: in a sum": ("bce + brier", "sklearn", *np.eye(3)[None].repeat(2, 0), "of classes"),
    "sklearn: hinges": ("hinge", "sklearn", LOGITS, np.eye(2, 3), "refuses them"),
    "sklearn: rates": ("poisson_deviance", "sklearn", *np.ones((2, 2, 2)), "refuses them"),
    "sklearn: scales": ("gamma_deviance", "sklearn", *np.ones((2, 2, 2)), "refuses them"),
    "sklearn: powers": ("tweedie_deviance", "sklearn", *np.ones((2, 2, 2)), "refuses them"),
    "sklearn: two classes": ("multiclass_hinge", "sklearn", np.eye(2), [0, 1], "3 and more"),
    "torch: 0 is no side": ("soft_margin", "torch", [0.5], [0], "-1 or 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_an_error_that_says_why(name):
    """Never a number that the library would not give."""
    loss, library, pred, target, words = REFUSED[name]
    inputs = [np.asarray(array) for array in (pred, target) if array is not None]
    with pytest.raises(LossCliError) as error:
        evaluate(*inputs, loss=loss, like=library)
    assert words in str(error.value)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_liger_has_no_weighted_z_loss(tmp_path, monkeypatch, backend):
    """Its mean is that of weighted rows plus that of z-losses, each row counted once."""
    monkeypatch.chdir(tmp_path)
    np.save("weight.npy", [1.0, 2.0, 3.0])
    spec = "token_cross_entropy:weight=@weight.npy"
    flags = {"like": "liger", "backend": backend}
    assert evaluate(LOGITS, [0, 1], loss=spec, **flags).value > 0
    with pytest.raises(LossCliError, match="does not weight"):
        evaluate(LOGITS, [0, 1], loss=f"{spec},z_loss=0.1", **flags)


def test_scikit_learn_reads_labels_that_are_all_1_as_negative():
    """Which is why that is refused; labels that are all -1 it reads as they are."""
    assert metrics.hinge_loss([1, 1], [0.5, 0.5], labels=[0, 1]) == 1.5
    assert evaluate([0.5, 0.5], [1, 1], loss="hinge").value == 0.5
    theirs = metrics.hinge_loss([-1, -1], [0.5, -2.0])
    assert evaluate([0.5, -2.0], [-1, -1], loss="hinge", like="sklearn").value == theirs


def test_roots_of_columns_are_not_the_root_of_all():
    """Errors of 1, 2 and 3, 4."""
    errors = np.array([[1.0, 2.0], [3.0, 4.0]])
    theirs = metrics.root_mean_squared_error(0 * errors, errors)
    assert theirs == pytest.approx(2.69917, abs=5e-6)
    assert evaluate(errors, 0 * errors, loss="rmse").value == pytest.approx(7.5**0.5, rel=1e-15)
    assert evaluate(errors, 0 * errors, loss="mse", like="sklearn")["mse"].derived == {}
    one = evaluate(errors[:, :1], np.zeros(2), loss="rmse", like="sklearn").value
    assert one == pytest.approx(metrics.root_mean_squared_error([0, 0], errors[:, 0]), rel=1e-15)


def test_scikit_learn_gives_no_number_of_columns():
    """Or another one: log_loss and the score of Brier take each row for a distribution."""
    ones = np.ones((2, 2))
    for deviance in (metrics.mean_poisson_deviance, metrics.mean_gamma_deviance):
        with pytest.raises(ValueError, match="Multioutput"):
            deviance(ones, ones)
    with pytest.raises(ValueError, match="Multioutput"):
        metrics.mean_tweedie_deviance(ones, ones, power=0)
    with pytest.raises(ValueError, match="1d array"):
        metrics.hinge_loss(np.eye(2), np.eye(2))
    with pytest.raises(ValueError, match=r"pred_decision|shape"):
        metrics.hinge_loss([0, 1], np.eye(2), labels=[0, 1])
    rows = np.array([[0.75, 0.25], [0.5, 0.5]])
    assert metrics.log_loss(np.eye(2), rows) == pytest.approx(-np.log(0.75 * 0.5) / 2)
    assert evaluate(rows, np.eye(2), loss="bce").value == pytest.approx(-np.log(0.75 * 0.5) / 2)
    assert evaluate(rows, np.eye(2), loss="brier").value == pytest.approx(0.3125 / 2)
    assert metrics.brier_score_loss(np.eye(2), rows, scale_by_half=False) == pytest.approx(0.3125)


def test_libraries_without_these_refusals():
    """What torch does with a label of 0, and with one is not one of class."""
    assert F.soft_margin_loss(torch.tensor([0.5]), torch.tensor([0.0])).item() == pytest.approx(
        np.log(2), rel=1e-7
    )
    with pytest.raises(IndexError):
        F.cross_entropy(torch.tensor(LOGITS), torch.tensor([0, 3]))
    with pytest.raises(LossCliError, match="is not one of"):
        losses.cross_entropy(LOGITS, [0, 3])
