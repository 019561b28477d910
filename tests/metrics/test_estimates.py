"""Estimates are exact functions of means; their standard errors are those of the delta method."""

import math

import numpy as np
import pytest

from losscli.accumulators.cells import CellSums
from losscli.metrics.core.estimate import estimate
from losscli.stats import dual


@pytest.fixture
def columns():
    random = np.random.default_rng(3)
    y = random.normal(1e6, 1.0, size=500)
    return y, y + random.normal(size=500)


def test_a_mean_has_the_standard_error_of_the_sample(columns):
    y, _ = columns
    found = estimate(lambda m: m["y"], CellSums.of(len(y), [y]), ("y",))
    assert found.value == math.fsum(y) / len(y)
    assert found.stderr == pytest.approx(np.std(y, ddof=1) / math.sqrt(len(y)), rel=1e-9)
    assert found.n == 500


def test_a_quotient_of_weighted_means_is_linearised(columns):
    y, x = columns
    w = np.random.default_rng(4).uniform(0.5, 2, size=500)
    found = estimate(lambda m: m["y"] / m["x"], CellSums.of(500, [y, x], w), ("y", "x"))
    ratio = np.sum(w * y) / np.sum(w * x)
    u = w * (y - ratio * x)
    stderr = math.sqrt(500 / 499 * np.sum(u**2)) / np.sum(w * x)
    assert found.value == pytest.approx(ratio, rel=1e-14)
    assert found.stderr == pytest.approx(stderr, rel=1e-6)


def test_slopes_of_roots_enter(columns):
    y, _ = columns
    found = estimate(lambda m: dual.sqrt(m["y"]), CellSums.of(len(y), [y]), ("y",))
    mean = math.fsum(y) / len(y)
    plain = np.std(y, ddof=1) / math.sqrt(len(y)) / (2 * math.sqrt(mean))
    assert found.stderr == pytest.approx(plain, rel=1e-9)


def test_no_rows_have_no_statistic():
    found = estimate(lambda m: m["y"], CellSums(), ("y",))
    assert math.isnan(found.value)
    assert found.stderr is None
