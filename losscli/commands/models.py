"""The parts of a comparison that its plan makes, its data, and its result."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.backends.backend import Backend, choose
from losscli.commands.request import bound_losses
from losscli.comparison.measure import Paired
from losscli.comparison.models import Terms, findings, notes_of_models
from losscli.evaluation.data import open_data
from losscli.evaluation.measure import inputs_of
from losscli.evaluation.rows import by_positions
from losscli.losses.core.bound import Bound
from losscli.plans.compare import ComparePlan
from losscli.plans.evaluate import EvalPlan
from losscli.render.formats import of_path
from losscli.results.documents.compare import Model, ModelComparison
from losscli.sources.roles import Reference
from losscli.sources.source import Source

if TYPE_CHECKING:
    from losscli.losses.spec.binding import BoundLoss
    from losscli.metrics.binding import BoundMetric


class PairRequest(NamedTuple):
    """The parts of a plan, made before the data are opened.

    digest: True if the result has digests of the inputs.
    """

    losses: "Sequence[BoundLoss]"
    metrics: "Sequence[BoundMetric]"
    terms: Terms
    digest: bool
    backend: Backend

    @classmethod
    def of(cls, plan: ComparePlan) -> "PairRequest":
        """The parts of a plan; raises UsageError for what they cannot be."""
        evaluation = plan.evaluation()
        losses, backend = bound_losses(evaluation), choose(plan.backend, plan.device, plan.dtype)
        digest = plan.digest or "json" in map(of_path, plan.output)
        return cls(losses, _metrics(evaluation), Terms.of(plan), digest, backend)


@contextmanager
def open_pairs(plan: ComparePlan, request: PairRequest) -> Iterator[Source]:
    """A context with the data of a comparison, in the rows that its losses take."""
    bound: list[Bound] = [*request.losses, *request.metrics]
    with open_models(plan, bound) as opened:
        yield by_positions(opened, bound, plan.class_axis)


def comparison_of(
    plan: ComparePlan,
    request: PairRequest,
    paired: Paired,
    source: Source,
    about: Mapping[str, Any],
) -> ModelComparison:
    """The result of the states of all rows; about: the fields that do not depend on them."""
    terms = request.terms
    found = findings(paired, terms)
    return ModelComparison(
        models=_models(plan, paired),
        baseline=terms.baseline,
        pairs=plan.pairs,
        test=plan.test,
        margin=plan.tolerance.size,
        relative=plan.tolerance.relative,
        fail_on=tuple(plan.fail_on),
        ci_level=terms.level,
        ci_method=None if plan.interval == "t" else plan.interval,
        losses=found.losses,
        metrics=found.metrics,
        groups=found.groups,
        counts=found.counts,
        notes=(*notes_of_models(paired, about["dtype"]), *found.notes),
        inputs=inputs_of(source, paired.joint, request.digest),
        like=plan.like,
        **about,
    )


def open_models(
    plan: ComparePlan, losses: Sequence[Bound] | None = None
) -> AbstractContextManager[Source]:
    """A context with the predictions of all models and the other data of a comparison.

    losses: those of the plan, bound; None: as `open_data` has it.
    """
    others = [Reference(each.preds, each.columns) for each in plan.entries[1:]]
    return open_data(plan.evaluation(), others, losses=losses)


def _metrics(plan: EvalPlan) -> "list[BoundMetric]":
    """The metrics of a plan; raises UsageError for one whose models cannot be compared."""
    if not plan.metric:
        return []
    from losscli.commands.request import bound_metrics
    from losscli.comparison.metric_pairs import check_comparable

    metrics = bound_metrics(plan)
    check_comparable(metrics)
    return metrics


def _models(plan: ComparePlan, paired: Paired) -> tuple[Model, ...]:
    """The models with the places that their predictions were read from."""
    found = []
    for entry, source in zip(plan.entries, paired.of.sources, strict=True):
        table, field = source.roles["preds"]
        found.append(Model(name=entry.name, path=table.path, columns=field.columns))
    return tuple(found)
