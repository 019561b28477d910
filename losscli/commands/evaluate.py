"""`evaluate`: the losses of predictions against targets.

>>> evaluate([0.5, 3.0], [0.0, 0.0], loss="smooth_l1").value
1.3125
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from losscli.backends.backend import Backend, choose
from losscli.engines.local import choose_engine
from losscli.errors import DataError, LossCliError, UsageError
from losscli.evaluation.data import open_data, takes_targets
from losscli.evaluation.measure import measure, no_progress
from losscli.evaluation.rows import by_positions
from losscli.losses.spec.binding import BoundLoss, bind, files_of
from losscli.metrics.losses import bind_losses
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import Path
from losscli.plans.functions import public
from losscli.render.files import attach_result, kept, outputs
from losscli.render.formats import of_path
from losscli.results.documents.eval import Evaluation
from losscli.results.samples import SampleFile
from losscli.sources.opening import Reference, read_array

if TYPE_CHECKING:
    from losscli.comparison.difference import Comparison
    from losscli.evaluation.details import DetailFinder
    from losscli.gates import Gate
    from losscli.losses.core.bound import Bound
    from losscli.metrics.binding import BoundMetric

_NO_BASELINE = "no --baseline was named"
_PROPOSED = 8  # losses that are proposed where none is given


def run_evaluation(plan: EvalPlan, progress: Callable[[float], None] = no_progress) -> Evaluation:
    """The losses of predictions against targets, exactly summed.

    preds, targets: paths, NumPy arrays, lists, DataFrame columns or torch tensors, of N rows each,
    or lists of batches, which are joined on the first axis; without targets, preds is a table or a
    DataFrame that holds both, or an iterator of (pred, target) blocks, which is read once.
    loss: specs as on the command line, such as "smooth_l1:beta=0.5" or ["mse", "mae"].

    Raises UsageError, DataError or MissingError.
    """

    def measured(request: Request, samples: SampleFile | None) -> Evaluation:
        if plan.models is None:
            return _measured(plan, request, progress, samples)
        return _of_models(plan, request, progress)

    return kept_evaluation(plan, measured)


def kept_evaluation(
    plan: EvalPlan,
    measured: "Callable[[Request, SampleFile | None], Evaluation]",
    read: Sequence[Path] = (),
) -> Evaluation:
    """An evaluation with its gates, written and saved as a plan says.

    measured: evaluates a request, and writes the losses of every row. read: files that it reads
    besides those of the plan.

    Raises UsageError, before `measured` is called, for what the plan cannot have.
    """
    if not (plan.output or plan.save or plan.per_sample is not None):
        return _judged(plan, Request.of(plan), measured)
    writers: list[Callable[[Evaluation], None]] = []
    with ExitStack() as stack:
        if plan.output or plan.per_sample is not None:
            files = outputs(plan.output, (plan.per_sample,), (*read_files(plan), *read))
            writers.append(stack.enter_context(files))
        request = Request.of(plan)
        samples = place = None
        if plan.per_sample is not None:
            labels = [loss.label for loss in request.losses]
            samples = SampleFile(plan.per_sample, labels, digest=request.digest)
            stack.callback(samples.discard)
        if plan.save:
            from losscli.results.store import SavedRun

            place = stack.enter_context(SavedRun(plan.results, "eval", datetime.now(UTC), "eval"))
            writers.append(stack.enter_context(kept(place)))
        result = _judged(plan, request, measured, samples)
        if samples is not None:
            samples.commit()
            result = result.replace(per_sample=samples.record)
        if place is not None:
            from losscli.results.repository import state

            result = result.replace(started=place.started, git=state(), saved=place.path)
        if writers:
            with attach_result(result.replace(saved=None)):
                for write in writers:
                    write(result)
    return result


class Request(Struct):
    """The parts of a plan, made before the data are opened.

    baseline: as of `_baseline`. digest: True if the result has digests of the inputs.
    """

    losses: Sequence[BoundLoss]
    metrics: "Sequence[BoundMetric]"
    gates: "Sequence[Gate]"
    baseline: Evaluation | str
    digest: bool
    backend: Backend

    @classmethod
    def of(cls, plan: EvalPlan) -> "Request":
        """The parts of a plan; raises UsageError for what they cannot be."""
        losses = bound_losses(plan)
        gates = _gates(plan) if plan.gate or plan.max or plan.min else []
        baseline = _baseline(plan.baseline) if plan.baseline is not None else _NO_BASELINE
        saved_as_json = plan.save or "json" in map(of_path, plan.output)
        digest = bool(plan.digest or plan.baseline or saved_as_json)
        metrics = bound_metrics(plan) if plan.metric else ()
        if metrics and plan.bootstrap:
            raise UsageError(
                f"--bootstrap resamples losses, and {metrics[0].label} is a metric",
                hint="leave one of the two out",
            )
        return cls(
            losses, metrics, gates, baseline, digest, choose(plan.backend, plan.device, plan.dtype)
        )


def _judged(
    plan: EvalPlan,
    request: Request,
    measured: Callable[[Request, SampleFile | None], Evaluation],
    samples: SampleFile | None = None,
) -> Evaluation:
    """The result, the gates included; samples: takes the losses of every row."""
    result = measured(request, samples)
    if request.gates:
        from losscli.evaluation.gates import gated

        result = gated(result, request.gates, plan.allow_note, request.baseline)
    return result


def _of_models(plan: EvalPlan, request: Request, progress: Callable[[float], None]) -> Evaluation:
    """The results of several models of one target, a pass over the data each."""
    from losscli.evaluation.models import as_one, model_name

    if plan.per_sample is not None:
        raise UsageError("--per-sample is for one model", hint="give --pred once")
    count = len(plan.models)
    results = []
    for done, columns in enumerate(plan.models):
        one = replace(plan, pred=columns, models=None)
        share = partial(_advance, progress, done, count)
        results.append((model_name(columns), _measured(one, request, share)))
    return as_one(results)


def _advance(progress: Callable[[float], None], done: int, count: int, share: float) -> None:
    progress((done + share) / count)


def _measured(
    plan: EvalPlan,
    request: Request,
    progress: Callable[[float], None],
    samples: SampleFile | None = None,
) -> Evaluation:
    """The result without its gates."""
    losses, backend = request.losses, request.backend
    bound: list[Bound] = [*losses, *request.metrics]
    with open_data(plan, targeted=takes_targets(bound), losses=bound) as opened:
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
            bootstrap=plan.bootstrap,
        )


def details_of(plan: EvalPlan, losses: int) -> "DetailFinder | None":
    """The finder of the details that a plan asks for; None without any."""
    if not (plan.top or plan.distribution):
        return None
    from losscli.evaluation.details import DetailFinder

    return DetailFinder(losses, plan.top, distribution=plan.distribution)


evaluate = public("evaluate", EvalPlan, run_evaluation)


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
        return compare(source, losses, backend, engine, ci=float(plan.ci), nan=plan.nan)


def bound_losses(plan: EvalPlan) -> list[BoundLoss]:
    """The losses of a plan; raises UsageError where there is none, or none with the reduction."""
    losses = bind_losses(plan.loss, read_array, plan.like)
    if not losses and not plan.metric:
        raise _no_loss(plan)
    if (plan.top or plan.distribution) and not losses:
        flag = "--top" if plan.top else "--distribution"
        raise UsageError(f"{flag} needs a loss, whose rows it shows", hint="-l mse")
    for loss in losses:
        if loss.statistic and plan.reduction == "sum":
            raise UsageError(
                f"{loss.statistic} is a root of the mean: it has no sum", hint="-l mse has one"
            )
    return losses


def bound_metrics(plan: EvalPlan) -> "list[BoundMetric]":
    """The metrics of a plan; raises UsageError where a loss has the label of one."""
    from losscli.metrics.binding import bind_with_losses

    return bind_with_losses(plan.metric, bind(plan.loss, read_array, plan.like))


def read_files(plan: EvalPlan) -> tuple[Any, ...]:
    """The inputs, files among them, and the other files that are read."""
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    data = (plan.preds, plan.targets, plan.rows, plan.weights, plan.cluster)
    return *data, *by, plan.baseline, *files_of(plan.loss)


def _gates(plan: EvalPlan) -> "list[Gate]":
    from losscli.gates import parse, parse_bound

    return [
        *map(parse, plan.gate),
        *(parse_bound(text, "<=") for text in plan.max),
        *(parse_bound(text, ">=") for text in plan.min),
    ]


def _baseline(path: Path) -> Evaluation | str:
    """The saved evaluation, or the reason why there is none, for gates that need it."""
    from losscli.results.reader import load

    try:
        found = load(path)
    except DataError as error:
        return f"the baseline cannot be read: {error.message}"
    if isinstance(found, Evaluation):
        return found
    return f"the baseline is not an evaluation but losscli/{found.document_kind()}/1"


def _no_loss(plan: EvalPlan) -> UsageError:
    """The error that no loss is given, with the likeliest losses for the data, ready to paste."""
    from losscli.explanation.fitting import fitting

    names: list[str] = []
    with suppress(LossCliError), open_data(plan) as source:
        names = fitting(source)
    flags = " ".join(f"-l {name}" for name in names[:_PROPOSED])
    more = f"; {len(names) - _PROPOSED} more fit: see losscli list" if names[_PROPOSED:] else ""
    return UsageError(
        "no loss given",
        place=f"these fit the first rows: {flags}" if names else None,
        hint=f"give one or several: -l mse, or -l smooth_l1:beta=0.5{more}",
    )
