"""A check of a user's declaration: its derivative against the slope of its reference formula."""

from collections.abc import Iterator

import numpy as np

from losscli.checks.cases import Case
from losscli.checks.precision import Floats
from losscli.checks.row import check_row
from losscli.checks.truth import known_truth
from losscli.results.documents.check import CheckRow

_TOLERANCE = 1e-9  # relative: float64 formulas lose some digits, an incorrect one is far off


def declared_slopes(case: Case) -> Iterator[CheckRow]:
    """A row, if the case is small enough for true values."""
    work = case.workload
    if not case.gradient:
        return
    arrays = tuple(a if a.dtype.kind in "iu" else a.astype(np.float64) for a in case.arrays)
    truth = known_truth(work, arrays)
    if truth is None or truth.low is None or truth.high is None:
        return
    outputs = arrays[0][0].size if work.loss.elementwise else 1
    target = arrays[1] if len(arrays) > 1 else None
    with np.errstate(all="ignore"):
        slopes = np.asarray(work.loss.derivative(np, arrays[0], target, **work.params)) / outputs
    fault = _fault(slopes, truth.low, truth.high)
    yield check_row(f"slopes, {case.name}", work.shape, fault, "mpmath", both=True)


def _fault(slopes: Floats, low: Floats, high: Floats) -> str:
    """The fault of slopes that should lie between two others; where those are NaN, any will do."""
    if slopes.shape != low.shape:
        return f"its derivative has the shape {slopes.shape}, its predictions {low.shape}"
    with np.errstate(all="ignore"):
        allowed = _TOLERANCE * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
        inside = (slopes >= low - allowed) & (slopes <= high + allowed)
        incorrect = ~(inside | (slopes == low) | (slopes == high)) & ~np.isnan(low)
    if not incorrect.any():
        return ""
    at = np.unravel_index(int(incorrect.argmax()), incorrect.shape)
    return f"its derivative is {slopes[at] + 0.0:.6g}, its reference's slope is {high[at]:.6g}"
