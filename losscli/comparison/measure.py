"""`compare`: the losses of a source and of its reference, with one block a worker in memory."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from losscli.accumulators.rows import RowLosses
from losscli.backends.backend import Backend
from losscli.comparison.difference import Comparison, Difference
from losscli.engines.local import LocalEngine
from losscli.errors import DataError
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.layout import row_layout
from losscli.evaluation.state import EvaluationState
from losscli.losses.core.shapes import shape_words
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.opening import REFERENCE
from losscli.sources.source import BlockCut, Source
from losscli.sources.table import Workspace


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

    Paired row by row: a row counts where it counts for both. Any engine, thread count and block
    size gives the same difference.

    Raises DataError where rows cannot be read, aligned or taken by a loss.
    """
    evaluator = _PairEvaluator(source, losses, backend, nan=nan)
    difference = EvaluationState(source)
    reference = EvaluationState(evaluator.reference)
    for differences, references in engine.map(evaluator, source.blocks(block_rows)):
        difference.add(differences)
        reference.add(references)
    source.verify()
    difference.raise_violation()
    reference.raise_violation()
    of_logits = any(loss.takes_logits for loss in losses)
    sides = ((source, difference), (evaluator.reference, reference))
    return Comparison(
        tuple(
            Difference.of(loss, ours, theirs, ci)
            for loss, ours, theirs in zip(
                losses, difference.accumulators, reference.accumulators, strict=True
            )
        ),
        tuple(of.table("preds").path for of, total in sides if of_logits and total.probabilities),
    )


class _PairEvaluator:
    """Evaluates differences: each loss of the predictions minus that of the reference.

    Raises DataError if their shapes differ, or if a loss does not take them.
    """

    def __init__(
        self, source: Source, losses: Sequence[BoundLoss], backend: Backend, *, nan: NanPolicy
    ) -> None:
        self._source = source
        roles = {**source.roles, "preds": source.roles[REFERENCE]}
        self.reference = Source(roles, source.by, source.positions)
        own, other = row_layout(source, losses), row_layout(self.reference, losses)
        if own["preds"] != other["preds"]:
            raise DataError(
                f"rows of {self.reference.table('preds').path} are "
                f"{shape_words(other['preds'])}, those of {source.table('preds').path} "
                f"{shape_words(own['preds'])}",
                hint="predictions of the same rows have one shape",
            )
        losses = [loss.variant_for(own["preds"], own.get("targets")) for loss in losses]
        self._own, self._other = (
            BlockEvaluator(of, losses, backend, layout, nan=nan, samples=False, digest=False)
            for of, layout in ((source, own), (self.reference, other))
        )

    def __call__(self, cut: BlockCut, workspace: Workspace) -> tuple[BlockResult, BlockResult]:
        """The states of one block: of the differences, and of the reference on the same rows."""
        with np.errstate(all="ignore"):
            block = cut.load(workspace)
            pair = BlockResult(block.rows, cut.size), BlockResult(block.rows, cut.size)
            # One after the other: they share the workspace's buffers; row losses are not in them.
            design = self._own.design(block, pair[0])
            ours = [rows for _, rows in self._own.evaluate(block, pair[0], workspace, design)]
            other = replace(block, arrays={**block.arrays, "preds": block.arrays[REFERENCE]})
            found = self._other.evaluate(other, pair[1], workspace, design)
            theirs = [rows for _, rows in found]
            if len(ours) == len(theirs):
                for sides in map(_on_the_same_rows, ours, theirs):
                    for part, rows in zip(pair, sides, strict=True):
                        part.accumulators.append(rows.accumulate(block.first, block.unit))
            return pair


def _on_the_same_rows(ours: RowLosses, theirs: RowLosses) -> tuple[RowLosses, RowLosses]:
    """The difference and the reference, of the rows that count for both."""
    skip = ours.skip if theirs.skip is None else theirs.skip
    if ours.skip is not None and theirs.skip is not None:
        skip = ours.skip | theirs.skip
    weight = ours.weight
    if weight is not None and theirs.weight is not None:
        weight = np.where(theirs.weight == 0, 0.0, weight)
    difference = ours._replace(values=ours.values - theirs.values, weight=weight, skip=skip)
    return difference, theirs._replace(weight=weight, skip=skip)
