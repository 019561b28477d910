"""The Brier score and its parts: reliability, resolution, uncertainty."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.losses.declare import HARD_LABEL, PROBABILITY
from losscli.metrics.core.calibration import BINS, uniform_bins
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.exact import squared_difference
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual, total


def _terms(pred: Array, target: Array, *, bins: int) -> Terms:
    """The Brier score; its parts stand in a table of the result.

    pred are probabilities of class 1 (N,), target labels of {0, 1} or {-1, 1}, (N,). The score is
    reliability - resolution + uncertainty + within, where within is the spread inside of bins.

    >>> brier_decomposition([0.5, 0.5], [0, 1])
    0.25
    """
    label = np.asarray(target > 0, np.float64)
    errors = squared_difference(pred, label)
    return Terms({"p": pred, "y": label, "error": errors}, uniform_bins(pred, bins))


def _value(means: Means, **_: Any) -> Dual:
    return total([means.of(each, "error") for each in means.cells])


def _parts(means: Means, **_: Any) -> Mapping[str, Dual]:
    bins = [(means.share(each), means.of(each, "p"), means.of(each, "y")) for each in means.cells]
    positive = total([y for _, _, y in bins])
    reliability = total([(p - y) ** 2 / share for share, p, y in bins])
    resolution = total([y**2 / share for share, _, y in bins]) - positive**2
    uncertainty = positive - positive**2
    return {
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "within": _value(means) - reliability + resolution - uncertainty,
    }


def _reference(pred: Any, target: Any, weight: Any, *, bins: int) -> float:  # noqa: ARG001
    rows = zip(pred, target, weight, strict=True)
    return float(sum(w * (p - Fraction(t > 0)) ** 2 for p, t, w in rows) / sum(weight))


brier_decomposition = Metric(
    name="brier_decomposition",
    aliases=("murphy_decomposition",),
    family="calibration",
    formula="reliability - resolution + uncertainty + within",
    latex=r"\sum_b \frac{n_b}{N} (\bar p_b - \bar y_b)^2 - \sum_b \frac{n_b}{N} "
    r"(\bar y_b - \bar y)^2 + \bar y (1 - \bar y) + \mathrm{within}",
    source="Murphy, J. Appl. Meteorol. 12, 1973; Stephenson et al., Weather Forecast. 23, 2008",
    pred=PROBABILITY,
    target=HARD_LABEL,
    rows_of=SCALARS,
    columns=("p", "y", "error"),
    params=(BINS._replace(default=10),),
    terms=_terms,
    value=_value,
    table=_parts,
    reference=_reference,
    higher_is_better=False,
    use="a Brier score is to be split into calibration and discrimination",
    avoid="only the score counts: -l brier",
    equivalents={"sklearn": "metrics.brier_score_loss(target, pred, sample_weight=weight)"},
    pitfalls=(
        "Reliability is better when lower, resolution when higher; uncertainty is of the targets.",
        "Reliability and resolution depend on the bins and are biased upwards in small ones.",
    ),
)
