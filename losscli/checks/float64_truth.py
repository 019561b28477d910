"""Losses and slopes of rows by a declaration in float64, with the scales of their tolerances."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.checks.precision import Floats, Precision
from losscli.checks.rule import error_scale, tolerance
from losscli.implementations.implementation import Workload


class RowLosses(NamedTuple):
    """Rows' losses, what each counts in the mean (its denominator), and their error scales."""

    losses: Floats
    denominators: Floats
    scales: Floats


class MeanSlopes(NamedTuple):
    """Slopes of the mean with respect to rows, their tolerance, and the slopes of the logits."""

    slopes: Floats
    allowed: Floats
    logit_slopes: Floats


class Float64Truth:
    """A workload's declaration, evaluated in float64.

    weight: the matrix (C, H) of linear_cross_entropy; None for all other workloads.
    """

    def __init__(
        self, workload: Workload, precision: Precision, weight: NDArray[Any] | None
    ) -> None:
        self._workload = workload
        self._precision = precision
        self._weight = weight

    def losses(self, pred: NDArray[Any], target: NDArray[Any] | None = None) -> RowLosses:
        """The losses of rows."""
        loss, params = self._workload.loss, self._workload.params
        with np.errstate(all="ignore"):
            p, t = self._wide(pred, target)
            values = np.asarray(loss.rows(np, p, t, params))
            counts = loss.denominators(np, t, params)
            scales = error_scale(values, self._logits(p))
        ones = np.ones(len(values))
        return RowLosses(values, ones if counts is None else np.asarray(counts), scales)

    def row_slopes(
        self, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> tuple[Floats, Floats]:
        """The declared slopes of each row's loss (NaN without any), and predictions in float64."""
        loss = self._workload.loss
        outputs = pred[0].size if loss.elementwise and len(pred) else 1
        with np.errstate(all="ignore"):
            p, t = self._wide(pred, target)
            if not self._workload.loss.differentiable:
                return np.full(p.shape, np.nan), p
            return np.asarray(loss.derivative(np, p, t, **self._workload.params)) / outputs, p

    def mean_slopes(
        self, total: float, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> MeanSlopes:
        """The slopes of the mean; total: the sum of all rows' denominators."""
        with np.errstate(all="ignore"):
            slope, p = self.row_slopes(pred, target)
            of_logits = slope / total
            if self._weight is not None:
                slope = slope @ self._weight.astype(np.float64)
                scale = np.maximum(np.abs(slope), np.abs(p).max(axis=1, keepdims=True))
            else:
                scale = error_scale(slope, self._logits(p))
            allowed = tolerance(scale, self._precision, self._workload.rows) / total
            return MeanSlopes(slope / total, allowed, of_logits)

    def _logits(self, pred: Floats) -> Floats | None:
        """The logits of predictions; None if errors are not measured by them."""
        scale = self._workload.loss.logit_scale(self._workload.params)
        if not scale:
            return None
        return pred if scale == 1.0 else scale * pred

    def _wide(
        self, pred: NDArray[Any], target: NDArray[Any] | None
    ) -> tuple[Floats, NDArray[Any] | None]:
        wide = pred.astype(np.float64)
        if self._weight is not None:
            wide = wide @ self._weight.astype(np.float64).T
        if target is None or target.dtype.kind == "i":
            return wide, target
        return wide, target.astype(np.float64)
