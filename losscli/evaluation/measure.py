"""`measure`: a source through its losses into accumulators, one block a worker in memory."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.digest import Digest
from losscli.accumulators.rows import RowAccumulator
from losscli.backends.backend import Backend
from losscli.backends.machine import environment
from losscli.engines.engine import Engine
from losscli.errors import DataError, UsageError
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.groups import GroupAccumulators
from losscli.evaluation.loss_results import loss_result
from losscli.evaluation.notes import notes_of
from losscli.evaluation.validity import Mark, Violation
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy, Reduction
from losscli.results.document import Note
from losscli.results.documents.eval import EvalTiming, Evaluation, Input, LossResult
from losscli.sources.source import Source

Row: TypeAlias = tuple[int, ...]


class Samples(Protocol):
    """Takes per-sample losses in input order, one array a loss."""

    def append(self, losses: Sequence[NDArray[np.float64]]) -> None:
        """Take the rows that follow."""


def no_progress(done: float) -> None:
    """Tell nobody."""


def measure(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: Engine,
    *,
    reduction: Reduction = "mean",
    ci: float = 0.95,
    nan: NanPolicy = "error",
    digest: bool = False,
    samples: Samples | None = None,
    block_rows: int | None = None,
    progress: Callable[[float], None] = no_progress,
) -> Evaluation:
    """The losses of a source's rows; any engine, thread count and block size gives the same mean.

    samples: takes the losses of every row. progress: is told the share of bytes done.

    Raises DataError where rows cannot be read, aligned or taken by a loss, UsageError where a
    parameter does not fit the shapes.
    """
    start = time.perf_counter()
    layout = fit(source, losses)
    meter = BlockEvaluator(
        source, losses, backend, layout, nan=nan, samples=samples is not None, digest=digest
    )
    total = EvaluationState(source, len(losses))
    for part in engine.map(meter, source.blocks(block_rows)):
        total.add(part)
        if samples is not None and part.samples:
            samples.append(part.samples)
        progress(total.size / source.size)
    source.verify()
    total.raise_violation()
    remarks = total.verdicts(losses)

    def results_of(accumulators: Sequence[RowAccumulator]) -> tuple[LossResult, ...]:
        return tuple(
            loss_result(
                loss,
                accumulator,
                reduction,
                ci,
                lambda row: _line(source, row),
                _elements(loss, layout),
            )
            for loss, accumulator in zip(losses, accumulators, strict=True)
        )

    results = results_of(total.accumulators)
    return Evaluation(
        losses=results,
        groups=total.groups.results(results_of),
        notes=(*_notes(source, losses, results, layout, total, backend), *remarks),
        inputs=tuple(_inputs(source, total, digest)),
        backend=backend.name,
        device=backend.device,
        dtype=backend.dtype,
        engine=engine.name,
        threads=engine.threads,
        timing=EvalTiming(time.perf_counter() - start, source.size),
        environment=environment(),
    )


def _elements(loss: BoundLoss, layout: dict[str, tuple[int, ...]]) -> int:
    """The numbers that a row's loss is the mean of."""
    return math.prod(layout["preds"]) if loss.loss.elementwise else 1


def _notes(
    source: Source,
    losses: Sequence[BoundLoss],
    results: Sequence[LossResult],
    layout: dict[str, tuple[int, ...]],
    total: "EvaluationState",
    backend: Backend,
) -> Iterator[Note]:
    yield from notes_of(source, losses, results, layout, total.probabilities, backend)
    if total.rounded:
        digits = np.finfo(backend.dtype).nmant + 1
        words = f"integers beyond 2^{digits} were rounded to the nearest {backend.dtype}"
        yield Note("integers_rounded", words)


def fit(source: Source, losses: Sequence[BoundLoss]) -> dict[str, Row]:
    """The shape of a row of each role as the losses take it; (N, 1) is a column where that fits.

    Raises DataError where a loss does not take these shapes.
    """
    pred = source.field("preds").row
    target = source.field("targets").row if "targets" in source.roles else None
    pred, target = _reading(losses, pred, target)
    for loss in losses:
        if loss.loss.elementwise:
            _one_column(source, loss)
        loss.check_shapes(pred, target)
    layout = {"preds": pred} if target is None else {"preds": pred, "targets": target}
    if "weights" in source.roles:
        weight = source.field("weights").row
        if weight not in ((), (1,)):
            raise UsageError(
                f"--weights takes one number a row; {source.table('weights').path} has rows of "
                f"{weight}"
            )
        layout["weights"] = ()
    return layout


