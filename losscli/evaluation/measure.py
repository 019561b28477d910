"""`measure`: evaluate the losses of a source, with one block a worker in memory."""

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from losscli.backends.backend import Backend
from losscli.backends.machine import environment
from losscli.engines.local import LocalEngine
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.groups import Results
from losscli.evaluation.layout import Row, row_layout, variants
from losscli.evaluation.loss_results import loss_result
from losscli.evaluation.notes import metric_notes, notes_of
from losscli.evaluation.sampling import INDEPENDENT, Sampling, check_clusters
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy, Reduction
from losscli.results.documents.eval import EvalTiming, Evaluation, Input
from losscli.results.statistics import LossResult
from losscli.sources.keys import Keys
from losscli.sources.source import Source
from losscli.sources.table import CLUSTERS

if TYPE_CHECKING:
    from losscli.evaluation.details import DetailFinder
    from losscli.metrics.binding import BoundMetric


class Samples(Protocol):
    """Takes per-sample losses in input order, one array a loss."""

    def append(
        self, losses: Sequence[NDArray[np.float64]], by: Sequence[str], keys: Keys | None
    ) -> None:
        """Take the rows that follow; by: the names of the keys of their groups."""


def no_progress(done: float, phase: str = "") -> None:
    """Ignore the progress."""


def measure(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    *,
    reduction: Reduction = "mean",
    ci: float = 0.95,
    nan: NanPolicy = "error",
    digest: bool = False,
    samples: Samples | None = None,
    block_rows: int | None = None,
    progress: Callable[[float], None] = no_progress,
    like: str | None = None,
    metrics: "Sequence[BoundMetric]" = (),
    details: "DetailFinder | None" = None,
    sampling: Sampling = INDEPENDENT,
) -> Evaluation:
    """The losses and metrics of a source's rows: the same for any engine, threads and blocks.

    samples: takes the losses of every row. progress: is called with the share of bytes done. like:
    the library whose conventions are followed. details: finds them. sampling: of the rows.

    Raises DataError where rows cannot be read, aligned or taken by a loss, UsageError where a
    parameter does not fit the shapes.
    """
    start = time.perf_counter()
    losses, metrics, layout = prepared(source, losses, metrics)
    evaluator = BlockEvaluator(
        source,
        losses,
        backend,
        layout,
        nan=nan,
        samples=samples is not None,
        digest=digest,
        metrics=metrics,
        details=details,
        sampling=sampling,
    )
    state = merged(source, engine.map(evaluator, source.blocks(block_rows)), samples, progress)
    if CLUSTERS in source.roles:
        state.find_deviations(lambda work, tasks: engine.map(lambda task, _: work(task), tasks))
    source.verify()
    timing = EvalTiming(time.perf_counter() - start, source.size)
    return evaluation_of(
        source,
        state,
        losses,
        metrics,
        layout,
        reduction=reduction,
        ci=ci,
        line=line_of(source),
        digest=digest,
        about={"like": like, "timing": timing, **about_machine(backend, engine)},
    )


def about_machine(backend: Backend, engine: LocalEngine) -> dict[str, Any]:
    """The fields of a result that say where it was computed."""
    return {
        "backend": backend.name,
        "device": backend.device,
        "dtype": backend.dtype,
        "engine": engine.name,
        "threads": engine.threads,
        "environment": environment(),
    }


def with_details(
    source: Source,
    losses: Sequence[BoundLoss],
    state: EvaluationState,
    results: Sequence[LossResult],
    line: Callable[[int], int | None] | None,
) -> tuple[LossResult, ...]:
    """The results of the losses with their details; line: as for `loss_result`."""
    from losscli.evaluation.details import distribution_of, worst_rows

    found = []
    for loss, result, details in zip(losses, results, state.details, strict=True):
        rows, state_of = details.worst, details.distribution
        worst = () if rows is None else worst_rows(rows, loss, result, source, line)
        width = source.field("preds").width
        spread = None if state_of is None else distribution_of(state_of, loss, width)
        found.append(result.replace(worst=worst, distribution=spread))
    return tuple(found)


def prepared(
    source: Source, losses: Sequence[BoundLoss], metrics: "Sequence[BoundMetric]"
) -> "tuple[tuple[BoundLoss, ...], tuple[BoundMetric, ...], dict[str, Row]]":
    """The losses and metrics as the rows of a source have them, and the shapes of its rows.

    Raises DataError where a loss or a metric does not take rows of these shapes.
    """
    layout = row_layout(source, [*losses, *metrics] if metrics else losses)
    pred, target = layout["preds"], layout.get("targets")
    found = variants(tuple(metrics), pred, target) if metrics else ()
    return variants(tuple(losses), pred, target), found, layout


