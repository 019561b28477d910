"""True losses and slopes: a loss's reference formula, evaluated by mpmath if it is installed.

For inputs too large for mpmath, `Float64Truth` evaluates the declaration in float64.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.backends.rowwise import ROWWISE
from losscli.checks.precision import Floats, Precision
from losscli.checks.rule import error_scale, tolerance
from losscli.errors import UsageError
from losscli.implementations.implementation import Workload

# log(1 + e^-730) is 0 at 50 digits: 700 lose nothing that float64 can hold.
_DIGITS = 700
_STEP = -330  # a power of ten below the smallest float64
_MAX_NUMBERS = 960  # numbers; each takes a millisecond or less
_MAX_SLOPES = 10_000  # numbers, each as often as its row has numbers
_COSTLY = frozenset(
    ("exp", "expm1", "log", "log1p", "sqrt", "power", "cosh", "tanh", "erf", "erfc", "loggamma")
)
_CACHE_SIZE = 1 << 13  # results of a costly function
_HUGE = 2.0**60


class Truth(NamedTuple):
    """The true results of rows, each number rounded once to float64.

    losses: one a row. low, high: the slopes of each row's loss from both sides, of the shape of the
    predictions: they differ at a kink, where any slope between them is correct, and are NaN where
    there is no slope. None: there were too many slopes.
    """

    losses: Floats
    low: Floats | None = None
    high: Floats | None = None

    def part(self, rows: slice) -> "Truth":
        """The truth of some rows."""
        low, high = (None if side is None else side[rows] for side in self[1:])
        return Truth(self.losses[rows], low, high)


def known_truth(
    workload: Workload, arrays: tuple[NDArray[Any], ...], *, slopes: bool = True
) -> Truth | None:
    """The truth; None if mpmath is not installed or the numbers are too many."""
    available = find_spec("mpmath") is not None and 0 < arrays[0].size <= _MAX_NUMBERS
    return truth_of(workload, arrays, slopes=slopes) if available else None


def truth_of(workload: Workload, arrays: tuple[NDArray[Any], ...], *, slopes: bool = True) -> Truth:
    """The truth of finite inputs, with slopes if they are requested and few enough."""
    import mpmath  # type: ignore[import-untyped,unused-ignore]

    pred, *rest = arrays
    rows = list(zip(pred, rest[0] if rest else repeat(None), strict=False))
    with mpmath.workdps(_DIGITS):
        formula = _Formula(workload, _cached(mpmath.mp))
        losses = np.array([float(formula.row(p, t)) for p, t in rows])
        width = pred[0].size
        terms = pred.size * (1 if formula.elementwise else width)
        if not slopes or not workload.loss.differentiable or terms > _MAX_SLOPES:
            return Truth(losses)
        pairs = [formula.slopes(p, t) for p, t in rows]
    low, high = (np.array(side).reshape(pred.shape) for side in zip(*pairs, strict=True))
    return Truth(losses, low, high)


class _CachedMpmath:
    """mpmath at one precision, with the results of costly functions cached.

    One number of a row moves at a time, so a formula repeats its calls on all others.
    """

    def __init__(self, mp: Any) -> None:
        self._mp = mp
        self._root = mp.exp(mp.mpf(0.5))

    def __getattr__(self, name: str) -> Any:
        function = self._exp if name == "exp" else getattr(self._mp, name)
        if name in _COSTLY:
            function = lru_cache(_CACHE_SIZE)(function)
            setattr(self, name, function)
        return function

    def _exp(self, x: Any) -> Any:
        # For integers mpmath multiplies e by itself: fifty times as slow if they are huge.
        if self._mp.isfinite(x) and abs(x) > _HUGE:
            return self._mp.exp(x - 0.5) * self._root
        return self._mp.exp(x)


_cached = cache(_CachedMpmath)


class _Formula:
    """A loss's reference, applied to rows and parameters without rounding."""

    def __init__(self, workload: Workload, mp: Any) -> None:
        self._mp = mp
        self._name = workload.loss.name
        self._reference = workload.loss.reference
        self.elementwise = workload.loss.elementwise
        kinds = {param.name: param.kind for param in workload.loss.params}
        self._params = {
            name: value
            if kinds[name] in ("whole", "flag", "word") or value is None
            else _exactly(value if np.ndim(value) else float(value), mp)
            for name, value in workload.params.items()
        }
        self._row_params = {name for name, value in workload.params.items() if np.ndim(value) == 1}

    def row(self, pred: Any, target: Any) -> Any:
        """The loss of a row; for an elementwise loss the mean over its numbers."""
        if not self.elementwise or not np.ndim(pred):
            return self._real(self._of(_exactly(pred, self._mp), _exactly(target, self._mp)))
        each = (self._real(f(p)) for f, p in self._numbers(pred, target))
        return self._mp.fsum(each) / np.size(pred)

    def _real(self, value: Any) -> Any:
        """The value of a reference; raises UsageError if it is not a real number."""
        if isinstance(value, int | float | self._mp.mpf):
            return value
        kind = type(value).__name__
        raise UsageError(
            f"the reference of {self._name} returned {kind}, expected a real number",
            hint="it gets one row, in numbers of the mpmath namespace that is passed",
        )

    def slopes(self, pred: Any, target: Any) -> tuple[list[float], list[float]]:
        """The slopes of a row's loss from both sides, smaller first, one pair a prediction."""
        flat = [self._mp.mpf(float(value)) for value in np.reshape(pred, -1)]
        if self.elementwise:
            pairs = [
                self._slope(f, p, len(flat))
                for (f, _), p in zip(self._numbers(pred, target), flat, strict=True)
            ]
        else:
            other = _exactly(target, self._mp)

            def shaped(numbers: list[Any]) -> Any:
                return np.array(numbers, object).reshape(np.shape(pred)).tolist()

            def along(at: int) -> Callable[[Any], Any]:
                return lambda x: self._of(shaped([*flat[:at], x, *flat[at + 1 :]]), other)

            pairs = [self._slope(along(at), p, 1) for at, p in enumerate(flat)]
        return [low for low, _ in pairs], [high for _, high in pairs]

    def _of(self, pred: Any, target: Any, params: Any = None) -> Any:
        return self._reference(self._mp, pred, target, **(params or self._params))

    def _numbers(self, pred: Any, target: Any) -> Iterator[tuple[Callable[[Any], Any], Any]]:
        """The formula of each number of a row of an elementwise loss, and the number."""
        targets = np.reshape(target, -1)
        for at, value in enumerate(np.reshape(pred, -1)):
            params = self._params | {name: self._params[name][at] for name in self._row_params}
            other = self._mp.mpf(float(targets[at]))

            def formula(x: Any, other: Any = other, params: Any = params) -> Any:
                return self._of(x, other, params)

            yield formula, self._mp.mpf(float(value))

    def _slope(self, f: Callable[[Any], Any], at: Any, outputs: int) -> tuple[float, float]:
        step = self._mp.mpf(10) ** _STEP
        middle = self._value_or_nan(f, at)
        ends = self._value_or_nan(f, at - step), self._value_or_nan(f, at + step)
        sides = [(middle - ends[0]) / step, (ends[1] - middle) / step]
        finite = [float(side) / outputs for side in sides if self._mp.isfinite(side)]
        return (min(finite), max(finite)) if finite else (np.nan, np.nan)

    def _value_or_nan(self, f: Callable[[Any], Any], at: Any) -> Any:
        """The value; NaN outside of the domain, where a formula may raise."""
        try:
            value = self._mp.mpmathify(f(at))
        except (ArithmeticError, ValueError, TypeError):
            return self._mp.nan
        return value if isinstance(value, self._mp.mpf) else self._mp.nan


