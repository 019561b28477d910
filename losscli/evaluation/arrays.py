"""Evaluations of two arrays in memory, of which earlier calls have prepared what they share."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from losscli.backends.backend import Backend
from losscli.engines.local import engine_for
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.measure import about_machine, evaluation_of, merged, prepared
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.results.documents.eval import EvalTiming, Evaluation
from losscli.sources.source import Block, Source
from losscli.sources.table import Workspace, row_ranges

if TYPE_CHECKING:
    from losscli.metrics.binding import BoundMetric


class ArrayEvaluation:
    """The evaluation of predictions and targets in arrays of fixed types and row shapes.

    The rows are evaluated as `measure` does it. All that depends neither on the numbers nor on how
    many there are is done once: it takes two thirds of the time of a call with 1,000 rows.
    """

    def __init__(
        self,
        plan: EvalPlan,
        source: Source,
        losses: Sequence[BoundLoss],
        metrics: "Sequence[BoundMetric]",
        backend: Backend,
    ) -> None:
        """source: of one row; raises DataError where a loss or a metric does not take it."""
        self._plan = plan
        self._source = source
        self._backend = backend
        self._losses, self._metrics, self._layout = prepared(source, losses, metrics)
        self._evaluator = BlockEvaluator(
            source,
            self._losses,
            backend,
            self._layout,
            nan=plan.nan,
            samples=False,
            digest=False,
            metrics=self._metrics,
        )
        self._unit, self._most = source.unit, source.block_rows()
        self._row_size = source.size

    def __call__(self, preds: NDArray[Any], targets: NDArray[Any]) -> Evaluation | None:
        """The result; None where there is an error to raise.

        preds, targets: of the types and row shapes of the plan's.
        """
        start = time.perf_counter()
        if len(preds) != len(targets) or not len(preds):
            return None
        evaluator = self._evaluator.copied()

        def evaluated(part: tuple[int, int], workspace: Workspace) -> BlockResult:
            first, count = part
            rows = slice(first, first + count)
            block = Block(
                first, count, self._unit, {"preds": preds[rows], "targets": targets[rows]}
            )
            return evaluator.of_block(block, count * self._row_size, workspace)

        plan, source = self._plan, self._source
        blocks = row_ranges(len(preds), self._most)
        engine = engine_for(self._backend, plan.threads, len(blocks))
        state = merged(source, engine.map(evaluated, blocks))
        if state.violations:
            return None
        timing = EvalTiming(time.perf_counter() - start, state.size)
        return evaluation_of(
            source,
            state,
            self._losses,
            self._metrics,
            self._layout,
            reduction=plan.reduction,
            ci=float(plan.ci),
            line=None,
            digest=False,
            about={"like": plan.like, "timing": timing, **about_machine(self._backend, engine)},
        )
