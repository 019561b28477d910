"""Evaluations of two arrays in memory, of which earlier calls have prepared what they share."""

import time
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from losscli.backends.backend import Backend
from losscli.backends.machine import environment
from losscli.engines.local import LocalEngine
from losscli.evaluation.block import BlockEvaluator
from losscli.evaluation.measure import about_machine, evaluation_of, prepared
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.results.documents.eval import EvalTiming, Evaluation
from losscli.sources.source import Block, Source
from losscli.sources.table import Workspace


class ArrayEvaluation:
    """The evaluation of predictions and targets in arrays of fixed types and row shapes.

    A block of rows is evaluated as `measure` does it. All that depends neither on the numbers nor
    on how many there are is done once: it takes two thirds of the time of a call with 1,000 rows.
    """

    def __init__(
        self, plan: EvalPlan, source: Source, losses: Sequence[BoundLoss], backend: Backend
    ) -> None:
        """source: of one row; raises DataError where a loss does not take it."""
        self._source = source
        self._losses, _, self._layout = prepared(source, losses, ())
        self._evaluator = BlockEvaluator(
            source, self._losses, backend, self._layout, nan=plan.nan, samples=False, digest=False
        )
        self._unit, self._most = source.unit, source.block_rows()
        self._plan = plan
        self._about = {"like": plan.like, **about_machine(backend, LocalEngine(1))}

    def __call__(self, preds: NDArray[Any], targets: NDArray[Any]) -> Evaluation | None:
        """The result; None where there is an error to raise, or more than a block.

        preds, targets: of the types and row shapes of the plan's.
        """
        start = time.perf_counter()
        rows = len(preds)
        if rows != len(targets) or not 0 < rows <= self._most:
            return None
        block = Block(0, rows, self._unit, {"preds": preds, "targets": targets})
        size = preds.nbytes + targets.nbytes
        found = self._evaluator.copied().of_block(block, size, Workspace())
        if found.violations:
            return None
        state = EvaluationState(self._source)
        state.add(found)
        timing = EvalTiming(time.perf_counter() - start, size)
        return evaluation_of(
            self._source,
            state,
            self._losses,
            (),
            self._layout,
            reduction=self._plan.reduction,
            ci=float(self._plan.ci),
            line=None,
            digest=False,
            about={**self._about, "timing": timing, "environment": environment()},
        )
