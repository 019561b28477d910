"""The data of an evaluation, opened as its plan says."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from losscli.evaluation.layout import Bound
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.sources.opening import Reference, open_source, with_reference
from losscli.sources.options import ReadOptions
from losscli.sources.source import Source

_OPTIONS = frozenset(ReadOptions._fields)
_DEFAULT = ReadOptions()


def open_data(
    plan: EvalPlan, reference: Reference | None = None, *, targeted: bool | None = None
) -> AbstractContextManager[Source]:
    """A context with the data of an evaluation, of which the headers are read.

    reference: other predictions of the same rows. targeted: True if there are targets, which some
    losses do not take; None: as the losses of the plan say, where they are bound.
    """
    if isinstance(plan.preds, Source):  # its owner closes it
        return nullcontext(
            plan.preds if reference is None else with_reference(plan.preds, reference)
        )
    if targeted is None:
        losses = [loss for loss in plan.loss if isinstance(loss, BoundLoss)]
        named = plan.targets is not None or bool(plan.target)
        targeted = takes_targets(losses) and (named or not any(loss.code for loss in losses))
    plan = _with_batches(plan, targeted=targeted)
    return open_source(
        plan.preds,
        plan.targets,
        targeted=targeted,
        pred=plan.pred,
        target=plan.target,
        ids=plan.id,
        weights=plan.weights,
        by=plan.by,
        options=_read_options(plan),
        reference=reference,
        unmatched=plan.unmatched,
        threads=plan.threads,
    )


def _with_batches(plan: EvalPlan, *, targeted: bool) -> EvalPlan:
    """The plan with a table in the place of an iterator of blocks or of a list of batches."""
    if hasattr(plan.preds, "__next__"):
        from losscli.sources.batches import BlockStream

        stream = BlockStream(plan.preds, "preds")
        both = targeted and plan.targets is None
        weights = "weight" if "weight" in stream.names() else None
        return replace(
            plan,
            preds=stream,
            pred=("pred",),
            target=("target",) if both else plan.target,
            weights=weights if plan.weights is None else plan.weights,
        )
    if any(isinstance(each, list | tuple) for each in (plan.preds, plan.targets)):
        from losscli.sources.batches import join_batches

        preds, targets = join_batches(plan.preds, plan.targets)
        return replace(plan, preds=preds, targets=targets)
    return plan


def _read_options(plan: EvalPlan) -> ReadOptions:
    """The way tables are read: the flags of the same names."""
    given = _OPTIONS & vars(plan).keys()  # a plan holds the fields that were given
    return ReadOptions(**{name: getattr(plan, name) for name in given}) if given else _DEFAULT


def takes_targets(losses: Sequence[Bound]) -> bool:
    """True if any of the losses takes targets; without losses they are expected."""
    for loss in losses:
        if loss.declared.rows_of.targeted:
            return True
    return not losses
