"""Coverage, the share of targets inside predicted intervals."""

from typing import Any

import numpy as np

from losscli.losses.declare import INTERVAL, REAL, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array) -> Terms:
    """The share of targets inside their interval, ends included.

    pred are intervals (N, 2), the lower end first; target is (N,), of the same unit.

    >>> coverage([[0.0, 1.0], [2.0, 4.0]], [1.0, 5.0])
    0.5
    """
    hit = (pred[:, 0] <= target) & (target <= pred[:, 1])
    return Terms({"hit": np.asarray(hit, np.float64)})


def _value(means: Means) -> Dual:
    return means["hit"]


def _reference(pred: Any, target: Any, weight: Any) -> float:
    rows = zip(pred, target, weight, strict=True)
    return float(sum(w for (low, high), t, w in rows if low <= t <= high) / sum(weight))


coverage = Metric(
    name="coverage",
    aliases=("interval_coverage", "picp"),
    family="interval",
    formula="the share of rows with low <= target <= high",
    latex=r"\frac{1}{N} \sum_i \mathbf{1}[l_i \le y_i \le u_i]",
    source="Gneiting and Raftery, Strictly proper scoring rules, JASA 102, 2007, section 6.2",
    pred=INTERVAL,
    target=REAL,
    rows_of=shapes.TWO,
    columns=("hit",),
    terms=_terms,
    value=_value,
    reference=_reference,
    proportion=True,
    higher_is_better=None,
    use="predicted intervals should contain a known share of the targets",
    avoid="intervals are compared: wide ones always cover, see interval_score",
    equivalents={
        "numpy": "np.average((pred[:, 0] <= target) & (target <= pred[:, 1]), weights=weight)"
    },
    pitfalls=("The nominal level is best: intervals that cover more are too wide.",),
)
