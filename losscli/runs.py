"""The public verbs: carry out a plan, with the files that it writes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.errors import LossCliError, UsageError
from losscli.evaluation import Evaluation, measure
from losscli.evaluation.measure import fit, no_progress
from losscli.losses.registry import every
from losscli.losses.spec import BoundLoss, bind
from losscli.machine import cores
from losscli.plans import EvalPlan, output_format
from losscli.render import error_text, text
from losscli.results import OutputFile, SampleFile
from losscli.sources.lane import Lane
from losscli.sources.source import Source, open_source


def evaluate(preds: Any, targets: Any = None, **flags: Any) -> Evaluation:
    """The losses of predictions against targets, exactly summed.

    preds, targets: paths of .npy or .csv files, NumPy arrays, lists, DataFrame columns or torch
    tensors, of N rows each; without targets, preds is a table that holds both.
    loss: specs as on the command line, such as "smooth_l1:beta=0.5" or ["mse", "mae"].
    flags: the fields of `losscli.plans.EvalPlan`, which are the long flags of `losscli eval`.

    Raises UsageError, DataError or MissingError, each with what, where and mend.

    >>> evaluate([0.5, 3.0], [0.0, 0.0], loss="smooth_l1").value
    1.3125
    """
    return carry_out(EvalPlan(preds, targets, **flags))


def carry_out(plan: EvalPlan, progress: Callable[[float], None] = no_progress) -> Evaluation:
    """Evaluate as planned; progress is told the share of the data that is done."""
    losses = bind(plan.loss)
    if not losses:
        raise _no_loss(plan)
    for loss in losses:
        if loss.statistic and plan.reduction == "sum":
            raise UsageError(
                f"{loss.statistic} is a root of the mean: it has no sum", hint="-l mse has one"
            )
    backend = choose(plan.backend, plan.device, plan.dtype)
    with _outputs(plan) as publish, ExitStack() as stack:
        samples = None
        if plan.per_sample is not None:
            samples = SampleFile(plan.per_sample, [loss.label for loss in losses])
            stack.callback(samples.discard)
        source = stack.enter_context(_opened(plan))
        result = measure(
            source,
            losses,
            backend,
            LocalEngine(_threads(plan, backend.device, source)),
            reduction=plan.reduction,
            ci=float(plan.ci),
            nan=plan.nan,
            digest=plan.digest or "json" in map(output_format, plan.output),
            samples=samples,
            progress=progress,
        )
        if samples is not None:
            samples.commit()
        publish(result)
    return result


@contextmanager
def _outputs(plan: EvalPlan) -> Iterator[Callable[[Evaluation], None]]:
    """Files that hold the result, or the error that stood in its way, in the end."""
    with ExitStack() as stack:
        files = [(stack.enter_context(OutputFile(p)), output_format(p)) for p in plan.output]

        def write(words: Callable[[str], str]) -> None:
            for file, form in files:
                file.write(words(form).encode())
                file.commit()

        try:
            yield lambda result: write(lambda form: text(result, form))
        except LossCliError as error:
            if error.exit_code != 2:
                failure = error
                write(lambda form: error_text(failure, form))
            raise


@contextmanager
def _opened(plan: EvalPlan) -> Iterator[Source]:
    source = open_source(
        plan.preds,
        plan.targets,
        pred=plan.pred,
        target=plan.target,
        ids=plan.id,
        weights=plan.weights,
        header=plan.header,
    )
    try:
        yield source
    finally:
        source.close()


def _threads(plan: EvalPlan, device: str, source: Source) -> int:
    """As many as were asked for; one where more could only wait for each other."""
    if device != "cpu" or (source.rows is not None and source.rows * _width(source) < 100_000):
        return 1
    return plan.threads or cores()


def _width(source: Source) -> int:
    return max(field.width for _, field in source.roles.values())


def _no_loss(plan: EvalPlan) -> UsageError:
    """The losses that fit these shapes and ranges, ready to paste."""
    with _opened(plan) as source:
        cut = next(source.blocks(1000))
        block = cut.load(Lane())
        fitting = [
            loss.name
            for loss in every()
            if _fits(source, BoundLoss(loss, loss.resolve({}), loss.name), block.arrays)
        ]
    flags = " ".join(f"-l {name}" for name in fitting)
    return UsageError(
        "no loss was asked for",
        place=f"these fit the first rows: {flags}" if fitting else "none fits these shapes",
        hint="name one or several: -l mse, or -l smooth_l1:beta=0.5",
    )


def _fits(source: Source, loss: BoundLoss, arrays: Any) -> bool:
    try:
        layout = fit(source, [loss])
    except LossCliError:
        return False
    shaped = {role: arrays[role].reshape(-1, *row) for role, row in layout.items()}
    classes = None if loss.loss.elementwise else layout["preds"][0]
    pred, target = loss.loss.pred, loss.loss.target
    return (
        pred.offenders(shaped["preds"], classes, None).outside is None
        and target.offenders(shaped["targets"], classes, None).outside is None
    )
