"""Inputs for implementations, made of the domains that a loss declares: ordinary and extreme."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.implementations.implementation import Workload
from losscli.losses.domain import Domain, Labels, Numbers

Arrays: TypeAlias = tuple[NDArray[Any], ...]

_BORDER = 2.0**-10  # ordinary probabilities keep this distance from 0 and 1


class Draw:
    """Draws rows of inputs of a workload; the same seed gives the same rows.

    dtype: the NumPy type of real numbers.
    """

    def __init__(self, workload: Workload, dtype: Any, seed: int) -> None:
        self._workload = workload
        self._dtype = np.dtype(dtype)
        self._random = np.random.default_rng(seed)

    def all(self) -> Arrays:
        """All inputs: pred and target, or hidden, weight and target."""
        if not self._workload.linear:
            return self.rows(self._workload.rows, 1.0)
        _, hidden, classes = self._workload.shape
        states, target = self.rows(self._workload.rows, 1.0)
        weight = self._normal((classes, hidden), 1.0 / math.sqrt(hidden))
        return states, weight, target

    def rows(self, count: int, spread: float) -> Arrays:
        """`count` rows of pred (or hidden) and target; spread: of predictions without bounds."""
        loss = self._workload.loss
        shape = (count, *self._workload.shape[1:2])
        if self._workload.linear:
            return self._normal(shape, 2.0 * spread), self._labels(count, self._workload.shape[2])
        pred = self._real(loss.pred, shape, 2.0 * spread, chances=True)
        if isinstance(loss.target, Labels):
            return pred, self._labels(count, self._workload.shape[1])
        return pred, self._real(loss.target, shape, 1.0, chances=False)

    def choice(self, below: int, count: int) -> NDArray[np.int64]:
        """Some numbers below a limit, in rising order."""
        return np.unique(self._random.integers(0, below, count))

    def spread(self) -> float:
        """Another spread of predictions, so that a mean cannot stay what it was."""
        return float(self._random.choice([0.25, 0.5, 1.5, 2.0]))

    def _real(
        self, domain: Domain, shape: tuple[int, ...], scale: float, *, chances: bool
    ) -> NDArray[Any]:
        assert isinstance(domain, Numbers)
        low, high = domain.interval.low, domain.interval.high
        if math.isinf(low) and math.isinf(high):
            return self._normal(shape, scale)
        if (low, high) == (0.0, 1.0) and not chances:
            return (self._random.random(shape) < 0.5).astype(self._dtype)
        if math.isinf(high):
            return np.asarray(low + np.abs(self._normal(shape, scale)), self._dtype)
        border = _BORDER * (high - low)
        drawn = low + border + (high - low - 2.0 * border) * self._random.random(shape) ** scale
        return np.asarray(drawn, self._dtype)

    def _normal(self, shape: tuple[int, ...], scale: float) -> NDArray[Any]:
        wide = np.float64 if self._dtype == np.float64 else np.float32
        drawn = self._random.standard_normal(shape, dtype=wide)
        drawn *= wide(scale)
        found: NDArray[Any] = drawn.astype(self._dtype, copy=False)
        return found

    def _labels(self, count: int, classes: int) -> NDArray[np.int64]:
        return self._random.integers(0, classes, count)
