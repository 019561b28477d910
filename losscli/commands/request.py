"""The parts of an evaluation that its plan makes, and the files that take its result."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from losscli.backends.backend import Backend, choose
from losscli.errors import DataError, LossCliError, UsageError
from losscli.evaluation.data import open_data
from losscli.losses.spec.binding import BoundLoss, bind, files_of
from losscli.metrics.losses import bind_losses
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import Path
from losscli.plans.spelling import command_line
from losscli.render.files import attach_result, kept, outputs
from losscli.render.formats import of_path
from losscli.results.documents.eval import Evaluation
from losscli.results.samples import SampleFile
from losscli.sources.files import shown
from losscli.sources.opener import read_array

if TYPE_CHECKING:
    from losscli.evaluation.details import DetailFinder
    from losscli.gates import Gate
    from losscli.metrics.binding import BoundMetric


_NO_BASELINE = "no --baseline was named"
_PROPOSED = 8  # losses that are proposed where none is given


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
        return cls(
            losses, metrics, gates, baseline, digest, choose(plan.backend, plan.device, plan.dtype)
        )


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


def typed(plan: Any, name: str) -> tuple[str, ...]:
    """The command that a plan is of, without the passwords and tokens of URLs."""
    return tuple(map(shown, command_line(plan, name)))


def details_of(plan: EvalPlan, losses: int) -> "DetailFinder | None":
    """The finder of the details that a plan asks for; None without any."""
    if not (plan.top or plan.distribution):
        return None
    from losscli.evaluation.details import DetailFinder

    return DetailFinder(losses, plan.top, distribution=plan.distribution)


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
