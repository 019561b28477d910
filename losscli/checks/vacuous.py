"""Constant predictions that score as well as perfect ones."""

from dataclasses import replace
from typing import Any

import numpy as np

from losscli.checks.cases import row_of, steps
from losscli.checks.generators import edges
from losscli.checks.inputs import Arrays, InputGenerator, in_domain
from losscli.checks.precision import precision
from losscli.implementations.implementation import Workload

_ROWS = 200


def perfect_constant(first: Workload) -> str:
    """A constant prediction with a mean of 0 or less under a loss >= 0, in words; else empty."""
    loss, params = first.loss, first.params
    if not loss.rows_of.targeted:
        return ""  # a row holds its truth
    row = row_of(first, 3)
    workload = replace(first, shape=(_ROWS, *row))
    drawn = InputGenerator(workload, np.float64, 0).all()
    domain = loss.domains_of(params)[0]
    constants = edges(domain, row, steps(first, precision("float64")), loss.classes(row) or 0)
    candidates = [np.zeros(row), np.ones(row), *constants[:100]]
    with np.errstate(all="ignore"):
        if (loss.rows(np, *_pair(drawn), params) < 0).any():
            return ""
        for constant in candidates:
            pred = np.broadcast_to(constant, drawn[0].shape).copy()
            arrays = (pred, *drawn[1:])
            if not in_domain(workload, arrays).all():
                continue
            values = np.asarray(loss.rows(np, *_pair(arrays), params))
            if (values <= 0).all():
                shown = np.array2string(constant, precision=3, separator=", ").replace("\n", "")
                return f"predicting {shown} for every row scores {values.mean():.3g}"
    return ""


def _pair(arrays: Arrays) -> tuple[Any, Any]:
    return arrays[0], arrays[1] if len(arrays) > 1 else None
