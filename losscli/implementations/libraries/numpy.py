"""losscli's own losses on NumPy: float64 arithmetic, exact sums, all threads."""

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum
from losscli.backends.rowwise import ROWWISE
from losscli.implementations.implementation import (
    Answer,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)
from losscli.losses.core.loss import Loss
from losscli.sources.table import Workspace

_TASK = 131_072  # elements per task: shorter tasks contend for the interpreter's lock
_LOGITS = 1 << 20  # of linear_cross_entropy, held at a time; but _ROWS at least
_ROWS = 64

Floats: TypeAlias = NDArray[np.float64]


def prepare(workload: Workload, setting: Setting) -> Runner:
    """Means of the declared values; backward is the declared derivative."""
    if setting.device != "cpu":
        raise UnsupportedError(f"NumPy has no {setting.device}")
    if setting.dtype == "bfloat16":
        raise UnsupportedError("NumPy has no bfloat16")
    if workload.linear:
        linear = _Linear(workload, setting.threads)
        return Runner("numpy", linear.forward, linear.both)
    own = _Own(workload, setting.threads)
    return Runner("numpy", own.forward, own.both)


class _ThreadPool:
    """A thread pool that lives as long as the implementation and keeps its buffers."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._own = threading.local()

    def sum(self, work: Callable[[slice, Workspace], ExactSum], spans: Iterable[slice]) -> ExactSum:
        """The sum over all spans, which the threads take one by one; exact in any order."""
        queue, drawing = iter(spans), threading.Lock()

        def drawn() -> Iterator[slice]:
            while True:
                with drawing:
                    span = next(queue, None)
                if span is None:
                    return
                yield span

        def share(_: int) -> ExactSum:
            if not hasattr(self._own, "workspace"):
                self._own.workspace = Workspace()
            with np.errstate(all="ignore"):
                return sum((work(span, self._own.workspace) for span in drawn()), ExactSum())

        if self._pool is None:
            return share(0)
        return sum(self._pool.map(share, range(self._threads)), ExactSum())

    def each(self, work: Callable[[slice], Any], length: int) -> None:
        """Run `work` on a part of `length` rows in each thread."""

        def quiet(part: slice) -> None:
            with np.errstate(all="ignore"):
                work(part)

        parts = cuts(length, -(-length // self._threads))
        for _ in map(quiet, parts) if self._pool is None else self._pool.map(quiet, parts):
            pass


def cuts(length: int, step: int) -> Iterator[slice]:
    """Slices of `step` that cover so many rows; the last may be shorter."""
    return (slice(start, min(length, start + step)) for start in range(0, length, step))


class _Own:
    def __init__(self, workload: Workload, threads: int) -> None:
        self._loss = workload.loss
        self._params = dict(workload.params)
        row = workload.shape[1:]
        self._rows, self._step = workload.rows, max(1, _TASK // math.prod(row))
        self._workers = _ThreadPool(min(threads, -(-self._rows // self._step)))
        self._outputs = math.prod(row) if self._loss.elementwise else 1

    @cached_property
    def _spans(self) -> list[slice]:
        """Computed by the first call, which is not timed: there may be millions."""
        return list(cuts(self._rows, self._step))

    def forward(self, pred: NDArray[Any], target: NDArray[Any] | None = None) -> Answer:
        return self._answer(pred, target, None)

    def both(self, pred: NDArray[Any], target: NDArray[Any] | None = None) -> Answer:
        return self._answer(pred, target, np.empty(pred.shape, pred.dtype))

    def _answer(
        self, pred: NDArray[Any], target: NDArray[Any] | None, gradient: NDArray[Any] | None
    ) -> Answer:
        """The mean; its gradient is written to the given array."""
        counted = _counted(self._loss, target, self._params, len(pred))
        scale = self._outputs * float(counted)

        def work(span: slice, workspace: Workspace) -> ExactSum:
            p = self._wide(pred[span], "pred", workspace)
            t = None if target is None else target[span]
            if t is not None and t.dtype.kind not in "iu":
                t = self._wide(t, "target", workspace)
            if gradient is not None:
                slope = self._loss.slopes(ROWWISE, p, t, self._params)
                np.divide(slope, scale, out=gradient[span], casting="same_kind")
            return ExactSum.of(np.ascontiguousarray(self._loss.rows(ROWWISE, p, t, self._params)))

        mean = np.float64(self._workers.sum(work, self._spans).over(counted))
        return Answer(mean, None if gradient is None else (gradient,))

    def _wide(self, part: NDArray[Any], key: str, workspace: Workspace) -> Floats:
        wide = workspace.empty(key, part.shape, np.dtype(np.float64))
        np.copyto(wide, part)
        return wide


def _counted(
    loss: Loss, target: NDArray[Any] | None, params: dict[str, Any], rows: int
) -> ExactSum:
    """The sum of the weights of all rows in the mean."""
    if loss.denominator is None or target is None:
        return ExactSum.ones(rows)
    wide = target if target.dtype.kind in "iu" else target.astype(np.float64)
    shares = loss.denominators(ROWWISE, wide, params)
    return ExactSum.ones(rows) if shares is None else ExactSum.of(shares)


class _Linear:
    """Cross-entropy of hidden @ weight.T, some rows at a time: the logits are never all held.

    The products are in the type of the inputs, the softmax and the sums in float64. Threads share
    a block's rows or its classes, so that sums of gradients have one order.
    """

    def __init__(self, workload: Workload, threads: int) -> None:
        self._loss = workload.loss
        self._params = dict(workload.params)
        rows, _, classes = workload.shape
        self._blocks = list(cuts(rows, max(_ROWS, _LOGITS // classes)))
        self._workers = _ThreadPool(threads)

    def forward(self, hidden: NDArray[Any], weight: NDArray[Any], target: NDArray[Any]) -> Answer:
        each = (self._sum(self._logits(hidden[b], weight), target[b]) for b in self._blocks)
        counted = _counted(self._loss, target, self._params, len(target))
        return Answer(np.float64(sum(each, ExactSum()).over(counted)))

    def both(self, hidden: NDArray[Any], weight: NDArray[Any], target: NDArray[Any]) -> Answer:
        total = ExactSum()
        counted = _counted(self._loss, target, self._params, len(target))
        d_hidden = np.empty(hidden.shape, hidden.dtype)
        d_weight = np.zeros(weight.shape, weight.dtype)
        for block in self._blocks:
            logits = self._logits(hidden[block], weight)
            total += self._sum(logits, target[block])
            self._slope(
                logits, target[block], float(counted)
            )  # in place: they are not needed again

            def on_rows(part: slice) -> None:
                np.matmul(logits[part], weight, out=d_hidden[block][part])  # noqa: B023 - used now

            def on_classes(part: slice) -> None:
                d_weight[part] += logits[:, part].T @ hidden[block]  # noqa: B023 - used now

            self._workers.each(on_rows, len(logits))
            self._workers.each(on_classes, len(weight))
        return Answer(np.float64(total.over(counted)), (d_hidden, d_weight))

    def _logits(self, hidden: NDArray[Any], weight: NDArray[Any]) -> NDArray[Any]:
        logits = np.empty((len(hidden), len(weight)), hidden.dtype)
        self._workers.each(
            lambda part: np.matmul(hidden[part], weight.T, out=logits[part]), len(hidden)
        )
        return logits

    def _sum(self, logits: NDArray[Any], target: NDArray[Any]) -> ExactSum:
        losses = np.empty(len(logits))

        def work(part: slice) -> None:
            wide = logits[part].astype(np.float64)
            losses[part] = self._loss.rows(ROWWISE, wide, target[part], self._params)

        self._workers.each(work, len(logits))
        return ExactSum.of(losses)

    def _slope(self, logits: NDArray[Any], target: NDArray[Any], count: float) -> None:
        def work(part: slice) -> None:
            wide = logits[part].astype(np.float64)
            logits[part] = self._loss.slopes(ROWWISE, wide, target[part], self._params) / count

        self._workers.each(work, len(logits))
