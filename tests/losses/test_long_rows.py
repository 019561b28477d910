"""Losses of rows of many classes, whose sums add up many roundings."""

from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest
import torch

from losscli import losses

BAR = 8.0  # ULP
EPS = Fraction(1, 2**52)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("classes", [64, 65, 100, 1000])
@pytest.mark.parametrize("spread", [0.3, 3.0, 20.0])
def test_rps_of_many_classes_is_true(kind, classes, spread):
    """Added one by one, a thousand probabilities cost 20 ULP."""
    random = np.random.default_rng(classes)
    pred = np.exp(spread * random.standard_normal((8, classes)))
    pred /= pred.sum(axis=1, keepdims=True)
    target = np.where(np.arange(8) % 2, pred.argmax(axis=1), random.integers(0, classes, 8))
    given = (pred, target) if kind == "numpy" else (torch.from_numpy(pred), target)
    values, slopes = losses.rps(*given), losses.rps.gradient(*given)
    for p, y, value, slope in zip(pred, target, values, slopes, strict=True):
        sums = [*accumulate(map(Fraction, p.tolist()))][:-1]
        errors = [total - (k >= y) for k, total in enumerate(sums)]
        truth = sum(e * e for e in errors)
        assert abs(Fraction(float(value)) - truth) <= BAR * Fraction(np.spacing(float(truth)))
        terms = [*accumulate(2 * abs(e) for e in reversed(errors))][::-1]
        true_slopes = [*accumulate(2 * e for e in reversed(errors))][::-1]
        for found, true, size in zip(slope[:-1].tolist(), true_slopes, terms, strict=True):
            # 1 - P_k cancels down to what rounding left of each probability, a few EPS a class.
            slack = BAR * Fraction(np.spacing(float(size))) + classes * EPS**2
            assert abs(Fraction(found) - true) <= slack
        assert slope[-1] == 0
