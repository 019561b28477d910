"""Bins of predicted probabilities, and the confidence of predictions."""

import numpy as np

from losscli.accumulators.cells import Cells
from losscli.accumulators.exact import Floats
from losscli.accumulators.prefix import prefix_sums, rounded
from losscli.losses.declare import Interval, Param
from losscli.metrics.core.metric import Array

BINS = Param("bins", 15, Interval(1.0, 10_000.0), "the number of bins", "whole")


def confidences(pred: Array, target: Array) -> tuple[Floats, Floats]:
    """The probability of what is predicted, and 1 where it is true, else 0.

    pred (N,): of class 1. (N, C): the largest one of a row, of which the first counts.
    """
    if pred.ndim == 1:
        return pred, np.asarray(target > 0, np.float64)
    hit = pred.argmax(axis=-1) == target
    return pred.max(axis=-1), np.asarray(hit, np.float64)


def uniform_bins(probability: Floats, bins: int) -> Cells:
    """The bin (k/bins, (k+1)/bins] of each probability; 0 is in the first.

    The edges are the nearest numbers of float64, so that 0.2 is on the edge of five bins.
    """
    edges = np.arange(1, bins) / bins
    return Cells(np.searchsorted(edges, probability, side="left"), range(bins))


def quantile_bins(probability: Floats, weight: Floats | None, bins: int) -> Cells:
    """The bin of each probability, where each bin holds about the same weight.

    The edges are the smallest probabilities with at least k/bins of the weight at or below them;
    equal probabilities are in one bin.
    """
    order = np.argsort(probability, kind="stable")
    ordered = probability[order]
    sums = (
        np.arange(1, len(order) + 1) if weight is None else rounded(prefix_sums(weight[order]))[1:]
    )
    places = [
        min(int(np.searchsorted(sums * bins, k * sums[-1], side="left")), len(order) - 1)
        for k in range(1, bins)
    ]
    edges = ordered[places]
    return Cells(np.searchsorted(edges, probability, side="left"), range(bins))
