"""`pair`: the losses of several models of the same rows, with one block a worker in memory."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.backends.backend import Backend
from losscli.comparison.difference import Comparison, Difference
from losscli.comparison.pairing import PairedRows, Pairs
from losscli.engines.local import LocalEngine
from losscli.errors import DataError
from losscli.evaluation.block import BlockEvaluator, BlockResult, leaves_of
from losscli.evaluation.groups import BlockGroups
from losscli.evaluation.layout import Row, row_layout
from losscli.evaluation.measure import no_progress
from losscli.evaluation.sampling import check_clusters
from losscli.evaluation.state import EvaluationState
from losscli.losses.core.shapes import shape_words
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.opening import REFERENCE
from losscli.sources.source import Block, BlockCut, Source
from losscli.sources.table import Workspace


class Paired(NamedTuple):
    """Finished accumulators of several models, the predictions of a source and its references.

    models: the state of each model, without accumulators. joint: one `PairedAccumulator` a loss,
    and of each group. sources: the source as each model reads it. layout: the shape of its rows.
    """

    losses: Sequence[BoundLoss]
    sources: Sequence[Source]
    layout: dict[str, Row]
    models: Sequence[EvaluationState]
    joint: EvaluationState


def pair(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    pairs: Pairs,
    *,
    nan: NanPolicy = "error",
    digest: bool = False,
    block_rows: int | None = None,
    progress: Callable[[float], None] = no_progress,
) -> Paired:
    """The losses of the predictions of a source and of its references, and of pairs of them.

    A row counts where it counts for all models. Any engine, thread count and block size gives the
    same bits. pairs: places among the predictions and the references, in their order.

    Raises DataError where rows cannot be read, aligned or taken by a loss.
    """
    evaluator = _PairEvaluator(source, losses, backend, pairs, nan=nan, digest=digest)
    models = [EvaluationState(each) for each in evaluator.sources]
    joint = EvaluationState(source)
    with closing(engine.map(evaluator, source.blocks(block_rows))) as blocks:
        for *parts, shared in blocks:
            for state, part in zip(models, parts, strict=True):
                state.add(part)
            joint.add(shared)
            progress(min(1.0, joint.size / max(1, source.size)))
    source.verify()
    for state in models:
        state.raise_violation()
    check_clusters(source, [rows.models[0] for rows in joint.accumulators])
    return Paired(evaluator.losses, evaluator.sources, evaluator.layout, models, joint)


def compare(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    *,
    ci: float = 0.95,
    nan: NanPolicy = "error",
    block_rows: int | None = None,
) -> Comparison:
    """The difference of each loss of the predictions from that of the source's reference.

    Raises as `pair` does.
    """
    found = pair(source, losses, backend, engine, [(0, 1)], nan=nan, block_rows=block_rows)
    of_logits = any(loss.takes_logits for loss in losses)
    sides = zip(found.sources, found.models, strict=True)
    return Comparison(
        tuple(
            Difference.of(loss, rows.pairs[0].difference, rows.models[1], ci)
            for loss, rows in zip(losses, found.joint.accumulators, strict=True)
        ),
        tuple(of.table("preds").path for of, total in sides if of_logits and total.probabilities),
    )


class _PairEvaluator:
    """Evaluates blocks of several models.

    Raises DataError if the shapes of their rows differ, or if a loss does not take them.
    """

    def __init__(
        self,
        source: Source,
        losses: Sequence[BoundLoss],
        backend: Backend,
        pairs: Pairs,
        *,
        nan: NanPolicy,
        digest: bool,
    ) -> None:
        self._pairs, self._digest = pairs, digest
        self._roles = ["preds", *(role for role in source.roles if role.startswith(REFERENCE))]
        self.sources = [
            Source({**source.roles, "preds": source.roles[role]}, source.by, source.positions)
            for role in self._roles
        ]
        layouts = [row_layout(each, losses) for each in self.sources]
        self.layout = layouts[0]
        for each, layout in zip(self.sources, layouts, strict=True):
            _check_shapes(source, self.layout["preds"], each, layout["preds"])
        pred, target = self.layout["preds"], self.layout.get("targets")
        self.losses = [loss.variant_for(pred, target) for loss in losses]
        self._evaluators = [
            BlockEvaluator(of, self.losses, backend, layout, nan=nan, samples=False, digest=False)
            for of, layout in zip(self.sources, layouts, strict=True)
        ]

    def __call__(self, cut: BlockCut, workspace: Workspace) -> list[BlockResult]:
        """The states of one block: those of the models, and that of their pairs, the last one."""
        with np.errstate(all="ignore"):
            block = cut.load(workspace)
            results = [BlockResult(block.rows, cut.size) for _ in (*self._roles, "pairs")]
            if self._digest:
                results[-1].leaves = dict(leaves_of(block))
            # One after the other: they share the workspace's buffers; row losses are not in them.
            models = [
                self._evaluated(at, block, results[at], workspace) for at in range(len(self._roles))
            ]
            if all(len(each) == len(self.losses) for each in models):
                self._accumulate(block, models, results[-1])
            return results

    def _evaluated(
        self, at: int, block: Block, result: BlockResult, workspace: Workspace
    ) -> list[tuple[RowAccumulator, RowLosses]]:
        preds = block.arrays[self._roles[at]]
        own = replace(block, arrays={**block.arrays, "preds": preds})
        evaluator = self._evaluators[at]
        return list(evaluator.evaluate(own, result, workspace, evaluator.design(own, result)))

    def _accumulate(
        self,
        block: Block,
        models: Sequence[Sequence[tuple[RowAccumulator, RowLosses]]],
        result: BlockResult,
    ) -> None:
        groups = BlockGroups(self.sources[0], block) if block.keys else None
        for each in zip(*models, strict=True):
            rows = PairedRows.of(each, self._pairs, block.first, block.unit)
            result.accumulators.append(rows.accumulate())
            if groups is not None:
                groups.add_statistic(rows, result.accumulators[-1])
        if groups is not None and result.accumulators:
            result.groups = groups.accumulators()


def _check_shapes(source: Source, own: Row, other: Source, row: Row) -> None:
    """Raise DataError for two models whose rows differ in shape."""
    if own != row:
        raise DataError(
            f"rows of {other.table('preds').path} are {shape_words(row)}, those of "
            f"{source.table('preds').path} {shape_words(own)}",
            hint="predictions of the same rows have one shape",
        )
