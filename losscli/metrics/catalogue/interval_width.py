"""The mean width of predicted intervals."""

from typing import Any

from losscli.losses.declare import INTERVAL, REAL, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import difference
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array) -> Terms:  # noqa: ARG001
    """The mean of the upper less the lower ends.

    pred are intervals (N, 2), the lower end first, of the unit of the result; target (N,) is not
    used.

    >>> interval_width([[0.0, 1.0], [2.0, 4.0]], [1.0, 5.0])
    1.5
    """
    return Terms({"width": difference(pred[:, 1], pred[:, 0])})


def _value(means: Means) -> Dual:
    return means["width"]


def _reference(pred: Any, target: Any, weight: Any) -> float:  # noqa: ARG001
    widths = sum(w * (high - low) for (low, high), w in zip(pred, weight, strict=True))
    return float(widths / sum(weight))


interval_width = Metric(
    name="interval_width",
    aliases=("sharpness", "mpiw"),
    family="interval",
    formula="the mean of high - low",
    latex=r"\frac{1}{N} \sum_i (u_i - l_i)",
    source="Gneiting, Balabdaoui and Raftery, Probabilistic forecasts, JRSS B 69, 2007",
    pred=INTERVAL,
    target=REAL,
    rows_of=shapes.TWO,
    columns=("width",),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=False,
    use="intervals of the right coverage are compared",
    avoid="their coverage is unknown: narrow intervals may miss the targets",
    equivalents={"numpy": "np.average(pred[:, 1] - pred[:, 0], weights=weight)"},
    pitfalls=("Alone it rewards intervals that are too narrow: see coverage, interval_score.",),
)