def evaluation_of(
    source: Source,
    state: EvaluationState,
    losses: Sequence[BoundLoss],
    metrics: "Sequence[BoundMetric]",
    layout: Mapping[str, Row],
    *,
    reduction: Reduction,
    ci: float,
    line: Callable[[int], int | None] | None,
    digest: bool,
    about: Mapping[str, Any],
) -> Evaluation:
    """The results of the state of all rows.

    losses, layout: as `prepared` returns them. line: as of `loss_result`. about: the fields of the
    result that do not depend on its rows, `dtype` among them.

    Raises DataError where all rows together are not valid.
    """
    if state.violations:
        state.raise_violation()
    results_of = maker_of_results(losses, metrics, layout, reduction, ci, line)
    results, found = results_of(state.accumulators)
    if CLUSTERS in source.roles:
        counts = [each.clusters for each in results]
        check_clusters(source, counts + [each.clusters for each in found])
    if state.details:
        results = with_details(source, losses, state, results, line)
    notes = [*notes_of(source, losses, results, layout, state, about["dtype"])]
    if state.marks:
        notes += state.findings([*losses, *metrics])
    if metrics:
        more = metric_notes(source, metrics, found, state.accumulators[len(losses) :])
        codes = {note.code for note in notes}
        notes += [note for note in more if note.code != "few_clusters" or note.code not in codes]
    return Evaluation(
        losses=results,
        metrics=found,
        groups=state.groups.results(results_of) if source.by else (),
        notes=tuple(notes),
        inputs=inputs_of(source, state, digest),
        **about,
    )


def merged(
    source: Source,
    blocks: Generator[BlockResult],
    samples: Samples | None = None,
    progress: Callable[[float], None] = no_progress,
    *,
    joined: bool = False,
) -> EvaluationState:
    """The state of all blocks; joined: as for `EvaluationState`."""
    state = EvaluationState(source, joined=joined)
    watched = progress is not no_progress
    size = max(1, source.size) if watched else 1  # a stream has no size
    try:
        for block in blocks:
            state.add(block)
            if samples is not None and block.samples:
                samples.append(block.samples, source.by, block.keys)
            if watched:
                progress(min(1.0, state.size / size))
    finally:
        blocks.close()
    return state


def maker_of_results(
    losses: Sequence[BoundLoss],
    metrics: "Sequence[BoundMetric]",
    layout: Mapping[str, Row],
    reduction: Reduction,
    ci: float,
    line: Callable[[int], int | None] | None,
) -> Callable[[Sequence[Any]], Results]:
    """A function that returns the results of accumulators, one a loss and then one a metric."""
    outputs = math.prod(layout["preds"])

    def results_of(accumulators: Sequence[Any]) -> Results:
        found = []
        for loss, rows in zip(losses, accumulators, strict=False):
            # The loss of a row is the mean over its outputs, where it maps element to element.
            elements = outputs if loss.loss.rows_of.elementwise else 1
            found.append(loss_result(loss, rows, reduction, ci, line, elements))
        if not metrics:
            return tuple(found), ()
        from losscli.evaluation.metrics import metric_results

        return tuple(found), metric_results(metrics, accumulators[len(losses) :], ci)

    return results_of


def inputs_of(source: Source, state: EvaluationState, digest: bool) -> tuple[Input, ...]:
    """The files or arrays of all roles, of which the rows of a state were read."""
    inputs = []
    for role, (table, field) in source.roles.items():
        found = Input(
            role=role,
            path=table.path,
            format=table.format,
            shape=table.shape(state.rows, field),
            dtype=field.dtype,
            digest=state.digests[role].hexdigest() if digest else None,
            columns=field.columns,
            unmatched=table.unmatched,
            duplicates_dropped=table.duplicates_dropped,
        )
        inputs.append(found)
    return tuple(inputs)


def line_of(source: Source) -> Callable[[int], int | None] | None:
    """The line of a text file at which a row stands; None for an array."""
    return None if source.roles["preds"][0].format == "array" else partial(_line, source)


def _line(source: Source, row: int) -> int | None:
    table, field = source.roles["preds"]
    return None if table.file is None else table.place(row, None, field).line
