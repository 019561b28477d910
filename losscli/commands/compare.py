"""`compare`: several models on the same rows."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from losscli.backends.backend import Backend, choose
from losscli.commands.request import bound_losses
from losscli.comparison.measure import Paired, pair
from losscli.comparison.models import Terms, findings, notes_of_models
from losscli.engines.local import choose_engine
from losscli.evaluation.data import open_data
from losscli.evaluation.measure import about_machine, inputs_of, no_progress
from losscli.evaluation.rows import by_positions
from losscli.evaluation.sampling import Sampling
from losscli.losses.core.bound import Bound
from losscli.losses.spec.binding import files_of
from losscli.plans.compare import ComparePlan
from losscli.plans.engines import LOCAL
from losscli.plans.evaluate import EvalPlan
from losscli.plans.functions import public
from losscli.render.files import outputs, picture
from losscli.render.formats import of_path
from losscli.results.documents.compare import Model, ModelComparison
from losscli.results.documents.eval import EvalTiming
from losscli.sources.roles import Reference
from losscli.sources.source import Source

if TYPE_CHECKING:
    from losscli.losses.spec.binding import BoundLoss
    from losscli.metrics.binding import BoundMetric


def run_compare(
    plan: ComparePlan, progress: Callable[[float], None] = no_progress
) -> ModelComparison:
    """Which of several models is better on the same rows: paired differences and verdicts.

    models: paths, arrays, DataFrame columns or tensors, or a mapping from names to these; or one
    table with a `pred` for each model. targets: as of `evaluate`.

    Raises UsageError, DataError or MissingError.
    """
    with (
        outputs(plan.output, (plan.plot,), read_files(plan)) as publish,
        picture(plan.plot) as draw,
    ):
        result = compared(plan, progress)
        draw(result)
        publish(result)
    return result


compare = public("compare", ComparePlan, run_compare)


def compared(plan: ComparePlan, progress: Callable[[float], None] = no_progress) -> ModelComparison:
    """The result of a comparison, which is not written."""
    request = PairRequest.of(plan)
    if plan.engine != LOCAL:
        from losscli.commands.distributed import compare_on_cluster

        return compare_on_cluster(plan, request, progress)
    start = time.perf_counter()
    backend = request.backend
    with open_pairs(plan, request) as source:
        engine = choose_engine(backend, source, plan.threads)
        paired = pair(
            source,
            request.losses,
            backend,
            engine,
            request.terms.pairs,
            metrics=request.metrics,
            nan=plan.nan,
            digest=request.digest,
            sampling=Sampling.of(plan),
            progress=progress,
        )
        return comparison_of(
            plan,
            request,
            paired,
            source,
            {
                "timing": EvalTiming(time.perf_counter() - start, source.size),
                **about_machine(backend, engine),
            },
        )


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


def read_files(plan: ComparePlan) -> list[Any]:
    """The inputs, files among them, and the other files that are read."""
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    preds = [entry.preds for entry in plan.entries]
    return [*preds, plan.targets, plan.weights, plan.cluster, *by, *files_of(plan.loss)]
