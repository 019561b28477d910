"""Losses of masks beside torch expressions, scikit-learn, and numbers of other libraries."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, jaccard_score

from losscli import evaluate, losses

RNG = np.random.default_rng(29)
SOFT = RNG.random((30, 3, 8))
HARD = RNG.integers(0, 2, (30, 3, 8)).astype(float)
GUESS = RNG.integers(0, 2, (30, 3, 8)).astype(float)
P, T = np.array([[0.8, 0.4, 0.1, 0.3]]), np.array([[1.0, 0.0, 0.0, 1.0]])


def plain(name, p, t, s):
    """The textbook's ratio, on tensors."""
    both, ours, theirs = (p * t).sum(-1), p.sum(-1), t.sum(-1)
    return {
        "dice": 1 - (2 * both + s) / (ours + theirs + s),
        "jaccard": 1 - (both + s) / (ours + theirs - both + s),
        "tversky": 1
        - (both + s) / (both + 0.3 * (p * (1 - t)).sum(-1) + 0.7 * ((1 - p) * t).sum(-1) + s),
    }[name]


@pytest.mark.parametrize("shape", [(30, 8), (30, 3, 8)])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
@pytest.mark.parametrize("name", ["dice", "jaccard", "tversky"])
def test_ordinary_masks_agree_with_the_plain_ratio(name, smooth, shape):
    """Values, and gradients by autograd; of several classes the mean."""
    params = {"smooth": smooth} | ({"alpha": 0.3, "beta": 0.7} if name == "tversky" else {})
    p, t = (a if len(shape) == 3 else a[:, 0] for a in (SOFT, HARD))
    tensor = torch.from_numpy(p.copy()).requires_grad_()
    rows = plain(name, tensor, torch.from_numpy(t.copy()), smooth)
    rows = rows if rows.ndim == 1 else rows.mean(-1)
    rows.sum().backward()
    loss = getattr(losses, name)
    np.testing.assert_allclose(loss(p, t, **params), rows.detach(), rtol=1e-13)
    np.testing.assert_allclose(loss.gradient(p, t, **params), tensor.grad, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("name", "score"), [("dice", f1_score), ("jaccard", jaccard_score)])
