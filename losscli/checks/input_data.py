"""Inputs of a workload in the buffers of a device, what is true of them, and their changes.

An implementation that keeps an earlier answer must be found out, so contents change between calls,
in the same buffers. An update touches a few rows, and the truth is carried along: the losses of all
rows are known in float64, and only those of the changed rows are computed anew.
"""

import zlib
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum
from losscli.checks.arrays import as_dtype, row_index, tensor_bytes, to_host, to_tensor
from losscli.checks.inputs import Arrays, InputGenerator
from losscli.checks.precision import Floats, Precision, precision
from losscli.checks.rule import (
    NO_ERRORS,
    ErrorStats,
    between,
    compare,
    scale_of,
    tolerance,
    wrong_shape,
)
from losscli.checks.truth import Truth
from losscli.checks.updates import AnswerSummary, Update
from losscli.implementations.implementation import Answer, Framework, Setting, Workload

_BLOCK = 1 << 18  # elements
_SHARE = 1 << 14  # an update touches one row of so many, and a few more
_ELEMENTS = 1 << 14  # of an update, at the most
_KEPT = 4096  # errors of an answer, of which the median is taken
_ALIKE = 2.0**-40  # of a slope: what differs by more is another slope
_SAMPLE = 64  # rows of a gradient that every timed call is judged by


_Contents: TypeAlias = tuple[NDArray[np.int64], Arrays]


