"""Parts of a comparison: the states of some of its rows, and those of all parts together."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from losscli.accumulators.moments import units_kept
from losscli.backends.backend import Backend
from losscli.comparison.measure import Models, Paired, PairEvaluator
from losscli.comparison.pairing import Pairs
from losscli.engines.local import LocalEngine
from losscli.evaluation.block import BlockResult
from losscli.evaluation.part import Arithmetic, JoinedParts, PartCuts, PartFacts, SourceFacts
from losscli.evaluation.sampling import Sampling
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.source import Source

if TYPE_CHECKING:
    from losscli.metrics.binding import BoundMetric


class PairedPart(NamedTuple):
    """A part of a comparison. blocks: the state of each model, then that of their pairs."""

    facts: PartFacts
    blocks: Sequence[BlockResult]


def measure_part(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    pairs: Pairs,
    number: int,
    count: int,
    *,
    metrics: "Sequence[BoundMetric]",
    nan: NanPolicy,
    digest: bool,
    sampling: Sampling,
) -> PairedPart:
    """The states of part `number` of `count`, from 1; raises as `pair` does, for its rows."""
    models = Models.of(source, losses, metrics)
    evaluator = PairEvaluator(
        models, source, backend, pairs, nan=nan, digest=digest, sampling=sampling
    )
    cuts = PartCuts(source.part(number, count))
    with units_kept():
        found = Paired.merged(models, source, engine.map(evaluator, cuts), joined=True)
    source.verify()
    for state in found.models:
        state.raise_violation()
    facts = PartFacts(
        cuts.first, found.joint.rows, None, SourceFacts.of(source), Arithmetic.of(backend)
    )
    return PairedPart(facts, [state.as_block() for state in (*found.models, found.joint)])


def paired_of_parts(
    parts: Iterable[tuple[PartFacts, Sequence[BlockResult]]],
    losses: Sequence[BoundLoss],
    metrics: "Sequence[BoundMetric]",
) -> tuple[Paired, Source, Arithmetic]:
    """The states of all rows, their source without rows, and the arithmetic of the last part.

    parts: the facts and the states of each, in row order; taken one after the other.

    Raises DataError where all rows together are not valid.
    """
    joined = JoinedParts(parts)
    models = Models.of(joined.source, losses, metrics)
    found = Paired.merged(models, joined.source, joined.blocks())
    source = joined.whole()
    found = found._replace(of=Models.of(source, losses, metrics))
    found.check(source)
    return found, source, joined.last.arithmetic
