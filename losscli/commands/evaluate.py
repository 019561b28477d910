"""`evaluate`: the losses of predictions against targets."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from losscli.backends.backend import Backend, choose
from losscli.backends.heap import reuses_memory
from losscli.backends.machine import cores
from losscli.engines.engine import Engine
from losscli.engines.local import LocalEngine
from losscli.errors import DataError, LossCliError, MissingError, UsageError
from losscli.evaluation import Evaluation, measure
from losscli.evaluation.gates import gated
from losscli.evaluation.measure import no_progress
from losscli.gates import Gate, parse, parse_bound
from losscli.losses.spec.binding import BoundLoss, bind, files_of
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import check_flags
from losscli.render.files import attach_result, kept, outputs
from losscli.render.formats import of_path
from losscli.results.reader import load
from losscli.results.samples import SampleFile
from losscli.results.store import SavedRun
from losscli.sources.opening import open_source, with_reference
from losscli.sources.reference import Reference
from losscli.sources.source import Source
from losscli.sources.table import BLOCK
from losscli.sources.tables import read_array

if TYPE_CHECKING:
    from losscli.results.comparison import Comparison

_LIKELY = 8  # losses that are proposed where none is named
_SMALLEST_PIECE = 1 << 15  # bytes of text that are worth a thread


def evaluate(preds: Any, targets: Any = None, **flags: Any) -> Evaluation:
    """The losses of predictions against targets, exactly summed.

    preds, targets: paths of .npy or .csv files, NumPy arrays, lists, DataFrame columns or torch
    tensors, of N rows each; without targets, preds is a table that holds both.
    loss: specs as on the command line, such as "smooth_l1:beta=0.5" or ["mse", "mae"].
    flags: the fields of `losscli.plans.evaluate.EvalPlan`, the long flags of `losscli eval`.

    Raises UsageError, DataError or MissingError, each with what, where and mend.

    >>> evaluate([0.5, 3.0], [0.0, 0.0], loss="smooth_l1").value
    1.3125
    """
    check_flags(EvalPlan, flags)
    return run_evaluation(EvalPlan(preds, targets, **flags))


def run_evaluation(plan: EvalPlan, progress: Callable[[float], None] = no_progress) -> Evaluation:
    """Evaluate as planned; progress is told the share of the data that is done."""
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    inputs = (plan.preds, plan.targets, plan.weights, *by)
    read_files = (*inputs, plan.baseline, *files_of(plan.loss))
    with outputs(plan.output, (plan.per_sample,), read_files) as publish, ExitStack() as stack:
        losses, gates, baseline = _bound(plan), _gates(plan), _baseline(plan)
        kept_as_json = plan.save or "json" in map(of_path, plan.output)
        digest = bool(plan.digest or plan.baseline or kept_as_json)
        backend = choose(plan.backend, plan.device, plan.dtype)
        samples = None
        if plan.per_sample is not None:
            samples = SampleFile(plan.per_sample, [loss.label for loss in losses], digest=digest)
            stack.callback(samples.discard)
        place = stack.enter_context(_place(plan)) if plan.save else None
        keep = stack.enter_context(kept(place))
        source = stack.enter_context(opened(plan, targeted=_targeted(losses)))
        result = measure(
            source,
            losses,
            backend,
            _engine(plan, backend, source, samples),
            reduction=plan.reduction,
            ci=float(plan.ci),
            nan=plan.nan,
            digest=digest,
            samples=samples,
            progress=progress,
        )
        result = gated(result.replace(like=plan.like), gates, plan.allow_note, baseline)
        if samples is not None:
            samples.commit()
            result = result.replace(per_sample=samples.record)
        if place is not None:
            from losscli.results.repository import state

            result = result.replace(started=place.started, git=state(), saved=place.path)
        with attach_result(result.replace(saved=None)):
            publish(result)
            keep(result)
    return result


def _place(plan: EvalPlan) -> SavedRun:
    """Where the result is kept."""
    from datetime import UTC, datetime

    return SavedRun(plan.results, "eval", datetime.now(UTC), "eval")


def _bound(plan: EvalPlan) -> list[BoundLoss]:
    """The losses that are asked for; raises UsageError where there is none, or no such value."""
    losses = bind(plan.loss, read_array, plan.like)
    if not losses:
        raise _no_loss(plan)
    for loss in losses:
        if loss.statistic and plan.reduction == "sum":
            raise UsageError(
                f"{loss.statistic} is a root of the mean: it has no sum", hint="-l mse has one"
            )
    return losses


def _gates(plan: EvalPlan) -> list[Gate]:
    """The gates of the plan, in the order of its flags."""
    return [
        *map(parse, plan.gate),
        *(parse_bound(text, "<=") for text in plan.max),
        *(parse_bound(text, ">=") for text in plan.min),
    ]


def _baseline(plan: EvalPlan) -> Evaluation | str:
    """The saved evaluation, or why there is none: a gate that needs it is then an error."""
    if plan.baseline is None:
        return "no --baseline was named"
    try:
        found = load(plan.baseline)
    except DataError as error:
        return f"the baseline cannot be read: {error.message}"
    if isinstance(found, Evaluation):
        return found
    return f"the baseline is not an evaluation but losscli/{found.document_kind()}/1"


def run_comparison(
    plan: EvalPlan,
    reference: Reference,
    labels: Collection[str],
    progress: Callable[[float], None] = no_progress,
) -> "Comparison":
    """The predictions of a plan held against others of the same rows, in the losses of the labels.

    Raises what an evaluation of either does.
    """
    from losscli.comparison.measure import compare

    losses = [loss for loss in _bound(plan) if loss.label in labels]
    backend = choose(plan.backend, plan.device, plan.dtype)
    with opened(plan, reference) as source:
        engine = _engine(plan, backend, source, None)
        ci = float(plan.ci)
        return compare(source, losses, backend, engine, ci=ci, nan=plan.nan, progress=progress)


@contextmanager
def opened(
    plan: EvalPlan, reference: Reference | None = None, *, targeted: bool | None = None
) -> Iterator[Source]:
    """The data of an evaluation, its headers read; a context that closes it.

    reference: other predictions of the same rows. targeted: whether there are targets, which some
    losses do without; None asks the losses of the plan, where they are bound.
    """
    if isinstance(plan.preds, Source):  # whose owner closes it
        yield plan.preds if reference is None else with_reference(plan.preds, reference)
        return
    if targeted is None:
        targeted = _targeted([loss for loss in plan.loss if isinstance(loss, BoundLoss)])
    source = open_source(
        plan.preds,
        plan.targets,
        targeted=targeted,
        pred=plan.pred,
        target=plan.target,
        ids=plan.id,
        weights=plan.weights,
        by=plan.by,
        header=plan.header,
        reference=reference,
    )
    try:
        yield source
    finally:
        source.close()


def _targeted(losses: Sequence[BoundLoss]) -> bool:
    """Whether any of the losses takes targets; without losses they are expected."""
    return not losses or any(loss.loss.rows_of.targeted for loss in losses)


def _threads(plan: EvalPlan, device: str, source: Source) -> int:
    """As many as were asked for; one where more could only wait for each other."""
    wanted = plan.threads or cores()
    if device != "cpu":
        return 1
    if source.rows is None:  # a block is some megabytes of text, or less
        return min(wanted, 1 + source.size // _SMALLEST_PIECE)
    return min(wanted, -(-source.rows * source.width // BLOCK))


def _engine(plan: EvalPlan, backend: Backend, source: Source, samples: SampleFile | None) -> Engine:
    """Processes where they help and are safe, otherwise threads; no bit depends on which.

    Raises MissingError for an engine that is not there yet.
    """
    if plan.engine != "local":
        raise MissingError("the dask engine is not there yet", hint="--engine local")
    from losscli.engines.forked import ForkedEngine, can_fork

    threads = _threads(plan, backend.device, source)
    known = all(table.rows is not None for table in source.tables)  # so cuts are not read yet
    small = samples is None and backend.name == "numpy"  # results are few bytes a block
    if threads > 1 and known and small and reuses_memory() and can_fork():
        return ForkedEngine(threads)
    return LocalEngine(threads)


def _no_loss(plan: EvalPlan) -> UsageError:
    """The likeliest losses for these shapes and ranges, ready to paste."""
    names: list[str] = []
    with suppress(LossCliError):
        names = fitting(plan)
    flags = " ".join(f"-l {name}" for name in names[:_LIKELY])
    more = f"; {len(names) - _LIKELY} more fit: see losscli list" if names[_LIKELY:] else ""
    return UsageError(
        "no loss was asked for",
        place=f"these fit the first rows: {flags}" if names else None,
        hint=f"name one or several: -l mse, or -l smooth_l1:beta=0.5{more}",
    )


def fitting(plan: EvalPlan) -> list[str]:
    """The names of the losses that fit the first rows of a plan's data, the likely ones first.

    Raises LossCliError where the data cannot be read.
    """
    from losscli.explanation import fitting as explanation

    with opened(plan) as source:
        return explanation.fitting(source)
