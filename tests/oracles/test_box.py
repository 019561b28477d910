"""Losses of boxes beside the formulas that torchvision computes, and numbers of the papers."""

import math

import mpmath
import numpy as np
import pytest
import torch

from losscli import losses
from tests.catalogue.owed.box import diou_terms
from tests.losses.truth import DIGITS, real, true_gradient, ulps

NAMES = ["iou", "giou", "diou", "ciou"]


def boxes(rng, rows=200):
    """Boxes about the origin, many of which overlap."""
    low = rng.standard_normal((rows, 2))
    return np.concatenate([low, low + 0.2 + 2 * rng.random((rows, 2))], axis=1)


def plain(name, p, t, eps):
    """The formula as torchvision has it, on tensors."""
    low, high = torch.maximum(p[:, :2], t[:, :2]), torch.minimum(p[:, 2:], t[:, 2:])
    both = (high - low).clamp(min=0).prod(1)
    union = sum((b[:, 2:] - b[:, :2]).prod(1) for b in (p, t)) - both
    overlap = both / (union + eps)
    span = torch.maximum(p[:, 2:], t[:, 2:]) - torch.minimum(p[:, :2], t[:, :2])
    if name == "iou":
        return 1 - overlap
    if name == "giou":
        around = span.prod(1)
        return 1 - (overlap - (around - union) / (around + eps))
    gap = ((p[:, :2] + p[:, 2:]) - (t[:, :2] + t[:, 2:])) / 2
    apart = 1 - overlap + gap.square().sum(1) / (span.square().sum(1) + eps)
    if name == "diou":
        return apart
    turns = [torch.atan((b[:, 2] - b[:, 0]) / (b[:, 3] - b[:, 1])) for b in (t, p)]
    v = 4 / math.pi**2 * (turns[0] - turns[1]) ** 2
    with torch.no_grad():
        price = v / (1 - overlap + v + eps)
    return apart + price * v


@pytest.mark.parametrize("eps", [0.0, 1e-7, 0.1])
@pytest.mark.parametrize("name", NAMES)
def test_ordinary_boxes_agree_with_the_plain_formula(name, eps, rng):
    """Values, and gradients by autograd, with the price of ciou held constant."""
    pred, target = boxes(rng), boxes(rng)
    tensor = torch.from_numpy(pred.copy()).requires_grad_()
    rows = plain(name, tensor, torch.from_numpy(target), eps)
    rows.sum().backward()
    loss = getattr(losses, name)
    np.testing.assert_allclose(loss(pred, target, eps=eps), rows.detach(), rtol=1e-12)
    found = loss.gradient(pred, target, eps=eps)
    np.testing.assert_allclose(found, tensor.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "pred", "target", "expected"),
    [
        ("iou", (0, 0, 2, 2), (1, 1, 3, 3), 6 / 7),
        ("giou", (0, 0, 2, 2), (1, 1, 3, 3), 6 / 7 + 2 / 9),
        ("diou", (0, 0, 2, 2), (1, 1, 3, 3), 6 / 7 + 1 / 9),
        ("diou", (0, 0, 1, 1), (2, 2, 3, 3), 1 + 8 / 18),
        ("giou", (0, 0, 1, 1), (0, 1, 1, 2), 1.0),
        ("iou", (0, 0, 2, 1), (0, 0, 1, 2), 2 / 3),
        ("diou", (0, 0, 2, 1), (0, 0, 1, 2), 0.729167),
        ("ciou", (0, 0, 2, 1), (0, 0, 1, 2), 0.762918),
        *((name, (1, 1, 1, 1), (1, 1, 1, 1), 1.0) for name in NAMES),
        *((name, (1, 1, 1, 2), (1, 1, 1, 2), 1.0) for name in NAMES),
        *((name, (0, 0, 2, 1), (0, 0, 2, 1), 0.0) for name in NAMES),
    ],
)
def test_boxes_by_hand(name, pred, target, expected):
    """Overlapping, apart, touching, crossed, without an area, equal."""
    assert getattr(losses, name)([pred], [target])[0] == pytest.approx(expected, abs=5e-7)


def test_boxes_that_nearly_agree_keep_their_digits():
    """The plain ratio gives 1.00009e-12."""
    edge = 1 + 1e-12
    found = losses.iou([[0, 0, 1, 1]], [[0, 0, 1, edge]])[0]
    assert found == pytest.approx((edge - 1) / edge, rel=1e-15)


def test_boxes_of_any_unit_cost_the_same(rng):
    """Squares of 1e200 and of 1e-200 are beyond float64, shares of areas are not."""
    pred, target = boxes(rng), boxes(rng)
    for name in NAMES:
        loss = getattr(losses, name)
        for unit in (2.0**600, 2.0**-600):
            assert (loss(unit * pred, unit * target) == loss(pred, target)).all()


def test_disjoint_boxes_have_no_slope_in_iou_and_one_in_the_others():
    """Which is what the others are for."""
    pair = [[0.0, 0.0, 1.0, 1.0]], [[2.0, 3.0, 4.0, 5.0]]
    assert (losses.iou.gradient(*pair) == 0).all()
    for name in NAMES[1:]:
        assert (getattr(losses, name).gradient(*pair)[0, 2:] < 0).all()


@pytest.mark.parametrize("k", range(12))
def test_the_gradient_of_ciou_is_that_of_diou_and_a_price_times_that_of_the_shape(k):
    """That by a central difference in mpmath, and a apart; together within 16 ULP of the terms."""
    rng = np.random.default_rng(k)
    low = rng.standard_normal((2, 2))
    pred, target = np.concatenate([low, low + 0.2 + 3 * rng.random((2, 2))], axis=1).tolist()
    slopes = true_gradient("diou", pred, target, {})
    found = losses.ciou.gradient([pred], [target])[0]
    with mpmath.workdps(DIGITS):
        p, t = real(pred), real(target)

        def v(box):
            turns = [mpmath.atan((b[2] - b[0]) / (b[3] - b[1])) for b in (t, box)]
            return 4 / mpmath.pi**2 * (turns[0] - turns[1]) ** 2

        step = mpmath.mpf(10) ** -330
        moved = [
            [x + step * s * (i == j) for i, x in enumerate(p)] for j in range(4) for s in (1, -1)
        ]
        price = v(p) / (losses.iou.reference(mpmath.mp, p, t, eps=mpmath.mpf(0)) + v(p))
        terms = diou_terms(mpmath.mp, p, t, eps=mpmath.mpf(0))
        for j, slope in enumerate(slopes):
            turn = price * (v(moved[2 * j]) - v(moved[2 * j + 1])) / (2 * step)
            # The angle itself is right to an ULP of 1, so its part is of the sides that make it.
            scale = terms[j] + price / (p[2 + j % 2] - p[j % 2])
            assert ulps(float(found[j]), slope + turn, scale) <= 16
