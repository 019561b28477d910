"""Losses of several labels beside torch."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from losscli import evaluate, losses

RNG = np.random.default_rng(12)
Z = RNG.normal(0, 2, (100, 6))
T = RNG.integers(0, 2, (100, 6)).astype(float)
WEIGHT = np.array([0.5, 1.0, 2.0, 0.0, 3.0, 1.5])


def lists_of(target):
    """Label indices ended by -1, as torch wants them."""
    found = np.full(target.shape, -1)
    for row, labels in enumerate(target):
        at = np.flatnonzero(labels)
        found[row, : len(at)] = at
    return torch.from_numpy(found)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_multilabel_soft_margin_is_torchs(weight):
    """Values, slopes, and the mean under weights of rows."""
    z = torch.from_numpy(Z).requires_grad_()
    w = None if weight is None else torch.from_numpy(weight)
    theirs = functional.multilabel_soft_margin_loss(
        z, torch.from_numpy(T), weight=w, reduction="none"
    )
    found = losses.multilabel_soft_margin(Z, T, weight=weight)
    np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=1e-12)
    theirs.sum().backward()
    slopes = losses.multilabel_soft_margin.gradient(Z, T, weight=weight)
    np.testing.assert_allclose(slopes, z.grad.numpy(), rtol=1e-11, atol=1e-15)


def test_without_weights_it_is_bce_with_logits():
    """Bit for bit."""
    both = evaluate(Z, T, loss=["multilabel_soft_margin", "bce_with_logits"])
    assert both["multilabel_soft_margin"].value == both["bce_with_logits"].value


def test_multilabel_margin_is_torchs():
    """Also for rows of one label, of all and of none; torch adds pair by pair."""
    target = T.copy()
    target[:2] = [[0.0], [1.0]]
    z = torch.from_numpy(Z).requires_grad_()
    theirs = functional.multilabel_margin_loss(z, lists_of(target), reduction="none")
    np.testing.assert_allclose(
        losses.multilabel_margin(Z, target), theirs.detach().numpy(), rtol=1e-13, atol=1e-15
    )
    theirs.sum().backward()
    np.testing.assert_allclose(
        losses.multilabel_margin.gradient(Z, target), z.grad.numpy(), rtol=1e-13, atol=1e-15
    )


def test_a_wrong_label_at_the_margin_does_not_count():
    """Whichever stands first, and however many stand there."""
    rows = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for pred in rows:
        assert losses.multilabel_margin.gradient([pred], [pred]).tolist() == [[0.0, 0.0, 0.0]]
        assert losses.multilabel_margin([pred], [pred]).tolist() == [0.0]


def test_scores_at_the_ends_of_their_type_cost_what_they_cost():
    """Gaps between them overflow, where the loss does not."""
    scores = np.array([[1.7e308, -1.7e308], [-1.7e308, 1.7e308]])
    target = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert losses.multilabel_margin(scores, target).tolist() == [0.0, 1.7e308]
    tensors = torch.from_numpy(scores), torch.from_numpy(target)
    assert losses.multilabel_margin(*tensors).tolist() == [0.0, 1.7e308]


@pytest.mark.parametrize("weight", [0.0, np.array([0.0, 2.0])])
def test_a_column_of_no_weight_costs_nothing(weight):
    """Not even where its logit is certain and wrong."""
    pred, target = np.array([[np.inf, 0.0]]), np.array([[0.0, 1.0]])
    truth = [0.0 if np.ndim(weight) == 0 else np.log(2.0)]
    assert losses.multilabel_soft_margin(pred, target, weight=weight).tolist() == truth
    tensors = torch.from_numpy(pred), torch.from_numpy(target)
    assert losses.multilabel_soft_margin(*tensors, weight=weight).tolist() == truth


@pytest.mark.parametrize("params", [{}, {"gamma_neg": 2.0, "margin": 0.0}, {"gamma_pos": 3.0}])
def test_asymmetric_is_its_authors_formula(params):
    """Without the clamps of their code; the mean where they take the sum."""
    whole = {"gamma_pos": 1.0, "gamma_neg": 4.0, "margin": 0.05, **params}
    z, t = torch.from_numpy(Z).requires_grad_(), torch.from_numpy(T)
    p = torch.sigmoid(z)
    q = (p - whole["margin"]).clamp(min=0)
    yes = -((1 - p) ** whole["gamma_pos"]) * torch.log(p)
    no = -(q ** whole["gamma_neg"]) * torch.log1p(-q)
    theirs = (t * yes + (1 - t) * no).mean(1)
    np.testing.assert_allclose(
        losses.asymmetric(Z, T, **params), theirs.detach().numpy(), rtol=1e-11
    )
    theirs.sum().backward()
    np.testing.assert_allclose(
        losses.asymmetric.gradient(Z, T, **params), z.grad.numpy(), rtol=1e-9, atol=1e-14
    )


def test_an_absent_label_just_beyond_the_margin_keeps_its_digits():
    """A logit z has the probability 1/2 + z/4, rounded 1/2; its loss is q² here."""
    found = losses.asymmetric([2.0**-52], [0], margin=0.5, gamma_neg=1.0)
    assert found.tolist() == pytest.approx([2.0**-108], rel=1e-15, abs=0.0)
