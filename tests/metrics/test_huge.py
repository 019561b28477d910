"""Numbers near the ends of float64: metrics and standard errors are numbers, or missing."""

import math

import numpy as np
import pytest

from losscli import LossCliError, evaluate
from losscli.metrics.registry import all_metrics

METRICS = [metric.name for metric in all_metrics()]
SCALES = (1e-320, 1e-160, 1e160, 1e307)


@pytest.mark.parametrize("name", METRICS)
def test_metrics_of_huge_and_tiny_numbers(name):
    """A clear error is one too: that the metric takes no such rows."""
    random = np.random.default_rng(0)
    for scale in SCALES:
        preds, targets = random.normal(size=(2, 12)) * scale
        for arrays in ((preds, targets), (preds * 1e-5, targets), (targets, targets)):
            try:
                found = evaluate(*arrays, metric=name)
            except LossCliError:
                continue
            (result,) = found.metrics
            assert isinstance(result.value, float)
            assert name in str(found)


@pytest.mark.parametrize(
    "options", [{"hac": 1}, {"weights_are": "frequency"}, {"cluster": [0, 1] * 6}]
)
@pytest.mark.parametrize("scale", SCALES)
def test_standard_errors_of_huge_and_tiny_losses(scale, options):
    """None where the squares lie beyond float64."""
    losses = np.arange(1.0, 13.0) * scale
    if "weights_are" in options:
        options = options | {"weights": np.full(12, 2.0)}
    (found,) = evaluate(losses, np.zeros(12), loss="mae", **options).losses
    assert found.stderr is None or math.isfinite(found.stderr)


def test_a_table_of_undefined_numbers_is_shown():
    found = evaluate([0.5], [1.0], metric="brier_decomposition")
    assert "brier" in str(found)


@pytest.mark.parametrize("spec", [5, 2.5, b"r2", {"r2"}, object()])
def test_a_metric_of_another_type_is_an_error(spec):
    with pytest.raises(LossCliError):
        evaluate([1.0, 2.0], [1.0, 2.5], metric=spec)
