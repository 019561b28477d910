"""The comparison of one block: two predictions through the same losses, and their difference."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from losscli.accumulators.rows import RowLosses
from losscli.backends.backend import Backend
from losscli.errors import DataError
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.layout import row_layout
from losscli.losses.core.shapes import shape_words
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.reference import ROLE
from losscli.sources.source import Block, BlockCut, Source, check_ids
from losscli.sources.workspace import Workspace


class PairResult(NamedTuple):
    """One block: accumulators of the differences, and of the reference on the same rows."""

    difference: BlockResult
    reference: BlockResult


class PairEvaluator:
    """Evaluates differences: each loss of the predictions minus that of the reference.

    Raises DataError if their shapes differ, or if a loss does not take them.
    """

    def __init__(
        self, source: Source, losses: Sequence[BoundLoss], backend: Backend, *, nan: NanPolicy
    ) -> None:
        self._source = source
        self.reference = reference_source(source)
        own, other = row_layout(source, losses), row_layout(self.reference, losses)
        if own["preds"] != other["preds"]:
            raise DataError(
                f"rows of {self.reference.table('preds').path} are "
                f"{shape_words(other['preds'])}, those of {source.table('preds').path} "
                f"{shape_words(own['preds'])}",
                hint="predictions of the same rows have one shape",
            )
        self._own, self._other = (
            BlockEvaluator(of, losses, backend, layout, nan=nan, samples=False, digest=False)
            for of, layout in ((source, own), (self.reference, other))
        )

    def __call__(self, cut: BlockCut, workspace: Workspace) -> PairResult:
        """The states of one block."""
        with np.errstate(all="ignore"):
            block = cut.load(workspace)
            check_ids(self._source, block)
            pair = PairResult(BlockResult(block.rows, cut.size), BlockResult(block.rows, cut.size))
            # One after the other: they share the workspace's buffers; row losses are not in them.
            ours = [rows for _, rows in self._own.evaluate(block, pair.difference, workspace)]
            other = _referring(block)
            theirs = [rows for _, rows in self._other.evaluate(other, pair.reference, workspace)]
            if len(ours) == len(theirs):
                for left, right in zip(ours, theirs, strict=True):
                    difference, reference = _on_the_same_rows(left, right)
                    for part, rows in ((pair.difference, difference), (pair.reference, reference)):
                        part.accumulators.append(rows.accumulate(block.first, block.unit))
            return pair


def reference_source(source: Source) -> Source:
    """The source whose predictions are the reference of another."""
    return Source({**source.roles, "preds": source.roles[ROLE]}, source.by)


def _referring(block: Block) -> Block:
    return block._replace(arrays={**block.arrays, "preds": block.arrays[ROLE]})


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
