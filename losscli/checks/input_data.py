"""Inputs of a workload in the buffers of a device, their true results, and updates of both.

An implementation that returns an earlier answer must be detected, so contents change between calls,
in the same buffers. An update writes a few rows, and the truth follows: the losses of all rows are
known in float64, and only those of the updated rows are computed again.
"""

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum
from losscli.checks.generators import Arrays, InputGenerator, in_domain
from losscli.checks.precision import (
    Floats,
    Precision,
    as_dtype,
    precision,
    row_index,
    tensor_bytes,
    to_host,
    to_tensor,
)
from losscli.checks.rule import (
    NO_ERRORS,
    ErrorStats,
    error_stats,
    expected_slope,
    tolerance,
    wrong_shape,
)
from losscli.checks.truth import Float64Truth, MeanSlopes, RowLosses, Truth
from losscli.checks.updates import AnswerSummary, SummaryErrors, Update
from losscli.implementations.implementation import Answer, Framework, Setting, Workload

_BLOCK = 1 << 18  # elements
_ROWS_PER_UPDATE = 1 << 14  # an update writes one row in so many, and a few more
_UPDATE_ELEMENTS = 1 << 14  # of an update, at most
_ERROR_SAMPLE = 4096  # errors of an answer, of which the median is taken
_SAME_SLOPE = 2.0**-40  # relative; slopes that differ by more are different slopes
_GRADIENT_ROWS = 64  # rows of a gradient that are checked of every timed call

_Contents: TypeAlias = tuple[NDArray[np.int64], Arrays]