def _reading(losses: Sequence[BoundLoss], pred: Row, target: Row | None) -> tuple[Row, Row | None]:
    """The rows as all losses take them, columns before matrices; as they are where none does."""
    label = None if target is None else _column(target)
    for one in ((_column(pred), label), (pred, label)):
        if all(_takes(loss, *one) for loss in losses):
            return one
    return pred, target


def _column(row: Row) -> Row:
    return () if row == (1,) else row


def _takes(loss: BoundLoss, pred: Row, target: Row | None) -> bool:
    rows = loss.loss.rows_of
    return rows.matches(pred, target if rows.targeted else None)


def _one_column(source: Source, loss: BoundLoss) -> None:
    """Raise UsageError where several columns were found and one is meant."""
    for role, flag in (("preds", "--pred"), ("targets", "--target")):
        table, field = source.roles[role]
        if len(field.columns) > 1 and not field.named:
            raise UsageError(
                f"{table.path} has {len(field.columns)} columns of numbers; {loss.label} takes one",
                place=f"columns: {', '.join(field.columns)}",
                hint=f"name it: {flag} {field.columns[-1]}, or leave others out with --id COLUMN",
            )


class EvaluationState:
    """The sum of all blocks, in row order, of so many losses."""

    def __init__(self, source: Source, losses: int) -> None:
        self._source = source
        self.accumulators = [RowAccumulator() for _ in range(losses)]
        self.groups = GroupAccumulators(source)
        self.digests: dict[str, Digest] = {}
        self.violations: dict[tuple[str, str], Violation] = {}
        self.marks: dict[Mark, frozenset[str]] = {}
        self.probabilities = True
        self.rounded = False
        self.rows = 0
        self.size = 0

    def add(self, part: BlockResult) -> None:
        """Take the block that follows."""
        self.rows += part.rows
        self.size += part.size
        for mark, found in part.marks.items():
            self.marks[mark] = self.marks.get(mark, frozenset()) | found
        self.probabilities &= part.probabilities
        self.rounded |= part.rounded
        for role, leaves in part.leaves.items():
            self.digests.setdefault(role, Digest()).append(leaves)
        for key, violation in part.violations.items():
            known = self.violations.get(key)
            self.violations[key] = known + violation if known else violation
        self.groups.add(part.groups)
        if part.accumulators:
            self.accumulators = [
                a + b for a, b in zip(self.accumulators, part.accumulators, strict=True)
            ]

    def raise_violation(self) -> None:
        """Raise DataError for the first offending row, with the number of rows like it."""
        if self.violations:
            first = min(self.violations.values(), key=lambda violation: violation.row)
            raise first.error(self._source, self.rows)

    def verdicts(self, losses: Sequence[BoundLoss]) -> list[Note]:
        """What the marks of all blocks come to, each once; raises DataError where that is wrong."""
        found: dict[str, Note] = {}
        for loss in losses:
            for role, domain in (("preds", loss.pred), ("targets", loss.target)):
                marks = self.marks.get((loss.label, role))
                verdict = domain.finding(marks) if marks and domain else None
                if verdict is None:
                    continue
                path = self._source.table(role).path
                if not verdict.code:
                    raise DataError(
                        f"{loss.loss.name}: {verdict.message}", place=path, hint=verdict.hint
                    )
                words = f"{path}: {verdict.message}"
                found.setdefault(words, Note(verdict.code, words, hint=verdict.hint))
        return list(found.values())


def _inputs(source: Source, total: EvaluationState, digest: bool) -> list[Input]:
    return [
        Input(
            role=role,
            path=table.path,
            format=table.format,
            shape=(total.rows, *field.row),
            dtype=field.dtype,
            digest=total.digests[role].hexdigest() if digest else None,
            columns=field.columns,
        )
        for role, (table, field) in source.roles.items()
        if role != "target_ids"
    ]


def _line(source: Source, row: int) -> int | None:
    table, field = source.roles["preds"]
    return table.place(row, None, field).line
