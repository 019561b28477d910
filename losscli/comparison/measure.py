"""`pair`: the losses of several models of the same rows, with one block a worker in memory."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec.structs import replace

from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.backends.backend import Backend
from losscli.comparison.difference import Comparison, Difference
from losscli.comparison.pairing import PairedAccumulator, PairedRows, Pairs
from losscli.engines.local import LocalEngine
from losscli.errors import DataError
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.folding import fold_models
from losscli.evaluation.groups import BlockGroups, GroupedRows
from losscli.evaluation.layout import Row, row_layout
from losscli.evaluation.leaves import leaves_of
from losscli.evaluation.measure import no_progress
from losscli.evaluation.sampling import INDEPENDENT, Sampling, check_clusters
from losscli.evaluation.state import EvaluationState
from losscli.evaluation.validity import Mark
from losscli.kernels.machine import MOST_PROGRAMS
from losscli.losses.core.shapes import shape_words
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.roles import REFERENCE
from losscli.sources.source import Block, BlockCut, Source
from losscli.sources.table import Workspace

if TYPE_CHECKING:
    from losscli.evaluation.metrics import MetricRows
    from losscli.metrics.binding import BoundMetric


class Models(NamedTuple):
    """The predictions of a source and its references, as losses and metrics take them.

    roles: of the predictions of each model. sources: the source as each model reads it. layouts:
    the shapes of its rows.
    """

    roles: Sequence[str]
    sources: Sequence[Source]
    layouts: Sequence[dict[str, Row]]
    losses: Sequence[BoundLoss]
    metrics: "Sequence[BoundMetric]"

    @classmethod
    def of(
        cls, source: Source, losses: Sequence[BoundLoss], metrics: "Sequence[BoundMetric]"
    ) -> "Models":
        """The models of a source.

        Raises DataError if the shapes of their rows differ, or if a loss does not take them.
        """
        roles = ["preds", *(role for role in source.roles if role.startswith(REFERENCE))]
        sources = [
            Source({**source.roles, "preds": source.roles[role]}, source.by, source.positions)
            for role in roles
        ]
        layouts = [row_layout(each, [*losses, *metrics]) for each in sources]
        first = layouts[0]
        for each, layout in zip(sources, layouts, strict=True):
            _check_shapes(source, first["preds"], each, layout["preds"])
        pred, target = first["preds"], first.get("targets")
        return cls(
            roles,
            sources,
            layouts,
            [loss.variant_for(pred, target) for loss in losses],
            [metric.variant_for(pred, target) for metric in metrics],
        )


class Paired(NamedTuple):
    """The states of all rows. models: of each model, without accumulators.

    joint: one `PairedAccumulator` a loss, then one `PairedMetric` a metric, and the same of each
    group.
    """

    of: Models
    models: Sequence[EvaluationState]
    joint: EvaluationState

    @classmethod
    def merged(
        cls,
        models: Models,
        source: Source,
        blocks: Generator[Sequence[BlockResult]],
        progress: Callable[[float], None] = no_progress,
        *,
        joined: bool = False,
    ) -> "Paired":
        """The states of all blocks; joined: as for `EvaluationState`."""
        states = [EvaluationState(each, joined=joined) for each in models.sources]
        joint = EvaluationState(source, joined=joined)
        with closing(blocks):
            for *parts, shared in blocks:
                for state, part in zip(states, parts, strict=True):
                    state.add(part)
                joint.add(shared)
                progress(min(1.0, joint.size / max(1, source.size)))
        return cls(models, states, joint)

    def check(self, source: Source) -> None:
        """Raise DataError where all rows together are not valid."""
        for state in self.models:
            state.raise_violation()
        losses = self.joint.accumulators[: len(self.of.losses)]
        first = [rows.models[0].clusters for rows in losses]
        check_clusters(source, [None if clusters is None else len(clusters) for clusters in first])


def pair(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    pairs: Pairs,
    *,
    metrics: "Sequence[BoundMetric]" = (),
    nan: NanPolicy = "error",
    digest: bool = False,
    sampling: Sampling = INDEPENDENT,
    block_rows: int | None = None,
    progress: Callable[[float], None] = no_progress,
) -> Paired:
    """The losses of the predictions of a source and of its references, and of pairs of them.

    A row counts where it counts for all models. Any engine, thread count and block size gives the
    same bits. pairs: places among the predictions and the references, in their order. sampling: of
    the rows, without resamples.

    Raises DataError where rows cannot be read, aligned or taken by a loss.
    """
    models = Models.of(source, losses, metrics)
    evaluator = PairEvaluator(
        models, source, backend, pairs, nan=nan, digest=digest, sampling=sampling
    )
    blocks = engine.map(evaluator, source.blocks(block_rows))
    found = Paired.merged(models, source, blocks, progress)
    source.verify()
    found.check(source)
    return found


def compare(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    *,
    ci: float = 0.95,
    nan: NanPolicy = "error",
    sampling: Sampling = INDEPENDENT,
    block_rows: int | None = None,
) -> Comparison:
    """The difference of each loss of the predictions from that of the source's reference.

    Raises as `pair` does.
    """
    found = pair(
        source,
        losses,
        backend,
        engine,
        [(0, 1)],
        nan=nan,
        sampling=sampling,
        block_rows=block_rows,
    )
    of_logits = any(loss.takes_logits for loss in losses)
    sides = zip(found.of.sources, found.models, strict=True)
    return Comparison(
        tuple(
            Difference.of(loss, rows.pairs[0].difference, rows.models[1], ci)
            for loss, rows in zip(losses, found.joint.accumulators, strict=True)
        ),
        tuple(of.table("preds").path for of, total in sides if of_logits and total.probabilities),
    )


class PairEvaluator:
    """Evaluates blocks of several models."""

    def __init__(
        self,
        models: Models,
        source: Source,
        backend: Backend,
        pairs: Pairs,
        *,
        nan: NanPolicy,
        digest: bool,
        sampling: Sampling,
    ) -> None:
        self._pairs, self._digest = pairs, digest
        self._source, self._roles, self._metrics = source, models.roles, models.metrics
        self._evaluators = [
            BlockEvaluator(
                of,
                models.losses,
                backend,
                layout,
                nan=nan,
                samples=False,
                digest=False,
                metrics=models.metrics,
                sampling=sampling,
            )
            for of, layout in zip(models.sources, models.layouts, strict=True)
        ]

    def __call__(self, cut: BlockCut, workspace: Workspace) -> list[BlockResult]:
        """The states of one block: those of the models, and that of their pairs, the last one."""
        with np.errstate(all="ignore"):
            block = cut.load(workspace)
            results = [BlockResult(block.rows, cut.size) for _ in (*self._roles, "pairs")]
            if self._digest:
                results[-1].leaves = dict(leaves_of(block))
            if self._fold(block, results, workspace):
                return results
            # One after the other: they share the workspace's buffers; row losses are not in them.
            models = [
                self._evaluated(at, block, results[at], workspace) for at in range(len(self._roles))
            ]
            if not any(result.violations for result in results):
                self._accumulate(block, models, results[-1])
            return results

    def _own(self, block: Block, at: int) -> Block:
        """A block as a model reads it."""
        preds = block.arrays[self._roles[at]]
        return replace(block, arrays={**block.arrays, "preds": preds})

    def _fold(self, block: Block, results: Sequence[BlockResult], workspace: Workspace) -> bool:
        """Add the states of all models and pairs, in one pass a loss, to the results.

        False where a row needs a closer look.
        """
        count = len(self._roles)
        if self._metrics or count > MOST_PROGRAMS or self._evaluators[0].keeps_rows:
            return False
        models = []
        raws = [each.raw(self._own(block, at)) for at, each in enumerate(self._evaluators)]
        for at, (evaluator, raw) in enumerate(zip(self._evaluators, raws, strict=True)):
            own = workspace.inner(f"model {at}", 0)  # their arrays are read at the same time
            foldings = evaluator.foldings(raw, own)
            if foldings is None:
                return False
            models.append(foldings)
        marks: list[dict[Mark, frozenset[str]]] = [{} for _ in models]
        found = []
        for sides in zip(*models, strict=True):
            foldings_of, arrays = zip(*sides, strict=True)
            states = fold_models(foldings_of, arrays, self._pairs, block, marks)
            if states is None:
                return False
            found.append(states)
        for at, evaluator in enumerate(self._evaluators):
            folded = [states.models[at] for states in found]
            if not evaluator.take_folded(folded, raws[at], results[at], marks[at]):
                return False
        results[-1].accumulators = [
            PairedAccumulator.of_folded(states, block.first, block.rows) for states in found
        ]
        return True

    def _evaluated(
        self, at: int, block: Block, result: BlockResult, workspace: Workspace
    ) -> "tuple[list[tuple[RowAccumulator, RowLosses]], list[MetricRows]]":
        """The row losses of a model, and its rows for the metrics."""
        own = self._own(block, at)
        evaluator = self._evaluators[at]
        design = evaluator.design(own, result)
        losses = list(evaluator.evaluate(own, result, workspace, design))
        metrics = list(evaluator.metric_rows(own, result, design)) if self._metrics else []
        return losses, metrics

    def _accumulate(
        self,
        block: Block,
        models: "Sequence[tuple[list[tuple[RowAccumulator, RowLosses]], list[MetricRows]]]",
        result: BlockResult,
    ) -> None:
        """Add the accumulators of all losses and metrics to the result of a block."""
        groups = BlockGroups(self._source, block) if block.keys else None
        statistics: list[GroupedRows] = [
            PairedRows.of(each, self._pairs, block.first, block.unit)
            for each in zip(*(losses for losses, _ in models), strict=True)
        ]
        if self._metrics:
            from losscli.comparison.metric_pairs import PairedMetricRows

            sides = zip(*(metrics for _, metrics in models), strict=True)
            for metric, rows in zip(self._metrics, sides, strict=True):
                statistics.append(PairedMetricRows.of(metric, rows, self._pairs))
        for each in statistics:
            result.accumulators.append(each.accumulate())
            if groups is not None:
                groups.add_statistic(each, result.accumulators[-1])
        if groups is not None and result.accumulators:
            result.groups = groups.states()


def _check_shapes(source: Source, own: Row, other: Source, row: Row) -> None:
    """Raise DataError for two models whose rows differ in shape."""
    if own != row:
        raise DataError(
            f"rows of {other.table('preds').path} are {shape_words(row)}, those of "
            f"{source.table('preds').path} {shape_words(own)}",
            hint="predictions of the same rows have one shape",
        )
