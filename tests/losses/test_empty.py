"""Losses and metrics of arrays without rows, of rows without numbers, and of no arrays."""

import math

import numpy as np
import pytest
import torch

import losscli
from losscli import DataError, UsageError
from losscli.losses.registry import all_losses
from losscli.metrics.registry import all_metrics
from tests.catalogue.test_declarations import sample

LOSSES, METRICS = all_losses(), all_metrics()


def named(declared):
    return declared.name


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_a_loss_of_no_rows_is_empty(loss):
    inputs = [array[:0] for array in sample(loss)]
    assert loss(*inputs).shape == (0,)
    assert tuple(loss(*map(torch.from_numpy, inputs)).shape) == (0,)
    if loss.differentiable:
        assert loss.gradient(*inputs).shape == inputs[0].shape
        assert loss.gradient(*map(torch.from_numpy, inputs)).shape == inputs[0].shape


@pytest.mark.parametrize("loss", LOSSES, ids=named)
@pytest.mark.parametrize("shape", [(), (0, 0), (3, 0), (3, 0, 2)], ids=str)
def test_a_loss_of_no_numbers_is_an_error(loss, shape):
    several = [np.zeros(shape)] * len(sample(loss))
    with pytest.raises(DataError):
        loss(*several)
    if several[1:]:
        with pytest.raises(DataError):
            loss([[0.5]], 1.0)


@pytest.mark.parametrize("metric", METRICS, ids=named)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (0, 0), (3, 0)], ids=str)
def test_a_metric_of_no_numbers_is_an_error(metric, shape):
    pair = [np.zeros(shape)] * (2 if metric.rows_of.targeted else 1)
    with pytest.raises(losscli.LossCliError):
        metric(*pair)


def test_a_metric_in_which_no_row_counts_is_nan():
    for name in ("accuracy", "r2", "confusion_matrix", "pearson"):
        assert math.isnan(getattr(losscli.metrics, name)([1, 0], [1, 1], [0.0, 0.0]))


@pytest.mark.parametrize(
    "weight", [[1.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], 2.0, ["a", "b"]]
)
def test_weights_of_a_metric_are_one_number_a_row(weight):
    with pytest.raises(DataError, match="weight"):
        losscli.metrics.r2([1.0, 2.0], [1.0, 2.5], weight)


def test_nothing_is_not_explained():
    with pytest.raises(UsageError):
        losscli.explain([])
