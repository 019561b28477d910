"""The data of an evaluation, opened as its plan says."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from losscli.backends.arrays import is_frame
from losscli.errors import UsageError
from losscli.losses.core.bound import Bound, columns_of
from losscli.losses.core.domain import Domain, Numbers
from losscli.losses.core.labels import Choice, IntegerLabels, Labels
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.plans.flags import bytes_of, declarations, listed
from losscli.sources.opening import array_source, open_source, with_references
from losscli.sources.options import ClassLabels, Effort, ReadOptions
from losscli.sources.roles import MissingColumnsError, Reference
from losscli.sources.source import Source

_OPTIONS = frozenset(ReadOptions._fields)
_DEFAULT = ReadOptions()
_OF_DATA = frozenset(
    each.name
    for each in declarations(EvalPlan)
    if "data" in each.flag.config.split() and not each.flag.positional
)


def open_data(
    plan: EvalPlan,
    references: Sequence[Reference] = (),
    *,
    targeted: bool | None = None,
    losses: Sequence[Bound] | None = None,
) -> AbstractContextManager[Source]:
    """A context with the data of an evaluation, of which the headers are read.

    Of several models, the first one's predictions are `preds`, and those of the others references.
    references: other predictions of the same rows. targeted: True if there are targets, which some
    losses do not take; None: as the losses of the plan say, where they are bound. losses: those of
    the plan, and its metrics, which say how labels are read and name columns; None: as far as the
    plan has them bound.
    """
    if isinstance(plan.preds, Source):  # its owner closes it
        return nullcontext(with_references(plan.preds, references) if references else plan.preds)
    if losses is None:
        given = (*listed(plan.loss), *listed(plan.metric))
        losses = [each for each in given if hasattr(each, "declared")]
    if targeted is None:
        code = any(isinstance(loss, BoundLoss) and loss.code for loss in losses)
        named = plan.targets is not None or bool(plan.target)
        targeted = takes_targets(losses) and (named or not code)
    if targeted and not references and _are_plain_arrays(plan) and not columns_of(tuple(losses)):
        return array_source(plan.preds, plan.targets)
    plan = _with_batches(plan, targeted=targeted)
    if plan.models is not None:
        first, *others = plan.models
        references = [*(Reference(plan.preds, columns) for columns in others), *references]
        plan = replace(plan, pred=first, models=None)
    try:
        return _opened(plan, references, losses, targeted=targeted)
    except MissingColumnsError as error:
        error.hint = _likely_command(plan, error)
        raise


def _are_plain_arrays(plan: EvalPlan) -> bool:
    """True for predictions and targets in NumPy arrays of numbers, and no flag of data."""
    for array in (plan.preds, plan.targets):
        if type(array) is not np.ndarray or array.dtype.kind not in "fiub":
            return False
    return vars(plan).keys().isdisjoint(_OF_DATA)


def _opened(
    plan: EvalPlan,
    references: Sequence[Reference],
    losses: Sequence[Bound],
    *,
    targeted: bool,
) -> Source:
    return open_source(
        plan.preds,
        plan.targets,
        targeted=targeted,
        pred=plan.pred,
        target=plan.target,
        ids=plan.id,
        weights=plan.weights,
        cluster=plan.cluster,
        by=_groups(plan),
        options=_read_options(plan),
        references=references,
        unmatched=plan.unmatched,
        rows=plan.rows,
        effort=Effort(plan.threads, bytes_of(plan, "memory")),
        labels=_class_labels(plan, losses),
        columns=columns_of(tuple(losses)),
    )


def _groups(plan: EvalPlan) -> Any:
    """The keys of groups; those of a column's bins are made of the column."""
    by = plan.by
    if not any(isinstance(thing, str) and ":" in thing for thing in by):
        return by
    from losscli.evaluation.bins import with_bins

    return with_bins(by, plan.preds, _read_options(plan))


def _with_batches(plan: EvalPlan, *, targeted: bool) -> EvalPlan:
    """The plan with a table in the place of an iterator of blocks or of a list of batches."""
    if hasattr(plan.preds, "__next__") and not is_frame(plan.preds):
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


def _likely_command(plan: EvalPlan, error: MissingColumnsError) -> str:
    """The hint of an error of missing columns: the likely flags, of a file the whole command."""
    if not error.names:
        return error.hint
    from losscli.sources.proposals import propose

    found = propose(error.names)
    pred = plan.pred or found.pred or ["COLUMN"]
    target = plan.target or found.target or ["COLUMN"]
    words = ["--pred", ",".join(pred), "--target", ",".join(target)]
    if not isinstance(plan.preds, str | os.PathLike):
        named = (("pred", pred), ("target", target))  # Python: only there are data not in files
        return ", ".join(f"{name}={_literal(list(columns))}" for name, columns in named)
    words = ["losscli", "eval", os.fspath(plan.preds), *words]
    losses = [plan.loss] if isinstance(plan.loss, str) else plan.loss
    for loss in losses if isinstance(losses, list | tuple) else ():
        words += ["-l", loss if isinstance(loss, str) else getattr(loss, "words", str(loss))]
    return " ".join(map(_quoted, words))


def _literal(columns: list[str]) -> str:
    from json import dumps

    return dumps(columns if len(columns) > 1 else columns[0], ensure_ascii=False)


def _quoted(text: str) -> str:
    """A word as a shell reads it; names that need no quotes stay as they are."""
    from shlex import quote

    return quote(text)


def _class_labels(plan: EvalPlan, losses: Sequence[Bound]) -> ClassLabels | None:
    """How class labels are read; None where a loss takes other numbers than labels.

    Raises UsageError for labels that were named without a loss that takes any.
    """
    takes = [_labels_taken(loss) for loss in losses]
    if takes and all(takes):
        return ClassLabels(tuple(plan.classes), plan.positive, frozenset().union(*takes))
    if takes and (plan.classes or plan.positive is not None):
        other = next(loss.label for loss, each in zip(losses, takes, strict=True) if not each)
        flag = "--classes" if plan.classes else "--positive"
        raise UsageError(f"{flag} names class labels, which {other} does not take")
    return None


@lru_cache(256)  # by identity: losses of the catalogue are bound once
def _labels_taken(bound: Bound) -> frozenset[str]:
    """The kinds of class labels that a loss or one of its variants takes, for `ClassLabels`."""
    domains = [domain for role, domain in bound.roles if role == "targets"]
    if isinstance(bound, BoundLoss):
        variants = (variant.target for variant in bound.loss.known_variants)
        domains += [domain for domain in variants if domain is not None]
    return frozenset(map(_kind_of_labels, domains)) - {""}


def _kind_of_labels(domain: Domain) -> str:
    if isinstance(domain, IntegerLabels):
        return "any"
    if isinstance(domain, Labels):
        return "classes"
    two = isinstance(domain, Choice) or (isinstance(domain, Numbers) and domain.often)
    return "two" if two else ""


def takes_targets(losses: Sequence[Bound], plan: EvalPlan | None = None) -> bool:
    """True if any of the losses takes targets; without losses they are expected.

    plan: one that names no targets leaves them out where each loss has a variant without.
    """
    named = plan is None or plan.targets is not None or bool(plan.target)
    for loss in losses:
        alone = not named and loss.declared.accepts((), None)
        if loss.declared.rows_of.targeted and not alone:
            return True
    return not losses
