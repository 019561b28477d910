"""`compare`: the losses of a source and of its reference, with one block a worker in memory."""

from collections.abc import Callable, Sequence

from losscli.backends.backend import Backend
from losscli.comparison.block import PairEvaluator
from losscli.comparison.difference import Comparison, Difference
from losscli.engines.engine import Engine
from losscli.evaluation.measure import no_progress
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.source import Source


def compare(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: Engine,
    *,
    ci: float = 0.95,
    nan: NanPolicy = "error",
    block_rows: int | None = None,
    progress: Callable[[float], None] = no_progress,
) -> Comparison:
    """The difference of each loss of the predictions from that of the source's reference.

    Paired row by row: a row counts where it counts for both. Any engine, thread count and block
    size gives the same difference.

    Raises DataError where rows cannot be read, aligned or taken by a loss.
    """
    evaluator = PairEvaluator(source, losses, backend, nan=nan)
    difference = EvaluationState(source, len(losses))
    reference = EvaluationState(evaluator.reference, len(losses))
    for part in engine.map(evaluator, source.blocks(block_rows)):
        difference.add(part.difference)
        reference.add(part.reference)
        progress(difference.size / source.size)
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