def _exactly(value: Any, mp: Any) -> Any:
    """A number, a row or rows of them without rounding; integers and None unchanged."""
    if value is None or isinstance(value, int | np.integer):
        return None if value is None else int(value)
    if np.ndim(value):
        return [_exactly(number, mp) for number in value]
    return mp.mpf(float(value))


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


@dataclass(frozen=True, slots=True)
class Float64Truth:
    """A workload's declaration, evaluated in float64.

    weight: the matrix (C, H) of linear_cross_entropy; None for all other workloads.
    """

    workload: Workload
    precision: Precision
    weight: NDArray[Any] | None

    def losses(self, pred: NDArray[Any], target: NDArray[Any] | None = None) -> RowLosses:
        """The losses of rows."""
        loss, params = self.workload.loss, self.workload.params
        with np.errstate(all="ignore"):
            p, t = self._wide(pred, target)
            values = np.asarray(loss.rows(ROWWISE, p, t, params))
            counts = loss.denominators(ROWWISE, t, params)
            scales = error_scale(values, self._logits(p))
        ones = np.ones(len(values))
        return RowLosses(values, ones if counts is None else np.asarray(counts), scales)

    def row_slopes(
        self, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> tuple[Floats, Floats]:
        """The declared slopes of each row's loss (NaN without any), and predictions in float64."""
        loss = self.workload.loss
        outputs = pred[0].size if loss.elementwise and len(pred) else 1
        with np.errstate(all="ignore"):
            p, t = self._wide(pred, target)
            if not self.workload.loss.differentiable:
                return np.full(p.shape, np.nan), p
            return np.asarray(loss.slopes(ROWWISE, p, t, self.workload.params)) / outputs, p

    def mean_slopes(
        self, total: float, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> MeanSlopes:
        """The slopes of the mean; total: the sum of all rows' denominators."""
        with np.errstate(all="ignore"):
            slope, p = self.row_slopes(pred, target)
            of_logits = slope / total
            if self.weight is not None:
                slope = slope @ self.weight.astype(np.float64)
                scale = np.maximum(np.abs(slope), np.abs(p).max(axis=1, keepdims=True))
            else:
                scale = error_scale(slope, self._logits(p))
            allowed = tolerance(scale, self.precision, self.workload.rows) / total
            return MeanSlopes(slope / total, allowed, of_logits)

    def _logits(self, pred: Floats) -> Floats | None:
        """The logits of predictions; None if errors are not measured by them."""
        scale = self.workload.loss.logit_scale(self.workload.params)
        if not scale:
            return None
        return pred if scale == 1.0 else scale * pred

    def _wide(
        self, pred: NDArray[Any], target: NDArray[Any] | None
    ) -> tuple[Floats, NDArray[Any] | None]:
        wide = pred.astype(np.float64)
        if self.weight is not None:
            wide = wide @ self.weight.astype(np.float64).T
        if target is None or target.dtype.kind == "i":
            return wide, target
        return wide, target.astype(np.float64)