class InputData:
    """Inputs and truth; arrays: on the host, every number one of the dtype of `setting`."""

    def __init__(
        self, workload: Workload, setting: Setting, arrays: Arrays, draw: InputGenerator
    ) -> None:
        self.workload = workload
        self.precision: Precision = precision(setting.dtype)
        self._draw = draw
        # Copies: contents will change, and who gave them may need them again.
        self._arrays = tuple(np.array(as_dtype(array, setting.dtype)) for array in arrays)
        self._setting = setting
        self._bounds: tuple[Floats, Floats] | None = None
        self._tensors: tuple[Any, ...] | None = None
        losses, shares, scales = zip(*map(self._losses, self._spans()), strict=True)
        self._rows = np.concatenate(losses)
        self._shares = np.concatenate(shares)
        self._scales = np.concatenate(scales)
        self._sum = ExactSum.of(self._rows)
        self._share = ExactSum.of(self._shares)
        self._scale = self._whole_scale()

    def inputs(self, framework: Framework) -> tuple[Any, ...]:
        """The buffers, the same at every call: NumPy arrays, or tensors on the device."""
        if framework == "numpy":
            return self._arrays
        if self._tensors is None:
            self._tensors = tuple(to_tensor(array, self._setting) for array in self._arrays)
        return self._tensors

    @property
    def bytes_read(self) -> int:
        """The size of all inputs in the dtype that they are given in."""
        return sum(
            array.nbytes if array.dtype.kind == "i" else array.size * self.precision.size
            for array in self._arrays
        )

    @property
    def bytes_written(self) -> int:
        """The size of the gradients."""
        wrt = self._arrays[: 2 if self.workload.linear else 1]
        return sum(array.size for array in wrt) * self.precision.size

    def checksum(self, framework: Framework) -> int:
        """A checksum of the buffers, to see whether a call changed them."""
        total = 0
        for buffer in self.inputs(framework):
            array = buffer if isinstance(buffer, np.ndarray) else tensor_bytes(buffer)
            total = zlib.crc32(np.ascontiguousarray(array).data.cast("B"), total)
        return total

    def correct(self, truth: Truth) -> int:
        """Take truer losses and slopes of all rows than float64 arithmetic gives.

        Returns how many declared slopes are none of the formula: at a clamp a declaration may say
        what others do, and that is what counts.
        """
        span = slice(0, len(truth.losses))
        self._replace(span, truth.losses, self._shares.copy(), self._scales.copy())
        if truth.low is None or truth.high is None:
            return 0
        declared = self._row_slopes(*self._parts(span))[0]
        with np.errstate(all="ignore"):
            sides = (truth.low, truth.high)
            rooms = [_ALIKE * np.abs(side) + _ALIKE**2 for side in sides]
            alike = (declared >= truth.low - rooms[0]) & (declared <= truth.high + rooms[1])
            # What is held constant in one slope of a row is so in all of them.
            whole = alike.reshape(len(alike), -1).all(axis=1)
            alike &= whole.reshape(-1, *(1,) * (alike.ndim - 1))
        self._bounds = np.where(alike, truth.low, declared), np.where(alike, truth.high, declared)
        return int((~alike & np.isfinite(truth.low)).sum())

    def updates(self, count: int) -> list[Update]:
        """So many changes, all of which must be applied in turn before others are drawn.

        They are drawn together, so that little stands between the calls that they are for: each is
        written to know what is true after it, and all are taken back.
        """
        drawn: list[Update] = []
        before: list[_Contents] = []
        for _ in range(count):
            where, parts = self._some()
            before.append((where, self._parts(where)))
            self._write(where, parts)
            drawn.append(self._change(where, parts))
        for where, parts in reversed(before):
            self._write(where, parts)
        return drawn

    def apply(self, update: Update) -> None:
        """Write new contents into the buffers."""
        self._write(update.where, update.parts)
        if self._tensors is not None and not self._shared:
            for tensor, part in zip(self._ends(self._tensors), update.parts, strict=True):
                tensor[row_index(tensor, update.where)] = to_tensor(part, self._setting)

    def judge_value(self, value: Any) -> ErrorStats:
        """The mean, or one loss a row, beside the truth."""
        found = to_host(value)
        if found.ndim == 0:
            mean, slack = self.mean()
            room = np.array([slack])
            return compare(found[None], np.array([mean]), room, self.precision, kept=_KEPT)
        if self.workload.loss.elementwise and found.shape == self._arrays[0].shape:
            found = found.reshape(len(found), -1).mean(axis=1)  # a loss a number
        if found.shape != self._rows.shape:
            return wrong_shape(found.shape)
        allowed = tolerance(self._scales, self.precision)
        return compare(found, self._rows, allowed, self.precision, kept=_KEPT)

    def judge_gradients(self, gradients: tuple[Any, ...]) -> ErrorStats:
        """The gradients of the mean beside the truth, whole, block by block."""
        if not self._slopes_count:
            return NO_ERRORS
        wanted = self._arrays[: 2 if self.workload.linear else 1]
        if len(gradients) != len(wanted):
            return wrong_shape((len(gradients),))
        for gradient, array in zip(gradients, wanted, strict=True):
            if tuple(gradient.shape) != array.shape:
                return wrong_shape(tuple(gradient.shape))
        finding = NO_ERRORS
        weight_slope = np.zeros(self._arrays[1].shape) if self.workload.linear else None
        for span in self._spans():
            truth, allowed, logit_slope = self._slopes(span)
            found, first = to_host(gradients[0][span]), span.start * truth[0].size
            if self._bounds is not None:
                total = float(self._share)
                truth = between(found, truth, *(bound[span] / total for bound in self._bounds))
            size = self._size(truth)
            finding += compare(found, truth, allowed, self.precision, first, size, _KEPT)
            if weight_slope is not None:
                weight_slope += logit_slope.T @ self._arrays[0][span].astype(np.float64)
        if weight_slope is not None:
            total = float(self._share)
            scale = np.maximum(np.abs(weight_slope * total), self._largest())
            allowed = tolerance(scale, self.precision, self.workload.rows) / total
            size = self._size(weight_slope)
            finding += compare(
                to_host(gradients[1]), weight_slope, allowed, self.precision, 0, size
            )
        return finding

    def summarize(self, answer: Answer, update: Update) -> AnswerSummary:
        """What is needed to judge a timed answer later, copied, at little cost."""
        shape = tuple(getattr(answer.value, "shape", ()))
        whole = self.workload.loss.elementwise and shape == self._arrays[0].shape
        if shape and shape != self._rows.shape and not whole:
            return AnswerSummary(np.nan, None, (shape, None))
        mean = self._mean_of(answer.value, update.share)
        if answer.gradients is None or not self._slopes_count:
            return AnswerSummary(mean)
        gradient = answer.gradients[0]
        if tuple(gradient.shape) != self._arrays[0].shape:
            return AnswerSummary(mean, None, (None, tuple(gradient.shape)))
        update.room[...] = to_host(gradient[row_index(gradient, update.rows)])
        return AnswerSummary(mean, update.room)

    def judge_summary(
        self, summary: AnswerSummary, update: Update
    ) -> tuple[ErrorStats, ErrorStats]:
        """A timed answer beside the truth: its mean, and some rows of its gradient."""
        of_value, of_gradient = summary.wrong_shape
        if of_value is not None:
            return wrong_shape(of_value), NO_ERRORS
        true, allowed = np.array([update.mean]), np.array([update.allowed])
        mean = compare(np.array([summary.mean]), true, allowed, self.precision)
        if of_gradient is not None:
            return mean, wrong_shape(of_gradient)
        if summary.slopes is None:
            return mean, NO_ERRORS
        slopes, size = update.slopes, self._size(update.slopes)
        return mean, compare(summary.slopes, slopes, update.slopes_allowed, self.precision, 0, size)

    def _mean_of(self, value: Any, share: ExactSum) -> float:
        """The mean that an answer's value says: itself, or that of rows that count so much."""
        rows = to_host(value)
        if not rows.ndim:
            return float(rows)
        total = ExactSum.of(np.ascontiguousarray(rows.reshape(-1))).over(share)
        return total * len(self._rows) / max(1, rows.size)

    def elsewhere(self, framework: Framework) -> tuple[Any, ...]:
        """The same contents in other buffers."""
        buffers = self.inputs(framework)
        return tuple(b.copy() if isinstance(b, np.ndarray) else b.clone() for b in buffers)

    def mean(self) -> tuple[float, float]:
        """The mean of the rows, and its tolerance."""
        value = self._sum.over(self._share)
        scale = max(1.0, abs(value), self._scale / max(float(self._share), 1e-300))
        allowed = tolerance(np.array([scale]), self.precision, self.workload.rows)
        return value, float(allowed[0])

    def rewrite(self) -> None:
        """InputGenerator all contents anew, after somebody spoiled them."""
        for array, fresh in zip(self._arrays, self._draw.all(), strict=True):
            array[...] = as_dtype(fresh, self._setting.dtype)
        if self._tensors is not None and not self._shared:
            for tensor, array in zip(self._tensors, self._arrays, strict=True):
                tensor.copy_(to_tensor(array, self._setting))
        for span in self._spans():
            self._replace(span, *self._losses(span))

    @property
    def drifted(self) -> bool:
        """Whether the buffers no longer hold what was written: somebody else wrote too."""
        losses = np.concatenate([self._losses(span)[0] for span in self._spans()])
        if self.workload.linear:  # the order of a product's sums depends on its rows
            return not np.allclose(losses, self._rows, rtol=1e-9, atol=1e-9, equal_nan=True)
        return not np.array_equal(losses, self._rows, equal_nan=True)

    def holds(self, update: Update, framework: Framework) -> bool:
        """Whether the buffers have what an update wrote; a few rows are looked at."""
        buffers = self._ends(self.inputs(framework))
        some = slice(None, None, max(1, len(update.where) // _SAMPLE))
        for buffer, part in zip(buffers, update.parts, strict=True):
            found = buffer[row_index(buffer, update.where[some])]
            found = found if isinstance(found, np.ndarray) else to_host(found)
            if not np.array_equal(found, part[some], equal_nan=True):
                return False
        return True

    @property
    def _shared(self) -> bool:
        """Whether tensors lie on the memory of the arrays."""
        return self._setting.device == "cpu" and self._setting.dtype != "bfloat16"

    @property
    def _changing(self) -> Arrays:
        """The arrays whose rows changes write: predictions and targets."""
        return self._ends(self._arrays)

    def _ends(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Predictions (or hidden states) and targets, where there are any, of all inputs."""
        return (inputs[0], inputs[-1]) if self.workload.linear else inputs

    def _parts(self, rows: Any) -> Arrays:
        return tuple(array[rows] for array in self._changing)

    def _some(self) -> _Contents:
        """Rows to update, and what to write there."""
        rows = self.workload.rows
        width = max(1, self._arrays[0].size // rows)
        few = 256 + rows // _SHARE  # enough to move the mean, and too few to cool the caches
        where = self._draw.choice(rows, max(1, min(rows // 16, _ELEMENTS // width, few)))
        fresh = self._draw.rows(len(where), self._draw.spread())
        return where, tuple(as_dtype(part, self._setting.dtype) for part in fresh)

    def _write(self, where: NDArray[np.int64], parts: Arrays) -> None:
        self._bounds = None
        for array, part in zip(self._changing, parts, strict=True):
            array[where] = part

    def _change(self, where: NDArray[np.int64], parts: Arrays) -> Update:
        """What is true now that some rows were written."""
        self._replace(where, *self._losses_of(*parts))
        mean, allowed = self.mean()
        rows = self._draw.choice(self.workload.rows, _SAMPLE)
        rows = np.union1d(rows, where[self._draw.choice(len(where), _SAMPLE)])
        slopes, slopes_allowed, _ = self._slopes_of(*self._parts(rows))
        room = np.empty_like(slopes)
        return Update(where, parts, mean, allowed, self._share, rows, slopes, slopes_allowed, room)

    def _replace(
        self, span: "slice | NDArray[np.int64]", losses: Floats, shares: Floats, scales: Floats
    ) -> None:
        """Put the losses of rows in the place of others; the sums stay exact."""
        gone = self._rows[span].copy()
        self._share += ExactSum.of(-self._shares[span]) + ExactSum.of(shares)
        with np.errstate(all="ignore"):
            less = (self._scales[span] * self._shares[span]).sum()
            self._scale += float((scales * shares).sum() - less)
        self._rows[span], self._shares[span], self._scales[span] = losses, shares, scales
        if not np.isfinite(self._scale):
            self._scale = self._whole_scale()
        if np.isfinite(gone).all():
            self._sum += ExactSum.of(-gone) + ExactSum.of(losses)
        else:  # an infinity cannot be taken back
            self._sum = ExactSum.of(self._rows)

    def _whole_scale(self) -> float:
        """The sum of all scales as they count; of what overflows, the largest number."""
        with np.errstate(over="ignore"):
            total = float((self._scales * self._shares).sum())
        return min(total, float(np.finfo(np.float64).max))

    def _spans(self) -> Iterator[slice]:
        rows = self.workload.rows
        step = max(1, _BLOCK // max(1, self.workload.logits // rows))
        for start in range(0, rows, step):
            yield slice(start, min(rows, start + step))

    def _losses(self, span: slice) -> tuple[Floats, Floats, Floats]:
        return self._losses_of(*self._parts(span))

    def _losses_of(
        self, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """The losses of rows, what each counts in the mean, and the scale of its error."""
        loss, params = self.workload.loss, self.workload.params
        with np.errstate(all="ignore"):
            p, t = self._wide(pred, target)
            values = np.asarray(loss.rows(np, p, t, params))
            shares = loss.denominators(np, t, params)
            scale = scale_of(values, self._logits(p))
        return values, np.ones(len(values)) if shares is None else np.asarray(shares), scale

    def _logits(self, pred: Floats) -> Floats | None:
        """The logits that predictions are or make; None where errors are not measured by them."""
        scale = self.workload.loss.logit_scale(self.workload.params)
        if not scale:
            return None
        return pred if scale == 1.0 else scale * pred

    @property
    def _slopes_count(self) -> bool:
        """Whether there is a gradient to judge: a loss may have none, and a mean of no rows."""
        return bool(self._share.units) and self.workload.differentiable

    def _slopes(self, span: slice) -> tuple[Floats, Floats, Floats]:
        return self._slopes_of(*self._parts(span))

    def _slopes_of(
        self, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Gradients of the mean with respect to rows, their tolerance, and those of the logits."""
        total = float(self._share)
        with np.errstate(all="ignore"):
            slope, p = self._row_slopes(pred, target)
            of_logits = slope / total
            if self.workload.linear:
                slope = slope @ self._arrays[1].astype(np.float64)
                scale = np.maximum(np.abs(slope), np.abs(p).max(axis=1, keepdims=True))
            else:
                scale = scale_of(slope, self._logits(p))
            allowed = tolerance(scale, self.precision, self.workload.rows) / total
            return slope / total, allowed, of_logits

    def _row_slopes(
        self, pred: NDArray[Any], target: NDArray[Any] | None = None
    ) -> tuple[Floats, Floats]:
        """The declared slopes of each row's loss, nan without any, and predictions in float64."""
        loss = self.workload.loss
        outputs = pred[0].size if loss.elementwise and len(pred) else 1
        with np.errstate(all="ignore"):
            p, t = self._wide(pred, target)
            if not self.workload.differentiable:
                return np.full(p.shape, np.nan), p
            return np.asarray(loss.derivative(np, p, t, **self.workload.params)) / outputs, p

    def _wide(
        self, pred: NDArray[Any], target: NDArray[Any] | None
    ) -> tuple[Floats, NDArray[Any] | None]:
        wide = pred.astype(np.float64)
        if self.workload.linear:
            wide = wide @ self._arrays[1].astype(np.float64).T
        if target is None or target.dtype.kind == "i":
            return wide, target
        return wide, target.astype(np.float64)

    def _size(self, slopes: Floats) -> Floats | None:
        """What the last place of gradients is of, where they are products of matrices."""
        return np.abs(slopes).max(axis=-1, keepdims=True) if self.workload.linear else None

    def _largest(self) -> float:
        """A scale of all logits of linear_cross_entropy."""
        return max(1.0, self._scale / float(self._share))