def test_hard_masks_agree_with_sklearn(name, score):
    """Row by row."""
    for p, t in zip(GUESS[:, 0], HARD[:, 0], strict=True):
        if p.any() or t.any():
            assert getattr(losses, name)([p], [t])[0] == pytest.approx(1 - score(t, p), rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (losses.dice(P, T), 0.388888888888889),
        (losses.dice(P, T, smooth=2.0), 0.25),
        (losses.tversky(P, T, alpha=0.3, beta=0.7), 0.414893617021277),
        (losses.tversky(P, T), 0.388888888888889),
        (losses.tversky(P, T, alpha=1.0, beta=1.0), losses.jaccard(P, T)[0]),
    ],
)
def test_a_mask_by_hand(loss, expected):
    """I = 1.1, P = 1.6, T = 2."""
    assert loss[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", ["dice", "jaccard", "tversky"])
def test_two_empty_masks_cost_nothing(name):
    """Nothing to find, and nothing found."""
    empty = np.zeros((1, 4))
    assert getattr(losses, name)(empty, empty)[0] == 0
    assert (getattr(losses, name).gradient(empty, empty) == 0).all()


def test_a_nearly_perfect_mask_keeps_its_digits():
    """The plain ratio gives 4.9993e-13."""
    part = 1 - 1e-12
    lack = 1 - part
    found = losses.dice([[part, part, part]], [[1, 1, 1]])[0]
    assert found == pytest.approx(3 * lack / (6 - 3 * lack), rel=1e-15)


def like(name, library, pred, target, **params):
    """A library's loss of one row, as its convention declares it."""
    loss = getattr(losses, name)
    convention = loss.like[library]
    whole = loss.resolve({**convention.params, **params})
    return float((convention.values or loss.values)(np, pred, target, **whole)[0])


def test_the_conventions_of_masks():
    """Keras swaps alpha and beta and gives 1 for nothing; optax smooths; sklearn gives 1."""
    empty = np.zeros((1, 4))
    assert like("tversky", "keras", P, T, alpha=0.3, beta=0.7) == pytest.approx(0.3604651, abs=1e-7)
    assert like("dice", "keras", P, T) == pytest.approx(0.38889, abs=5e-6)
    assert like("dice", "keras", empty, empty) == 1
    assert like("dice", "optax", P, T) == pytest.approx(0.25)
    assert like("dice", "optax", empty, empty) == 0
    with pytest.warns(UserWarning, match="ill-defined"):
        assert like("jaccard", "sklearn", empty, empty) == 1 - jaccard_score(empty[0], empty[0])
    assert like("jaccard", "sklearn", GUESS[:1, 0], HARD[:1, 0]) == pytest.approx(
        1 - jaccard_score(HARD[0, 0], GUESS[0, 0])
    )


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_one_empty_mask_of_several_counts_its_share_exactly(backend):
    """scikit-learn scores a class that neither has as a total miss; a third is no float32."""
    pred, target = np.zeros((1, 3, 4)), np.zeros((1, 3, 4))
    pred[0, 1:, 0] = 1.0
    target[0, 1:, 0] = 1.0
    found = evaluate(pred, target, loss="jaccard", like="sklearn", backend=backend)
    assert found.losses[0].value == 1 / 3


def _of_jaccard(errors, t):
    """Sorted errors times the differences of 1 - intersection / union, as the paper has them."""
    errors, order = errors.sort(-1, descending=True)
    t = t.gather(-1, order)
    objects = t.sum(-1, keepdim=True)
    loss = 1 - (objects - t.cumsum(-1)) / (objects + (1 - t).cumsum(-1))
    return (errors * torch.diff(loss, dim=-1, prepend=torch.zeros_like(objects))).sum(-1)


def _focal(p, t):
    return plain("tversky", p, t, 0.0) ** 0.75


def _hinge(p, t):
    return _of_jaccard(torch.relu(1 - (2 * t - 1) * p), t)


def _softmax(p, t):
    return _of_jaccard((t - p).abs(), t)


@pytest.mark.parametrize("shape", [(30, 8), (30, 3, 8)])
@pytest.mark.parametrize(
    ("name", "function", "spread"),
    [("focal_tversky", _focal, 1), ("lovasz_hinge", _hinge, 3), ("lovasz_softmax", _softmax, 1)],
)
def test_losses_of_a_paper_agree_with_its_formula(name, function, spread, shape):
    """Values, and gradients by autograd; of several classes the mean."""
    p, t = (a if len(shape) == 3 else a[:, 0] for a in (SOFT, HARD))
    p = p if spread == 1 else spread * (2 * p - 1)
    tensor = torch.from_numpy(p.copy()).requires_grad_()
    rows = function(tensor, torch.from_numpy(t.copy()))
    rows = rows if rows.ndim == 1 else rows.mean(-1)
    rows.sum().backward()
    loss = getattr(losses, name)
    np.testing.assert_allclose(loss(p, t), rows.detach(), rtol=1e-13)
    np.testing.assert_allclose(loss.gradient(p, t), tensor.grad, rtol=1e-11, atol=1e-14)


def test_lovasz_losses_of_hard_masks_are_those_of_jaccard():
    """Of scores of -1 and 1 twice as much; rows in which a class is absent count it or not."""
    jaccard = losses.jaccard(GUESS, HARD)
    np.testing.assert_allclose(losses.lovasz_softmax(GUESS, HARD), jaccard, rtol=1e-14)
    np.testing.assert_allclose(losses.lovasz_hinge(2 * GUESS - 1, HARD), 2 * jaccard, rtol=1e-14)
    pred, target = [[[0.0, 0.5], [0.5, 0.25]]], [[[0, 1], [0, 0]]]
    assert losses.lovasz_softmax(pred, target).tolist() == [0.5]
    assert losses.lovasz_softmax(pred, target, classes="all").tolist() == [0.5]
    pred = [[[0.0, 0.75], [0.5, 0.25]]]
    assert losses.lovasz_softmax(pred, target).tolist() == [0.25]
    assert losses.lovasz_softmax(pred, target, classes="all").tolist() == [0.375]
