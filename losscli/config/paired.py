"""A gate `not_worse_than` of a config, made from its model and the run that it is of."""

import os
from collections.abc import Callable, Sequence

from losscli.config.model import Gate as GateModel
from losscli.errors import UsageError
from losscli.gates import Margin, NotWorse, resolve_label
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.sources.opening import Reference


def not_worse(
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
