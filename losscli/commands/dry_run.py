"""Dry runs: the data that would be read; `run --print-config`: the value of each flag."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from losscli.commands.models import open_models
from losscli.config.layers import SECTIONS, Value
from losscli.config.model import FLAGS
from losscli.config.plan import RunPlan, Step
from losscli.config.planner import plans_of
from losscli.errors import LossCliError, first_code
from losscli.evaluation.data import open_data
from losscli.evaluation.layout import row_layout
from losscli.gates import GateResult, exit_code
from losscli.losses.spec.user_code import user_code_unread
from losscli.plans.evaluate import EvalPlan
from losscli.plans.run import RunCommand
from losscli.results.documents.plan import PlanListing, PlannedInput, PlannedStep
from losscli.results.documents.settings import Setting, SettingsListing
from losscli.sources.roles import REFERENCE
from losscli.sources.source import Source
from losscli.sources.table import BLOCK

# Bytes a second on a small machine: a loss of arrays, and reading text before it.
_ARRAYS, _TEXT = 1.0e9, 2.0e8
_PROGRAM = 60 << 20  # bytes of the interpreter with NumPy
_BUFFERS = 3  # of a block, for each thread
_WHOLE = ("baseline", "on_undecided", "gates", "outputs")


def describe(request: RunCommand) -> PlanListing | SettingsListing:
    """Describe a run, or the value of each of its flags; users' code is not imported."""
    with user_code_unread():
        plans = plans_of(request.config, request.set, request.only)
        return outline(plans, data=request.data) if request.dry_run else settings(plans[0])


def outline(plans: Sequence[RunPlan], *, data: bool = True) -> PlanListing:
    """Describe the data and the likely time of each run; only headers are read.

    A gate on an unknown run or loss is a problem already, with exit code 1.
    data: True to read headers, which must exist.
    """
    found = [_outline_of(plan.path, step, data=data) for plan in plans for step in plan.steps]
    lost = tuple(gate for plan in plans for gate in _lost(plan, several=len(plans) > 1))
    code: Any = first_code([exit_code(lost), *(code for _, code in found)])
    gates = sum(len(step.gates) for plan in plans for step in plan.steps)
    return PlanListing(
        rows=tuple(row for row, _ in found),
        gates=lost,
        notes=tuple(note for plan in plans for note in plan.notes),
        gate_count=gates + sum(len(plan.stray) for plan in plans),
        exit_code=code,
    )


def _lost(plan: RunPlan, *, several: bool) -> Iterator[GateResult]:
    """The gates on unknown runs and losses, which are errors whatever the data."""
    for gate in (*plan.strays(), *plan.unlabelled()):
        yield gate.replace(run=f"{plan.path}: {gate.run}") if several else gate


def _outline_of(path: str, step: Step, *, data: bool) -> tuple[PlannedStep, int]:
    """A run as it is planned, and the exit code of an error in its headers."""
    statistics = (*step.plan.loss, *getattr(step.plan, "metric", ()))  # benchmarks have losses only
    found = PlannedStep(
        config=path,
        run=step.name,
        kind=step.kind,
        losses=tuple(getattr(each, "label", each) for each in statistics),
        gates=tuple(gate.expr for gate in step.gates),
    )
    if step.kind == "bench":
        return found.replace(seconds=float(step.plan.time)), 0
    if not data:
        return found, 0
    try:
        with _opened(step) as source:
            seconds = _seconds(source, len(found.losses))
            if all(table.rows is not None for table in source.tables):
                next(source.blocks())  # cuts of arrays are made of their headers
            found = found.replace(rows=source.rows, bytes=source.size, seconds=seconds)
    except LossCliError as error:
        return found.replace(problem=error.message), error.exit_code
    try:
        for gate in step.pairs:
            with open_data(step.plan, (gate.reference,)) as source:
                seconds += 2 * source.size / _ARRAYS
                found = found.replace(seconds=seconds)
    except LossCliError as error:  # its gates are errors, and the run is not
        return found.replace(problem=f"{gate.expr}: {error.message}"), 1
    return found, 0


def _opened(step: Step) -> AbstractContextManager[Source]:
    """The data of a step, of which the headers are read."""
    if step.kind == "compare":
        return open_models(step.plan)
    return open_data(step.plan)


def describe_evaluation(plan: EvalPlan) -> PlanListing:
    """Describe the data that an evaluation would read, their alignment, the likely time and memory.

    Only headers are read. Raises what the evaluation raises for its flags and headers.
    """
    from losscli.backends.machine import cores
    from losscli.metrics.binding import bind_with_losses
    from losscli.metrics.losses import bind_losses
    from losscli.sources.opener import read_array

    losses: list[Any] = bind_losses(plan.loss, read_array, plan.like) if plan.loss else []
    losses += bind_with_losses(plan.metric, losses) if plan.metric else []
    count = max(1, len(losses)) * len(plan.models or ("",))
    with open_data(plan, losses=losses) as source:
        if losses:
            row_layout(source, losses)
        threads = plan.threads or cores()
        joined = sum(t.size for t in source.tables[1:]) if plan.id else 0
        step = PlannedStep(
            config="",
            run=source.table("preds").path,
            kind="eval",
            losses=tuple(loss.label for loss in losses),
            rows=source.rows,
            bytes=source.size,
            seconds=_seconds(source, count),
            inputs=tuple(_planned_inputs(source)),
            alignment=_pairing(source, plan.id),
            memory=_PROGRAM + threads * _BUFFERS * 8 * BLOCK + joined,
        )
    return PlanListing(rows=(step,))


def _seconds(source: Source, losses: int) -> float:
    """The likely time of so many losses of a source."""
    text = sum(table.size for table in source.tables if table.format == "csv")
    return source.size / _ARRAYS * losses + text / _TEXT


def _planned_inputs(source: Source) -> Iterator[PlannedInput]:
    for role, (table, field) in source.roles.items():
        yield PlannedInput(
            role="preds" if role.startswith(REFERENCE) else role,
            path=table.path,
            format=table.format,
            columns=field.columns,
            shape=field.row,
            dtype=field.dtype,
            bytes=table.size,
        )


def _pairing(source: Source, ids: Sequence[str]) -> str:
    """How the rows of the tables are paired, in words."""
    if len(source.tables) == 1:
        return "as they stand in one table"
    return f"by the ids {', '.join(ids)}" if ids else "by position"


def settings(plan: RunPlan) -> SettingsListing:
    """Each value and its origin: `--set`, an environment variable, a line, or built in."""
    found: dict[str, Value] = {}
    for step in plan.steps:
        start = f"{SECTIONS[step.kind]}.{step.name}."
        found |= {key: value for key, value in plan.values.items() if key.startswith(start)}
        found |= _built_in(step, start, plan.values)
    found |= {key: value for key, value in plan.values.items() if key.split(".")[0] in _WHOLE}
    found.setdefault("on_undecided", Value(plan.on_undecided, "built in"))
    rows = [
        Setting(key, list(value) if isinstance(value, tuple) else value, origin)
        for key, (value, origin) in found.items()
    ]
    return SettingsListing(rows=tuple(rows), notes=plan.notes)


def _built_in(step: Step, start: str, known: Mapping[str, Value]) -> dict[str, Value]:
    model: Any = FLAGS[step.kind]
    keys = {name: f"{start}{field.alias or name}" for name, field in model.model_fields.items()}
    return {
        key: Value(getattr(step.plan, name), "built in")
        for name, key in keys.items()
        if key not in known
    }
