"""The gates of a config: conditions, and the references that `not_worse_than` names."""

import os
from collections.abc import Callable, Sequence

from losscli.config.model import Gate as GateModel
from losscli.config.plan import AnyGate, Step
from losscli.errors import UsageError
from losscli.gates import (
    CLAIMS,
    Gate,
    Margin,
    NotWorse,
    VerdictGate,
    parse_condition,
    resolve_label,
)
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.sources.roles import Reference


def gate_of_model(
    model: GateModel, run: str, step: Step | None, resolve: Callable[[str], str]
) -> AnyGate:
    """A gate of a run. step: that run, None where there is none. resolve: as of `_not_worse`.

    Raises UsageError for a gate that the run cannot have.
    """
    if model.not_worse_than is None:
        return _condition(model, run, step)
    if step is not None and step.kind != "eval":
        raise UsageError("not_worse_than is for evaluations", hint=f"{run} is not one: use expect:")
    return _not_worse(model, run, None if step is None else step.plan, resolve)


def _condition(model: GateModel, run: str, step: Step | None) -> Gate | VerdictGate:
    """A gate on a number, or of a comparison on a verdict that its test can give."""
    gate = parse_condition(model.expect or "", model.level or "fail", run)
    if isinstance(gate, Gate) or step is None or step.plan is None:
        return gate
    if step.kind != "compare":
        raise UsageError(
            f"the gate {gate.expr!r} is for comparisons",
            hint=f"{run} is not one: comparisons: holds them",
        )
    tests = CLAIMS[gate.claim].tests
    if step.plan.test not in tests:
        raise UsageError(
            f"the test {step.plan.test} of {run} never shows that a model is {gate.claim}",
            hint=f"test: {' or '.join(tests)}, with a margin",
        )
    return gate


def _not_worse(
    model: GateModel, run: str, plan: EvalPlan | None, resolve: Callable[[str], str]
) -> NotWorse:
    """The gate.

    plan: of the evaluation, None where there is none. resolve: the path of a file of the config.

    A label that the run does not have is kept as it is.

    Raises UsageError for an invalid margin, missing predictions, and a label that is missing or
    ambiguous.
    """
    wanted = model.not_worse_than
    assert wanted is not None
    pred = tuple(wanted.pred or ())
    if wanted.preds is None and not pred:
        raise UsageError(
            "not_worse_than names no predictions", hint="preds: FILE, or pred: COLUMN of the run's"
        )
    name = wanted.preds or ""
    if pred:
        name += f"[{','.join(pred)}]"
    margin, level = Margin.of(wanted.margin), model.level or "fail"
    if plan is None:
        return NotWorse(model.loss or "?", name, margin, level, run)
    if plan.models is not None:
        raise UsageError(
            "not_worse_than is for an evaluation of one model",
            hint="comparisons: holds comparisons of several",
        )
    path = os.fspath(plan.preds) if wanted.preds is None else resolve(wanted.preds)
    label = _label(model.loss, plan.loss)
    return NotWorse(label, name, margin, level, run, Reference(path, pred, tuple(plan.pred)))


def _label(name: str | None, losses: Sequence[BoundLoss]) -> str:
    """The label that a name means, or the only label; empty where no loss could be read."""
    labels = [loss.label for loss in losses]
    if name is None and len(labels) > 1:
        raise UsageError(
            f"not_worse_than is ambiguous: {' or '.join(labels)}", hint="add loss: LABEL"
        )
    names = {loss.label: loss.loss.name for loss in losses}
    label = resolve_label(name or "".join(labels), names, "not_worse_than")
    for loss in losses:
        if loss.label == label and loss.statistic:
            raise UsageError(
                f"{loss.statistic} is a root of a mean: it has no rows to pair",
                hint=f"{loss.loss.name} has, among the losses of the run",
            )
    return label
