"""Evaluations of two arrays with few options, prepared once for many calls."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.backends.arrays import as_array, is_frame
from losscli.backends.backend import choose
from losscli.commands.request import bound_losses, bound_metrics
from losscli.errors import LossCliError
from losscli.evaluation.arrays import ArrayEvaluation
from losscli.evaluation.data import open_data, takes_targets
from losscli.evaluation.rows import by_positions
from losscli.losses.core.bound import Bound
from losscli.losses.spec.binding import files_of
from losscli.plans.evaluate import EvalPlan
from losscli.results.documents.eval import Evaluation

# Those whose values say all: they name no file, and ask for nothing but the losses.
_SPECS = {"loss", "metric"}
_OPTIONS = _SPECS | {"reduction", "ci", "nan", "like", "dtype", "threads"}


def of_arrays(args: tuple[Any, ...], given: dict[str, Any]) -> Evaluation | None:
    """The result of a call of `evaluate` with two arrays, tensors or columns of numbers.

    None for other calls, and where there is an error to raise.
    """
    if len(args) != 2 or not given.keys() <= _OPTIONS:
        return None
    for name in _SPECS & given.keys():
        if type(given[name]) is list:
            given = given | {name: tuple(given[name])}
        if type(given[name]) is not str and not _are_texts(given[name]):
            return None  # it may be a function of the caller, which must not be kept
    try:
        preds, targets = map(_as_array, args, ("preds", "targets"))
        if preds is None or targets is None or not (preds.ndim and targets.ndim):
            return None
        rows = preds.shape[1:], targets.shape[1:]
        found = _prepared(preds.dtype, targets.dtype, *rows, **given)
        return None if found is None else found(preds, targets)
    except (TypeError, LossCliError):  # an option that is not hashable; an error to raise
        return None


def _are_texts(given: Any) -> bool:
    return type(given) is tuple and all(type(each) is str for each in given)


def _as_array(values: Any, role: str) -> NDArray[Any] | None:
    """An array, or the numbers of a tensor or of a column; None for anything else.

    Raises DataError where they do not hold numbers.
    """
    if type(values) is np.ndarray:
        return values
    kind = type(values)  # a pandas object would search its rows for names that it lacks
    column = hasattr(kind, "to_numpy") and (hasattr(kind, "dtype") or not is_frame(values))
    return as_array(values, role) if column or hasattr(kind, "detach") else None


@lru_cache(256, typed=True)
def _prepared(
    pred: np.dtype[Any],
    target: np.dtype[Any],
    pred_row: tuple[int, ...],
    target_row: tuple[int, ...],
    **given: Any,
) -> ArrayEvaluation | None:
    """The evaluation of arrays of these types and row shapes; None where it takes more than that.

    Raises LossCliError for options that are not valid.
    """
    if pred.kind not in "fiub" or target.kind not in "fiub":
        return None
    if any(files_of(given.get(name, ())) for name in _SPECS):  # they may change between calls
        return None
    plan = EvalPlan(np.zeros((1, *pred_row), pred), np.zeros((1, *target_row), target), **given)
    losses, metrics = bound_losses(plan), bound_metrics(plan) if plan.metric else ()
    if any(loss.code for loss in losses):
        return None
    bound: list[Bound] = [*losses, *metrics]
    with open_data(plan, targeted=takes_targets(bound, plan), losses=bound) as opened:
        if len(opened.roles) != 2 or by_positions(opened, bound) is not opened:
            return None
        backend = choose(plan.backend, plan.device, plan.dtype)
        return ArrayEvaluation(plan, opened, losses, metrics, backend)