class InputData:
    """Inputs and their true results.

    arrays: on the host; every number is one of the dtype of `setting`. generator: draws updates.
    """

    def __init__(
        self, workload: Workload, setting: Setting, arrays: Arrays, generator: InputGenerator
    ) -> None:
        self.workload = workload
        self._precision = precision(setting.dtype)
        self._errors = partial(error_stats, precision=self._precision)
        self._sampled = partial(self._errors, sample=_ERROR_SAMPLE)
        self._generator = generator
        # Copies: contents will change, and the caller may need the originals.
        self._arrays = tuple(np.array(as_dtype(array, setting.dtype)) for array in arrays)
        self._setting = setting
        self._slope_bounds: tuple[Floats, Floats] | None = None
        self._tensors: tuple[Any, ...] | None = None
        weight = self._arrays[1] if workload.linear else None
        self._float64 = Float64Truth(workload, self._precision, weight)
        parts = zip(*map(self._losses, self._spans()), strict=True)
        self._losses_of_rows, self._denominators, self._scales = map(np.concatenate, parts)
        self._sum = ExactSum.of(self._losses_of_rows)
        self._denominator = ExactSum.of(self._denominators)
        self._scale = self._total_scale()
        self._followers: list[Callable[[NDArray[np.int64] | None], None]] = []

    def follow(self, changed: Callable[[NDArray[np.int64] | None], None]) -> None:
        """Call a function with the rows of each change of the contents, None for all rows."""
        self._followers.append(changed)

    def inputs(self, framework: Framework) -> tuple[Any, ...]:
        """The buffers, the same for every call: NumPy arrays, or tensors on the device."""
        if framework == "numpy":
            return self._arrays
        if self._tensors is None:
            self._tensors = tuple(to_tensor(array, self._setting) for array in self._arrays)
        return self._tensors

    @property
    def bytes_read(self) -> int:
        """The size of all inputs in their dtype."""
        return sum(
            array.nbytes if array.dtype.kind == "i" else array.size * self._precision.size
            for array in self._arrays
        )

    @property
    def bytes_written(self) -> int:
        """The size of the gradients."""
        return sum(array.size for array in self._differentiated) * self._precision.size

    def checksum(self, framework: Framework) -> int:
        """A checksum of the buffers, by which a call that changes them is detected."""
        total = 0
        for buffer in self.inputs(framework):
            array = buffer if isinstance(buffer, np.ndarray) else tensor_bytes(buffer)
            total = zlib.crc32(np.ascontiguousarray(array).data.cast("B"), total)
        return total

    def set_truth(self, truth: Truth) -> int:
        """Replace float64 losses and slopes by more accurate ones of the same rows.

        Returns the number of declared slopes that differ from the formula's: at a clamp a
        declaration may follow other libraries, and then the declared slope is the expected one.
        """
        span = slice(0, len(truth.losses))
        self._replace(span, RowLosses(truth.losses, self._denominators.copy(), self._scales.copy()))
        if truth.low is None or truth.high is None:
            return 0
        declared = self._float64.row_slopes(*self._parts(span))[0]
        with np.errstate(all="ignore"):
            below, above = (
                _SAME_SLOPE * np.abs(side) + _SAME_SLOPE**2 for side in (truth.low, truth.high)
            )
            same = (declared >= truth.low - below) & (declared <= truth.high + above)
            # If one slope of a row is held constant, all slopes of the row are.
            whole = same.reshape(len(same), -1).all(axis=1)
            same &= whole.reshape(-1, *(1,) * (same.ndim - 1))
        low, high = np.where(same, truth.low, declared), np.where(same, truth.high, declared)
        self._slope_bounds = low, high
        return int((~same & np.isfinite(truth.low)).sum())

    def updates(self, count: int) -> list[Update]:
        """Several updates, which must be applied in turn before others are drawn.

        They are drawn together, so that little happens between the calls that they are for: each is
        written to learn the truth after it, and then all are undone.
        """
        drawn: list[Update] = []
        before: list[_Contents] = []
        for _ in range(count):
            where, contents = self._new_contents()
            before.append((where, self._parts(where)))
            self._write(where, contents)
            drawn.append(self._update(where, contents))
        for where, contents in reversed(before):
            self._write(where, contents)
        return drawn

    def apply(self, update: Update) -> None:
        """Write an update into the buffers."""
        self._write(update.where, update.contents)
        for changed in self._followers:
            changed(update.where)
        if self._tensors is not None and not self._shared:
            for tensor, part in zip(self.updated(self._tensors), update.contents, strict=True):
                tensor[row_index(tensor, update.where)] = to_tensor(part, self._setting)

    def check_value(self, value: Any) -> ErrorStats:
        """The errors of an answer's value: the mean, or one loss a row."""
        actual = to_host(value)
        if actual.ndim == 0:
            mean, allowed = self.mean()
            truth, tolerances = np.array([mean]), np.array([allowed])
            return self._sampled(actual[None], truth, tolerances)
        if self.workload.loss.elementwise and actual.shape == self._arrays[0].shape:
            actual = actual.reshape(len(actual), -1).mean(axis=1)  # one loss a number
        if actual.shape != self._losses_of_rows.shape:
            return wrong_shape(actual.shape)
        allowed_of_rows = tolerance(self._scales, self._precision)
        return self._sampled(actual, self._losses_of_rows, allowed_of_rows)

    def check_gradients(self, gradients: tuple[Any, ...]) -> ErrorStats:
        """The errors of the gradients of the mean, block by block."""
        if not self._has_slopes:
            return NO_ERRORS
        if len(gradients) != len(self._differentiated):
            return wrong_shape((len(gradients),))
        for gradient, array in zip(gradients, self._differentiated, strict=True):
            if tuple(gradient.shape) != array.shape:
                return wrong_shape(tuple(gradient.shape))
        errors = NO_ERRORS
        weight_slopes = np.zeros(self._arrays[1].shape) if self.workload.linear else None
        for span in self._spans():
            truth, allowed, logit_slopes = self._mean_slopes(span)
            actual = to_host(gradients[0][span])
            if self._slope_bounds is not None:
                bounds = (bound[span] / float(self._denominator) for bound in self._slope_bounds)
                truth = expected_slope(actual, truth, *bounds)
            offset = span.start * truth[0].size
            unit_of = self._unit_of(truth)
            errors += self._sampled(actual, truth, allowed, offset=offset, unit_of=unit_of)
            if weight_slopes is not None:
                weight_slopes += logit_slopes.T @ self._arrays[0][span].astype(np.float64)
        if weight_slopes is not None:
            errors += self._check_weight_gradient(gradients[1], weight_slopes)
        return errors

    def summarize(self, answer: Answer, update: Update) -> AnswerSummary:
        """The part of a timed answer that is needed to check it later, copied at little cost."""
        shape = tuple(getattr(answer.value, "shape", ()))
        whole = self.workload.loss.elementwise and shape == self._arrays[0].shape
        if shape and shape != self._losses_of_rows.shape and not whole:
            return AnswerSummary(np.nan, wrong_shape=(shape, None))
        mean = self._mean_of(answer.value, update.denominator)
        rows = None
        if shape:
            some = to_host(answer.value[row_index(answer.value, update.some)])
            rows = update.row_buffer
            rows[...] = some.reshape(len(some), -1).mean(axis=1)
        if answer.gradients is None or not self._has_slopes:
            return AnswerSummary(mean, rows)
        gradient = answer.gradients[0]
        if tuple(gradient.shape) != self._arrays[0].shape:
            return AnswerSummary(mean, rows, None, (None, tuple(gradient.shape)))
        update.buffer[...] = to_host(gradient[row_index(gradient, update.some)])
        return AnswerSummary(mean, rows, update.buffer)

    def check_summary(self, summary: AnswerSummary, update: Update) -> SummaryErrors:
        """The errors of a timed answer."""
        value_shape, gradient_shape = summary.wrong_shape
        if value_shape is not None:
            return SummaryErrors(wrong_shape(value_shape))
        truth, allowed = np.array([update.mean]), np.array([update.allowed])
        mean = self._errors(np.array([summary.mean]), truth, allowed)
        rows = slopes = NO_ERRORS
        if summary.rows is not None:
            rows = self._errors(summary.rows, update.losses, update.losses_allowed)
        if gradient_shape is not None:
            slopes = wrong_shape(gradient_shape)
        elif summary.slopes is not None:
            unit_of = self._unit_of(update.slopes)
            truth, allowed = update.slopes, update.slopes_allowed
            slopes = self._errors(summary.slopes, truth, allowed, unit_of=unit_of)
        return SummaryErrors(mean, rows, slopes)

    def copies(self, framework: Framework) -> tuple[Any, ...]:
        """The same contents in other buffers."""
        buffers = self.inputs(framework)
        return tuple(b.copy() if isinstance(b, np.ndarray) else b.clone() for b in buffers)

    def mean(self) -> tuple[float, float]:
        """The true mean of the rows, and its tolerance."""
        value = self._sum.over(self._denominator)
        scale = max(1.0, abs(value), self._scale / max(float(self._denominator), 1e-300))
        allowed = tolerance(np.array([scale]), self._precision, self.workload.rows)
        return value, float(allowed[0])

    def near_grid(self, narrow: Precision, side: float) -> tuple[Arrays, float, float]:
        """Inputs that rounding to a narrower type changes in one direction.

        Predictions are 0.4 units of that type beyond one of its numbers, on the side on which their
        loss grows (side 1) or falls (-1). Returns the inputs, their true mean, and the change of
        the mean if predictions are rounded; 0 if no row can be moved within the domain.
        """
        pred, *rest = self._arrays
        slopes = np.concatenate([self._mean_slopes(span).slopes for span in self._spans()])
        wide = pred.astype(np.float64)
        unit = narrow.spacing(wide)
        grid = np.rint(wide / unit) * unit
        moved = as_dtype(grid + 0.4 * side * np.sign(slopes) * unit, self._setting.dtype)
        valid = in_domain(self.workload, (moved, *rest))
        moved[~valid] = pred[~valid]
        arrays = (moved, *rest)
        found = [self._float64.losses(*(a[span] for a in arrays)) for span in self._spans()]
        total = sum(float(part.losses.sum()) for part in found)
        count = sum(float(part.denominators.sum()) for part in found)
        change = float((slopes * (grid - moved))[valid].sum())
        return arrays, total / count, change

    def rewrite(self, *, same: bool = False) -> None:
        """Draw all contents again; same: write those that are there, with as much other work."""
        for changed in self._followers:
            changed(None)
        drawn = tuple(map(np.copy, self._arrays)) if same else self._generator.all()
        for array, fresh in zip(self._arrays, drawn, strict=True):
            array[...] = as_dtype(fresh, self._setting.dtype)
        if self._tensors is not None and not self._shared:
            for tensor, array in zip(self._tensors, self._arrays, strict=True):
                tensor.copy_(to_tensor(array, self._setting))
        for span in self._spans():
            self._replace(span, self._losses(span))

    @property
    def changed_by_call(self) -> bool:
        """True if the buffers do not hold the contents that were written last."""
        losses = np.concatenate([self._losses(span).losses for span in self._spans()])
        if self.workload.linear:  # the order of a product's sums depends on its rows
            return not np.allclose(
                losses, self._losses_of_rows, rtol=1e-9, atol=1e-9, equal_nan=True
            )
        return not np.array_equal(losses, self._losses_of_rows, equal_nan=True)

    def holds(self, update: Update, inputs: tuple[Any, ...]) -> bool:
        """True if buffers hold the contents of an update, by a sample of its rows."""
        buffers = self.updated(inputs)
        some = slice(None, None, max(1, len(update.where) // _GRADIENT_ROWS))
        for buffer, part in zip(buffers, update.contents, strict=True):
            actual = buffer[row_index(buffer, update.where[some])]
            actual = actual if isinstance(actual, np.ndarray) else to_host(actual)
            if not np.array_equal(actual, part[some], equal_nan=True):
                return False
        return True

    @property
    def _shared(self) -> bool:
        """True if tensors share the memory of the arrays."""
        return self._setting.device == "cpu" and self._setting.dtype != "bfloat16"

    @property
    def _differentiated(self) -> Arrays:
        """The arrays with a gradient: predictions; hidden states and weights."""
        return self._arrays[: 2 if self.workload.linear else 1]

    @property
    def _has_slopes(self) -> bool:
        """True if there is a gradient to check: the loss has one, and some row counts."""
        return bool(self._denominator.units) and self.workload.loss.differentiable

    def updated(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs whose rows are updated: predictions (or hidden states), and targets if any."""
        return (inputs[0], inputs[-1]) if self.workload.linear else inputs

    def _parts(self, rows: Any) -> Arrays:
        return tuple(array[rows] for array in self.updated(self._arrays))

    def _new_contents(self) -> _Contents:
        rows = self.workload.rows
        width = max(1, self._arrays[0].size // rows)
        few = 256 + rows // _ROWS_PER_UPDATE  # enough to move the mean, too few to cool the caches
        count = max(1, min(rows // 16, _UPDATE_ELEMENTS // width, few))
        where = self._generator.choice(rows, count)
        fresh = self._generator.rows(len(where), self._generator.spread())
        return where, tuple(as_dtype(part, self._setting.dtype) for part in fresh)

    def _write(self, where: NDArray[np.int64], contents: Arrays) -> None:
        self._slope_bounds = None
        for array, part in zip(self.updated(self._arrays), contents, strict=True):
            array[where] = part

    def _update(self, where: NDArray[np.int64], contents: Arrays) -> Update:
        """The update that was just written, with the truth after it."""
        self._replace(where, self._float64.losses(*contents))
        rows = self._generator.choice(self.workload.rows, _GRADIENT_ROWS)
        rows = np.union1d(rows, where[self._generator.choice(len(where), _GRADIENT_ROWS)])
        losses = self._losses_of_rows[rows]
        slopes, allowed, _ = self._mean_slopes(rows)
        return Update(
            *(where, contents, *self.mean(), self._denominator, rows),
            *(losses, tolerance(self._scales[rows], self._precision), slopes, allowed),
            row_buffer=np.empty_like(losses),
            buffer=np.empty_like(slopes),
        )

    def _replace(self, span: "slice | NDArray[np.int64]", new: RowLosses) -> None:
        """Replace the losses of rows; the sums stay exact."""
        old = self._losses_of_rows[span].copy()
        removed = ExactSum.of(-self._denominators[span])
        self._denominator += removed + ExactSum.of(new.denominators)
        with np.errstate(all="ignore"):
            less = (self._scales[span] * self._denominators[span]).sum()
            self._scale += float((new.scales * new.denominators).sum() - less)
        self._losses_of_rows[span] = new.losses
        self._denominators[span], self._scales[span] = new.denominators, new.scales
        if not np.isfinite(self._scale):
            self._scale = self._total_scale()
        if np.isfinite(old).all():
            self._sum += ExactSum.of(-old) + ExactSum.of(new.losses)
        else:  # an infinity cannot be subtracted
            self._sum = ExactSum.of(self._losses_of_rows)

    def _total_scale(self) -> float:
        """The sum of all scales times denominators, at most the largest float64."""
        with np.errstate(over="ignore"):
            total = float((self._scales * self._denominators).sum())
        return min(total, float(np.finfo(np.float64).max))

    def _spans(self) -> Iterator[slice]:
        rows = self.workload.rows
        step = max(1, _BLOCK // max(1, self.workload.logits // rows))
        for start in range(0, rows, step):
            yield slice(start, min(rows, start + step))

    def _losses(self, span: slice) -> RowLosses:
        return self._float64.losses(*self._parts(span))

    def _mean_slopes(self, rows: Any) -> MeanSlopes:
        return self._float64.mean_slopes(float(self._denominator), *self._parts(rows))

    def _mean_of(self, value: Any, denominator: ExactSum) -> float:
        """The mean that an answer's value says: itself, or that of its rows."""
        rows = to_host(value)
        if not rows.ndim:
            return float(rows)
        total = ExactSum.of(np.ascontiguousarray(rows.reshape(-1))).over(denominator)
        return total * len(self._losses_of_rows) / max(1, rows.size)

    def _check_weight_gradient(self, gradient: Any, truth: Floats) -> ErrorStats:
        total = float(self._denominator)
        largest = max(1.0, self._scale / total)
        scale = np.maximum(np.abs(truth * total), largest)
        allowed = tolerance(scale, self._precision, self.workload.rows) / total
        return self._errors(to_host(gradient), truth, allowed, unit_of=self._unit_of(truth))

    def _unit_of(self, slopes: Floats) -> Floats | None:
        """The numbers whose last place is the unit of errors, for products of matrices."""
        return np.abs(slopes).max(axis=-1, keepdims=True) if self.workload.linear else None
