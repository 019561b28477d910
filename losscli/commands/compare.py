"""`compare`: several models on the same rows."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from losscli.commands.models import PairRequest, comparison_of, open_pairs
from losscli.commands.request import typed
from losscli.comparison.measure import pair
from losscli.engines.local import choose_engine
from losscli.evaluation.measure import about_machine, no_progress
from losscli.evaluation.sampling import Sampling
from losscli.losses.spec.binding import files_of
from losscli.plans.compare import ComparePlan
from losscli.plans.engines import LOCAL
from losscli.plans.functions import public
from losscli.render.files import outputs, picture
from losscli.results.documents.compare import ModelComparison
from losscli.results.documents.eval import EvalTiming


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
        result = compared(plan, progress).replace(command=typed(plan, "compare"))
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


def read_files(plan: ComparePlan) -> list[Any]:
    """The inputs, files among them, and the other files that are read."""
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    preds = [entry.preds for entry in plan.entries]
    return [*preds, plan.targets, plan.weights, plan.cluster, *by, *files_of(plan.loss)]
