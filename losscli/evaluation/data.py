"""The data of an evaluation, opened as its plan says."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.backends.arrays import as_array
from losscli.errors import DataError, UsageError
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan
from losscli.sources.opening import Reference, open_source, with_reference
from losscli.sources.options import ReadOptions
from losscli.sources.source import Source


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
    plan = _with_arrays(plan, targeted=targeted)
    return open_source(
        plan.preds,
        plan.targets,
        targeted=targeted,
        pred=plan.pred,
        target=plan.target,
        ids=plan.id,
        weights=plan.weights,
        by=plan.by,
        options=ReadOptions(plan.header),
        reference=reference,
    )


def takes_targets(losses: Sequence[BoundLoss]) -> bool:
    """True if any of the losses takes targets; without losses they are expected."""
    return not losses or any(loss.loss.rows_of.targeted for loss in losses)


class _Frame:
    """The columns of a DataFrame by name; `name` is what messages call it."""

    def __init__(self, table: Any, name: str) -> None:
        if not hasattr(table, "__getitem__"):
            import pyarrow as pa

            table = pa.table(table)
        keys = getattr(table, "column_names", None) or table.columns
        self._table, self.name = table, name
        self._keys = {str(key): key for key in keys}

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self._keys)

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def column(self, name: str) -> Any:
        """A column as the DataFrame has it; raises DataError where there is none."""
        if name not in self._keys:
            raise DataError(
                f"{self.name} has no column {name!r}",
                place=f"the columns are {', '.join(map(repr, self._keys))}",
            )
        return self._table[self._keys[name]]

    def array(self, names: Sequence[str]) -> Any:
        """The numbers of a column, (N,), or of several, (N, K)."""
        if len(names) == 1:
            return self.column(names[0])
        return np.column_stack([as_array(self.column(name), name) for name in names])


def _is_frame(thing: Any) -> bool:
    """True for an object with named columns, rather than an array or a path."""
    if isinstance(thing, np.ndarray | str | None):  # the most frequent by far
        return False
    return hasattr(thing, "columns") or hasattr(thing, "column_names") or (
        hasattr(thing, "__arrow_c_stream__") and not hasattr(thing, "__len__")
    )  # fmt: skip


def _with_arrays(plan: EvalPlan, *, targeted: bool) -> EvalPlan:
    """The plan with the named columns of DataFrames in the place of their names.

    Raises UsageError without the columns of both, DataError for a column that does not exist, and
    for ids that differ.
    """
    preds = _Frame(plan.preds, "preds") if _is_frame(plan.preds) else None
    targets = _Frame(plan.targets, "targets") if _is_frame(plan.targets) else None
    if preds is None and targets is None:
        return plan
    if preds is not None and targeted and plan.targets is None and not (plan.pred and plan.target):
        raise UsageError(
            "one DataFrame for both needs the columns of both",
            place=f"the columns are {', '.join(preds.names)}",
            hint='pred="COLUMN", target="COLUMN"',
        )
    frames = [frame for frame in (preds, targets) if frame is not None]
    both = len(frames) == 2
    if both:
        _check_ids(frames, plan.id)
    found: dict[str, Any] = {"id": () if both or plan.targets is None else plan.id}
    if preds is not None and plan.pred:
        found |= {"preds": preds.array(plan.pred), "pred": ()}
    if plan.target and (both or plan.targets is None or targets is not None):
        found |= {"targets": frames[-1].array(plan.target), "target": ()}
    by = plan.by.items() if isinstance(plan.by, Mapping) else [(str(k), k) for k in plan.by]
    if any(isinstance(name, str) for _, name in by):
        found["by"] = {key: _column(frames, name) for key, name in by}
    return replace(plan, weights=_column(frames, plan.weights), **found)


def _column(frames: Sequence[_Frame], name: Any) -> Any:
    """The first column of a name; whatever is not the name of a column as it is."""
    found = (frame for frame in frames if isinstance(name, str) and name in frame)
    frame = next(found, None)
    return name if frame is None else frame.column(name)


def _check_ids(frames: Sequence[_Frame], names: Sequence[str]) -> None:
    """Raise DataError where the ids of two DataFrames differ."""
    for name in names:
        ours, theirs = (np.asarray(frame.column(name)) for frame in frames)
        if not np.array_equal(ours, theirs):
            raise DataError(
                f"the ids {name!r} of preds and targets differ",
                hint="sort both by id: rows are paired by position",
            )
