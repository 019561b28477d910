"""`evaluate`: the losses of predictions against targets.

>>> evaluate([0.5, 3.0], [0.0, 0.0], loss="smooth_l1").value
1.3125
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from losscli.backends.backend import choose
from losscli.engines.local import choose_engine
from losscli.errors import DataError, LossCliError, UsageError
from losscli.evaluation.data import open_data, takes_targets
from losscli.evaluation.measure import measure, no_progress
from losscli.losses.spec.binding import BoundLoss, bind, files_of
from losscli.plans.evaluate import EvalPlan
from losscli.plans.functions import public
from losscli.render.files import attach_result, kept, outputs
from losscli.render.formats import of_path
from losscli.results.documents.eval import Evaluation
from losscli.results.samples import SampleFile
from losscli.sources.opening import Reference, read_array

if TYPE_CHECKING:
    from losscli.comparison.difference import Comparison
    from losscli.gates import Gate

_PROPOSED = 8  # losses that are proposed where none is given


def run_evaluation(plan: EvalPlan, progress: Callable[[float], None] = no_progress) -> Evaluation:
    """The losses of predictions against targets, exactly summed.

    preds, targets: paths, NumPy arrays, lists, DataFrame columns or torch tensors, of N rows each;
    without targets, preds is a table or a DataFrame that holds both.
    loss: specs as on the command line, such as "smooth_l1:beta=0.5" or ["mse", "mae"].

    Raises UsageError, DataError or MissingError.
    """
    writers: list[Callable[[Evaluation], None]] = []
    with ExitStack() as stack:
        if plan.output or plan.per_sample is not None:
            files = outputs(plan.output, (plan.per_sample,), _read_files(plan))
            writers.append(stack.enter_context(files))
        losses, gates, baseline = _bound(plan), _gates(plan), _baseline(plan)
        saved_as_json = plan.save or "json" in map(of_path, plan.output)
        digest = bool(plan.digest or plan.baseline or saved_as_json)
        backend = choose(plan.backend, plan.device, plan.dtype)
        samples = place = None
        if plan.per_sample is not None:
            samples = SampleFile(plan.per_sample, [loss.label for loss in losses], digest=digest)
            stack.callback(samples.discard)
        if plan.save:
            from losscli.results.store import SavedRun

            place = stack.enter_context(SavedRun(plan.results, "eval", datetime.now(UTC), "eval"))
            writers.append(stack.enter_context(kept(place)))
        source = stack.enter_context(open_data(plan, targeted=takes_targets(losses)))
        result = measure(
            source,
            losses,
            backend,
            choose_engine(backend, source, plan.threads),
            reduction=plan.reduction,
            ci=float(plan.ci),
            nan=plan.nan,
            digest=digest,
            samples=samples,
            progress=progress,
            like=plan.like,
        )
        if gates:
            from losscli.evaluation.gates import gated

            result = gated(result, gates, plan.allow_note, baseline)
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


evaluate = public("evaluate", EvalPlan, run_evaluation)


def run_comparison(plan: EvalPlan, reference: Reference, labels: Collection[str]) -> "Comparison":
    """The predictions of a plan against others of the same rows, in the losses of some labels.

    Raises what an evaluation of either does.
    """
    from losscli.comparison.measure import compare

    losses = [loss for loss in _bound(plan) if loss.label in labels]
    backend = choose(plan.backend, plan.device, plan.dtype)
    with open_data(plan, reference) as source:
        engine = choose_engine(backend, source, plan.threads)
        return compare(source, losses, backend, engine, ci=float(plan.ci), nan=plan.nan)


def _bound(plan: EvalPlan) -> list[BoundLoss]:
    """The losses of a plan; raises UsageError where there is none, or none with the reduction."""
    losses = bind(plan.loss, read_array, plan.like)
    if not losses:
        raise _no_loss(plan)
    for loss in losses:
        if loss.statistic and plan.reduction == "sum":
            raise UsageError(
                f"{loss.statistic} is a root of the mean: it has no sum", hint="-l mse has one"
            )
    return losses


def _read_files(plan: EvalPlan) -> tuple[Any, ...]:
    """The inputs, files among them, and the other files that are read."""
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    return plan.preds, plan.targets, plan.weights, *by, plan.baseline, *files_of(plan.loss)


def _gates(plan: EvalPlan) -> "list[Gate]":
    if not (plan.gate or plan.max or plan.min):
        return []
    from losscli.gates import parse, parse_bound

    return [
        *map(parse, plan.gate),
        *(parse_bound(text, "<=") for text in plan.max),
        *(parse_bound(text, ">=") for text in plan.min),
    ]


def _baseline(plan: EvalPlan) -> Evaluation | str:
    """The saved evaluation, or the reason why there is none, for gates that need it."""
    if plan.baseline is None:
        return "no --baseline was named"
    from losscli.results.reader import load

    try:
        found = load(plan.baseline)
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
