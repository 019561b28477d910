"""Losses of one of two labels beside torch, scikit-learn and the numbers that libraries print."""

import numpy as np
import pytest
import torch
from sklearn import metrics
from sklearn.linear_model import _sgd_fast
from torch.nn import functional

from losscli import evaluate, losses
from losscli.errors import DataError, UsageError

RNG = np.random.default_rng(11)
Z = RNG.normal(0, 3, 200)
HARD = RNG.integers(0, 2, 200)
SIGNS = 2.0 * HARD - 1
P = 1 / (1 + np.exp(-Z))


def value(name, pred, target, like=None, **flags):
    """The mean, by the public face."""
    return evaluate(np.asarray(pred), np.asarray(target), loss=name, like=like, **flags).value


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("hinge", _sgd_fast.Hinge(1.0)),
        ("squared_hinge", _sgd_fast.SquaredHinge(1.0)),
        ("modified_huber", _sgd_fast.ModifiedHuber()),
        ("perceptron", _sgd_fast.Hinge(0.0)),
    ],
)
def test_margins_are_those_that_scikit_learn_fits_by(name, theirs):
    """Values and slopes, for every way to write the labels."""
    loss = getattr(losses, name)
    truth = [theirs.py_loss(z, y) for z, y in zip(Z, SIGNS, strict=True)]
    slopes = [theirs.py_dloss(z, y) for z, y in zip(Z, SIGNS, strict=True)]
    for labels in (HARD, SIGNS, HARD.astype(bool)):
        np.testing.assert_allclose(loss(Z, labels), truth, rtol=1e-14)
        np.testing.assert_allclose(loss.gradient(Z, labels), slopes, rtol=1e-14)


def test_two_conventions_of_labels_are_not_mixed():
    """One of them reads every row the wrong way."""
    with pytest.raises(DataError, match="two conventions"):
        losses.hinge([1.0, 2.0], [0, -1])
    with pytest.raises(DataError, match="two conventions"):
        evaluate([1.0, 2.0, 3.0], [0, 1, -1], loss="hinge")


def test_like_sklearn_hinge():
    """The mean, where both labels are there."""
    theirs = metrics.hinge_loss(HARD, Z, labels=[0, 1])
    assert value("hinge", Z, HARD, "sklearn") == pytest.approx(theirs, rel=1e-14)


def test_like_optax_labels_of_0_and_1_are_refused():
    """It multiplies by them: the label 0 costs 1 whatever the score."""
    assert value("hinge", [0.5], [-1], "optax") == 1.5
    assert value("perceptron", [0.5], [-1], "optax") == 0.5
    for name in ("hinge", "perceptron"):
        with pytest.raises(DataError, match="-1 or 1"):
            evaluate([0.5], [0], loss=name, like="optax")
        with pytest.raises(DataError, match="-1 or 1"):
            evaluate([0.5], [0], loss=f"{name} + 0.5*{name}", like="optax")


def test_soft_margin_is_torchs_where_that_does_not_overflow():
    """And torch's overflow under --like torch."""
    z, y = torch.from_numpy(Z), torch.from_numpy(SIGNS)
    theirs = functional.soft_margin_loss(z, y, reduction="none").numpy()
    np.testing.assert_allclose(losses.soft_margin(Z, SIGNS), theirs, rtol=1e-13)
    assert value("soft_margin", [-1000.0], [1]) == 1000.0
    assert value("soft_margin", [-1000.0], [1], "torch") == np.inf
    with pytest.raises(DataError):
        losses.soft_margin([1.0], [0])


def test_brier_is_scikit_learns():
    """Of labels of 0 and 1."""
    theirs = metrics.brier_score_loss(HARD, P)
    assert value("brier", P, HARD, "sklearn") == pytest.approx(theirs, rel=1e-14)
    assert value("brier", [0.7, 0.2], [1, 0]) == pytest.approx(0.065, rel=1e-14)


