"""`evaluate`: the losses of predictions against targets.

>>> evaluate([0.5, 3.0], [0.0, 0.0], loss="smooth_l1").value
1.3125
"""

import os
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from losscli.backends.backend import choose
from losscli.commands.arrays import of_arrays
from losscli.commands.request import (
    Request,
    bound_losses,
    details_of,
    kept_evaluation,
    typed,
)
from losscli.engines.local import choose_engine
from losscli.errors import UsageError
from losscli.evaluation.data import open_data, takes_targets
from losscli.evaluation.measure import measure, no_progress
from losscli.evaluation.rows import by_positions
from losscli.evaluation.sampling import Sampling
from losscli.plans.engines import LOCAL
from losscli.plans.evaluate import EvalPlan
from losscli.plans.functions import public
from losscli.results.documents.eval import Evaluation
from losscli.results.samples import SampleFile
from losscli.sources.roles import Reference

if TYPE_CHECKING:
    from losscli.comparison.difference import Comparison
    from losscli.losses.core.bound import Bound


def run_evaluation(plan: EvalPlan, progress: Callable[[float], None] = no_progress) -> Evaluation:
    """The losses of predictions against targets, exactly summed.

    preds, targets: paths, NumPy arrays, lists, DataFrame columns or torch tensors, of N rows each,
    or lists of batches, which are joined on the first axis; without targets, preds is a table or a
    DataFrame that holds both, or an iterator of (pred, target) blocks, which is read once.
    loss: specs as on the command line, such as "smooth_l1:beta=0.5" or ["mse", "mae"].

    Raises UsageError, DataError or MissingError.
    """

    def measured(request: Request, samples: SampleFile | None) -> Evaluation:
        found = _found(plan, request, progress, samples)
        # Arrays, of which calls may be small and many, have no command: they need no look at it.
        of_files = isinstance(plan.preds, str | os.PathLike)
        return found.replace(command=typed(plan, "eval")) if of_files else found

    return kept_evaluation(plan, measured)


def _found(
    plan: EvalPlan,
    request: Request,
    progress: Callable[[float], None],
    samples: SampleFile | None,
) -> Evaluation:
    """The result without its gates, where the plan has it computed."""
    if plan.engine != LOCAL:
        from losscli.commands.distributed import evaluate_on_cluster

        return evaluate_on_cluster(plan, request, progress)
    if plan.models is None:
        return _measured(plan, request, progress, samples)
    return _of_models(plan, request, progress)


def _of_models(plan: EvalPlan, request: Request, progress: Callable[[float], None]) -> Evaluation:
    """The results of several models of one target, in one pass over the data."""
    from losscli.evaluation.models import as_one, measure_models, model_name

    if plan.per_sample is not None:
        raise UsageError("--per-sample is for one model", hint="give --pred once")
    losses, backend = request.losses, request.backend
    bound: list[Bound] = [*losses, *request.metrics]
    with open_data(plan, targeted=takes_targets(bound, plan), losses=bound) as opened:
        source = by_positions(opened, bound, plan.class_axis)
        results = measure_models(
            source,
            losses,
            backend,
            choose_engine(backend, source, plan.threads),
            reduction=plan.reduction,
            ci=float(plan.ci),
            nan=plan.nan,
            digest=request.digest,
            progress=progress,
            like=plan.like,
            metrics=request.metrics,
            details=partial(details_of, plan, len(losses)),
            sampling=Sampling.of(plan),
        )
    return as_one(list(zip(map(model_name, plan.models), results, strict=True)))


def _measured(
    plan: EvalPlan,
    request: Request,
    progress: Callable[[float], None],
    samples: SampleFile | None = None,
) -> Evaluation:
    """The result of one model."""
    losses, backend = request.losses, request.backend
    bound: list[Bound] = [*losses, *request.metrics]
    with open_data(plan, targeted=takes_targets(bound, plan), losses=bound) as opened:
        source = by_positions(opened, bound, plan.class_axis)
        return measure(
            source,
            losses,
            backend,
            choose_engine(backend, source, plan.threads),
            reduction=plan.reduction,
            ci=float(plan.ci),
            nan=plan.nan,
            digest=request.digest,
            samples=samples,
            progress=progress,
            like=plan.like,
            metrics=request.metrics,
            details=details_of(plan, len(losses)),
            sampling=Sampling.of(plan),
        )


evaluate = public("evaluate", EvalPlan, run_evaluation, of_arrays)


def run_comparison(plan: EvalPlan, reference: Reference, labels: Collection[str]) -> "Comparison":
    """The predictions of a plan against others of the same rows, in the losses of some labels.

    Raises what an evaluation of either does.
    """
    from losscli.comparison.measure import compare

    losses = [loss for loss in bound_losses(plan) if loss.label in labels]
    backend = choose(plan.backend, plan.device, plan.dtype)
    with open_data(plan, (reference,), losses=losses) as opened:
        source = by_positions(opened, losses, plan.class_axis)
        engine = choose_engine(backend, source, plan.threads)
        sampling = Sampling.of(plan)._replace(resamples=0)
        return compare(
            source, losses, backend, engine, ci=float(plan.ci), nan=plan.nan, sampling=sampling
        )
