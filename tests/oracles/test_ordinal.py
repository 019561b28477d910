"""Losses of ordered classes beside formulas in torch, and beside their neighbours."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from losscli import evaluate, losses
from losscli.errors import DataError
from tests.notes import codes_of_reading

RNG = np.random.default_rng(13)
P = RNG.dirichlet(np.ones(5), 100)
Z = RNG.normal(0, 2, (100, 4))
LABELS = RNG.integers(0, 5, 100)


def test_rps_is_the_square_of_cumulative_errors():
    """Values and slopes; normalised by C - 1."""
    p, y = torch.from_numpy(P).requires_grad_(), torch.from_numpy(LABELS)
    theirs = ((p.cumsum(1) - (torch.arange(5) >= y[:, None]).double()) ** 2)[:, :-1].sum(1)
    np.testing.assert_allclose(losses.rps(P, LABELS), theirs.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(
        losses.rps(P, LABELS, normalise=True), theirs.detach().numpy() / 4, rtol=1e-12
    )
    theirs.sum().backward()
    np.testing.assert_allclose(
        losses.rps.gradient(P, LABELS), p.grad.numpy(), rtol=1e-12, atol=1e-15
    )


def test_rps_of_two_classes_is_brier(rng):
    """The probability of the second class beside the label."""
    p = rng.random(50)
    labels = rng.integers(0, 2, 50)
    rows = np.stack([1 - p, p], axis=1)
    np.testing.assert_allclose(losses.rps(rows, labels), losses.brier(p, labels), rtol=1e-12)


def test_a_confident_row_keeps_its_digits():
    """1 - P_k of it has none left."""
    rest = 1e-20
    assert losses.rps([[1 - rest, rest]], [0]).tolist() == [0.0]  # 1 is the nearest number
    exact = [[1 - 2.0**-40, 2.0**-40]]
    assert losses.rps(exact, [0]).tolist() == [2.0**-80]


def test_rps_notes_rows_that_are_no_distribution():
    """They are taken as they are."""
    found = evaluate([[0.5, 0.25], [0.5, 0.5]], [0, 1], loss="rps")
    assert codes_of_reading(found) == ["not_normalised"]
    assert found.value == (0.25 + 0.25) / 2


@pytest.mark.parametrize("weight", [None, np.array([1.0, 0.5, 2.0, 0.0])])
def test_coral_is_the_sum_of_binary_cross_entropies(weight):
    """Of which thresholds the class has passed."""
    z, y = torch.from_numpy(Z).requires_grad_(), torch.from_numpy(LABELS)
    levels = (y[:, None] > torch.arange(4)).double()
    each = functional.binary_cross_entropy_with_logits(z, levels, reduction="none")
    theirs = (each if weight is None else torch.from_numpy(weight) * each).sum(1)
    np.testing.assert_allclose(
        losses.coral(Z, LABELS, weight=weight), theirs.detach().numpy(), rtol=1e-12
    )
    theirs.sum().backward()
    np.testing.assert_allclose(
        losses.coral.gradient(Z, LABELS, weight=weight), z.grad.numpy(), rtol=1e-11, atol=1e-15
    )


def test_a_threshold_of_no_weight_costs_nothing():
    """Not even where its logit is certain and wrong."""
    pred, target = np.array([[np.inf, 0.0]]), np.array([0])
    weight = np.array([0.0, 2.0])
    truth = [2.0 * np.log(2.0)]
    assert losses.coral(pred, target, weight=weight).tolist() == truth
    tensors = torch.from_numpy(pred), torch.from_numpy(target)
    assert losses.coral(*tensors, weight=weight).tolist() == truth


def test_coral_has_one_class_more_than_columns():
    """And no more."""
    assert losses.coral([[0.0, 0.0]], [2]).shape == (1,)
    with pytest.raises(DataError, match="is not one of 3"):
        losses.coral([[0.0, 0.0]], [3])