def test_zero_one_is_scikit_learns(rng):
    """Of rows, and of columns, which is its hamming_loss."""
    pred, target = rng.integers(0, 2, (50, 3)), rng.integers(0, 2, (50, 3))
    assert value("zero_one", pred, target, "sklearn") == metrics.zero_one_loss(target, pred)
    columns = value("zero_one:average=columns", pred, target)
    assert columns == pytest.approx(metrics.hamming_loss(target, pred), rel=1e-15)
    classes = rng.integers(0, 5, (2, 80))
    assert value("zero_one", *classes) == metrics.zero_one_loss(classes[1], classes[0])


def test_scores_are_no_labels():
    """Unless a threshold makes them labels."""
    with pytest.raises(DataError, match="threshold"):
        evaluate(P, HARD, loss="zero_one")
    wrong = np.mean((P > 0.5) != HARD)
    assert value("zero_one:threshold=0.5", P, HARD) == wrong
    assert value("zero_one:threshold=0", Z, SIGNS) == wrong


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.float64])
def test_labels_that_float64_cannot_tell_apart_are_refused(kind):
    """2^53 and 2^53 + 1 would count as one label, and a wrong answer as right."""
    near = np.array([1, 2**53 - 1]).astype(kind), np.array([1, 2**53 - 2]).astype(kind)
    assert value("zero_one", *near) == 0.5
    far = np.array([1, 2**53]).astype(kind), np.array([1, 2**53 + 1]).astype(kind)
    for call in (losses.zero_one, lambda *labels: value("zero_one", *labels)):
        with pytest.raises(DataError, match="too large to be exact"):
            call(*far)


@pytest.mark.parametrize("loss", ["zero_one", "zero_one + 0*mae"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_labels_that_float32_cannot_tell_apart_are_refused_where_it_computes(loss, backend):
    """2^24 and 2^24 + 1 are one float32, and two labels in float64."""
    near = [5, 2**24 - 1], [5, 2**24 - 2]
    far = [5, 2**24 + 1], [5, 2**24]
    assert value(loss, *near, backend=backend, dtype="float32") == 0.5
    assert value(loss, *far, backend=backend) == 0.5
    with pytest.raises(DataError, match=r"16777217 is too large (.*\n)*float32 represents"):
        value(loss, *far, backend=backend, dtype="float32")


@pytest.mark.parametrize(("kind", "digits"), [(np.float16, 11), (np.float32, 24)])
def test_labels_that_their_own_type_cannot_tell_apart_are_refused(kind, digits):
    """A file of float16 has 2,048 where 2,049 was meant."""
    near = np.array([1, 2**digits - 1], kind), np.array([1, 2**digits - 2], kind)
    assert value("zero_one", *near) == 0.5
    far = np.array([1, 2**digits + 1]), np.array([1, 2**digits])
    assert value("zero_one", *far) == 0.5
    for call in (losses.zero_one, lambda *labels: value("zero_one", *labels)):
        with pytest.raises(DataError, match="too large to be exact"):
            call(*(labels.astype(kind) for labels in far))


def test_zero_one_has_no_gradient():
    """It says so, alone and in a sum."""
    with pytest.raises(UsageError, match="no gradient"):
        losses.zero_one.gradient([1, 0], [1, 1])
    assert evaluate([1, 0], [1, 1], loss="zero_one + 2*mae").value == 1.5


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, None), (0.0, None), (2.0, 0.25), (3.5, 0.7)])
def test_binary_focal_is_lin_and_others(gamma, alpha):
    """As torchvision and optax write it: cross-entropy times (1 - p_t)^gamma times alpha_t."""
    z = torch.from_numpy(Z).requires_grad_()
    t = torch.from_numpy(HARD.astype(float))
    p = torch.sigmoid(z)
    p_t = p * t + (1 - p) * (1 - t)
    theirs = (
        functional.binary_cross_entropy_with_logits(z, t, reduction="none") * (1 - p_t) ** gamma
    )
    if alpha is not None:
        theirs = (alpha * t + (1 - alpha) * (1 - t)) * theirs
    found = losses.binary_focal(Z, HARD, gamma=gamma, alpha=alpha)
    np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=1e-11)
    theirs.sum().backward()
    slopes = losses.binary_focal.gradient(Z, HARD, gamma=gamma, alpha=alpha)
    np.testing.assert_allclose(slopes, z.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_binary_focal_at_the_points_that_libraries_print():
    """Z = ½; and Keras' clip, 16.118 at most."""
    assert value("binary_focal", [0.5], [1]) == pytest.approx(0.06757, abs=5e-6)
    assert value("binary_focal", [0.5], [0]) == pytest.approx(0.37741, abs=5e-6)
    assert value("binary_focal:alpha=0.25", [0.5], [1], "optax") == pytest.approx(0.01689, abs=5e-6)
    assert value("binary_focal:alpha=0.25", [0.5], [0], "optax") == pytest.approx(0.28306, abs=5e-6)
    assert value("binary_focal", [-800.0], [1]) == 800.0
    assert value("binary_focal", [-800.0], [1], "keras") == pytest.approx(16.118, abs=5e-4)


def test_bce_by_conventions():
    """Where a certain and wrong row is held decides what it costs."""
    one = np.ones(1)
    assert value("bce", [0.0], one) == value("bce", [0.0], one, "torch") == 100.0
    assert value("bce", [0.0], one, "keras") == pytest.approx(16.1181, abs=5e-5)
    assert value("bce", [0.0], one, "sklearn") == pytest.approx(36.0437, abs=5e-5)
    narrow = np.zeros(1, np.float32)
    assert value("bce", narrow, one, "sklearn") == pytest.approx(15.9424, abs=5e-5)
    assert value("bce", [1.0], one, "keras") == pytest.approx(1e-7, rel=1e-6)
    assert value("bce", [1.0], one, "sklearn") == pytest.approx(2.2e-16, rel=0.02)
    assert value("bce", [0.0], [0.5], "keras") == pytest.approx(8.06, abs=5e-3)
    for dtype in (np.float64, np.float32):
        p = np.concatenate([P, [0.0, 1.0, 0.0]]).astype(dtype)
        labels = np.concatenate([HARD, [1, 1, 0]])
        theirs = metrics.log_loss(labels, p, labels=[0, 1])
        tolerance = 1e-12 if dtype is np.float64 else 1e-6  # theirs is computed in float32
        assert value("bce", p, labels, "sklearn") == pytest.approx(theirs, rel=tolerance)


@pytest.mark.parametrize("weight", [1.0, 3.0])
@pytest.mark.parametrize("label", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("logit", [np.inf, -np.inf])
def test_infinite_logits_by_conventions(logit, label, weight):
    """Torch, which Keras calls, and optax multiply infinity by 0; the truth is 0 or infinity."""
    z, t = torch.tensor([logit]).double(), torch.tensor([label]).double()
    w = torch.tensor([weight])
    theirs = functional.binary_cross_entropy_with_logits(z, t, pos_weight=w).item()
    spec = f"bce_with_logits:pos_weight={weight:g}"
    right = label == (1.0 if logit > 0 else 0.0)
    truth = {None: 0.0 if right else np.inf, "torch": theirs, "optax": np.nan if right else np.inf}
    truth["keras"] = theirs
    for library, wanted in truth.items():
        np.testing.assert_equal(value(spec, [logit], [label], library, nan="propagate"), wanted)


def test_weights_of_bce_by_conventions():
    """Torch and Keras divide by the number of rows, scikit-learn by the sum of weights."""
    half, labels, weights = [0.5, 0.5], [1, 0], [1.0, 3.0]
    for library, truth in {"torch": 1.38629, "keras": 1.38629, "sklearn": 0.69315}.items():
        found = value("bce", half, labels, library, weights=weights)
        assert found == pytest.approx(truth, abs=5e-6)
    for library in ("torch", "keras"):
        found = value("bce_with_logits", [0.0, 0.0], labels, library, weights=weights)
        assert found == pytest.approx(1.38629, abs=5e-6)
    assert value("bce_with_logits:pos_weight=3", [0.5, 0.5], [1, 0], "torch") == pytest.approx(
        1.19815, abs=5e-6
    )


def test_log_loss_of_one_class_only():
    """Labels of one class are no error here."""
    assert value("bce", [0.25, 0.5], [0, 0], "sklearn") == pytest.approx(
        metrics.log_loss([0, 0], [0.25, 0.5], labels=[0, 1]), rel=1e-14
    )
