"""The expected calibration error."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Any

from losscli.accumulators.cells import CellSums
from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.losses.declare import HARD_LABEL, INDICES, PROBABILITY, SIMPLEX, Param, shapes
from losscli.metrics.core.calibration import BINS, confidences, quantile_bins, uniform_bins
from losscli.metrics.core.estimate import Estimate, Means, Table, estimate
from losscli.metrics.core.kept import KeptRows, kept
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.predicted import SCALARS
from losscli.stats.dual import Dual, absolute, total

_BIASED = 0.6  # standard errors of bias, up to which intervals cover 93 % in simulations


def _terms(pred: Array, target: Array, *, bins: int, strategy: str) -> Any:
    """The mean distance of confidence and accuracy over bins of the confidence.

    pred are probabilities of class 1 (N,) and target labels of {0, 1} or {-1, 1}; or pred are
    probabilities (N, C), of which the largest is the confidence, and target class indices (N,).

    >>> ece([0.25, 0.75, 0.75, 0.75], [0, 1, 1, 0], bins=2).__round__(6)
    0.125
    """
    confidence, hit = confidences(pred, target)
    if strategy == "quantile":
        return confidence, hit
    return Terms({"conf": confidence, "hit": hit}, uniform_bins(confidence, bins))


def _value(means: Means, **_: Any) -> Dual:
    gaps = [absolute(means.of(each, "conf") - means.of(each, "hit")) for each in means.cells]
    return total(gaps)


def _table(means: Means, **_: Any) -> Table:
    """The points of the reliability diagram: the bins that have rows, numbered from 1."""
    rows = {}
    bins: list[Any] = means.cells  # their numbers, from 0
    for each in sorted(bins):
        share = means.share(each).value
        if share:
            pair = (float(means.of(each, name).value / share) for name in ("conf", "hit"))
            rows[str(each + 1)] = (*pair, float(share * means.weight))
    return Table("bin", ("confidence", "accuracy", "rows"), rows)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Ece(Metric):
    """Bins of equal width are summed as they come; those of equal mass need all rows."""

    def state_of(
        self, terms: Any, rows: int, weight: Floats | None, design: Design | None = None
    ) -> Any:
        if isinstance(terms, Terms):
            return Metric.state_of(self, terms, rows, weight, design)
        return kept(terms, rows, weight, design)

    def estimate(self, state: Any, params: Any) -> Estimate:
        return estimate(_value, _sums(state, params), self.columns, _table)

    def caution(self, state: Any, params: Any) -> tuple[str, str] | None:
        found = estimate(_value, _sums(state, params), self.columns, _gaps)
        gaps = found.table.rows.values() if found.table else ()
        chance = sum(_upwards(gap, error) for gap, error in gaps)
        if not found.stderr or chance <= _BIASED * found.stderr:
            return None
        return f"chance raises it by about {chance:.2g}", "more rows, fewer bins, or brier"


def _sums(state: Any, params: Any) -> CellSums:
    """The sums of the bins of all rows."""
    if not isinstance(state, KeptRows):
        return state  # type: ignore[no-any-return]
    if not state.blocks:
        return CellSums()
    confidence, hit, weight = state.columns()
    given = weight if weight.size else None
    bins = quantile_bins(confidence, given, params["bins"])
    return CellSums.of(len(hit), [confidence, hit], given, bins)


def _gaps(means: Means) -> dict[str, Dual]:
    """The distance of each bin, which sum up to the metric."""
    pairs = [(each, means.of(each, "conf") - means.of(each, "hit")) for each in means.cells]
    return {str(each): absolute(gap) for each, gap in pairs}


def _upwards(gap: float, error: float) -> float:
    """E|x| - |m| of a normal x of mean m, where m² is estimated by gap² - error²."""
    if not error > 0:
        return 0.0
    t = math.sqrt(max(0.0, (gap / error) ** 2 - 1.0))
    density = math.exp(-0.5 * t * t) / math.sqrt(2.0 * math.pi)
    return 2.0 * error * (density - t * 0.5 * math.erfc(t / math.sqrt(2.0)))


def _reference(pred: Any, target: Any, weight: Any, *, bins: int, strategy: str) -> float:
    rows = []
    for p, t, w in zip(pred, target, weight, strict=True):
        confidence = max(p) if isinstance(p, list) else p
        hit = p.index(confidence) == t if isinstance(p, list) else t > 0
        rows.append((confidence, Fraction(hit), w))
    edges = _edges(rows, bins, strategy)

    def place(row: Any) -> int:
        return sum(row[0] > edge for edge in edges)

    gap = Fraction(0)
    for _, inside in groupby(sorted(rows, key=place), key=place):
        gap += abs(sum(w * (c - h) for c, h, w in inside))
    return float(gap / sum(weight))


def _edges(rows: Any, bins: int, strategy: str) -> list[Any]:
    if strategy == "uniform":
        return [Fraction(k / bins) for k in range(1, bins)]
    whole = sum(w for *_, w in rows)
    found = []
    for k in range(1, bins):
        below = Fraction(0)
        for confidence, _, w in sorted(rows, key=lambda row: row[0]):
            below += w
            if below * bins >= k * whole:
                found.append(confidence)
                break
    return found


_of_one = _Ece(
    name="ece",
    aliases=("calibration_error", "expected_calibration_error"),
    family="calibration",
    formula="Σ_b (share of bin b) |mean confidence of b - accuracy of b|",
    latex=r"\sum_b \frac{n_b}{N} \left| \mathrm{conf}_b - \mathrm{acc}_b \right|",
    source="Guo et al., On calibration of modern neural networks, ICML 2017, section 2",
    pred=PROBABILITY,
    target=HARD_LABEL,
    rows_of=SCALARS,
    columns=("conf", "hit"),
    params=(
        BINS,
        Param(
            "strategy",
            "uniform",
            meaning="uniform: bins of equal width; quantile: of equal weight",
            kind="word",
            words=("uniform", "quantile"),
        ),
    ),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=False,
    memory="16 bytes a row with strategy=quantile, 24 with weights",
    use="probabilities are read as such, and one number is to say how far they are off",
    avoid="models are compared: it is biased, and coarse; brier or log_loss are proper",
    equivalents={
        "numpy": "sum(abs(np.sum(w * (c - h))) for k in range(bins) for c, h, w in [(lambda m: "
        "(pred[m], target[m], weight[m]))(np.searchsorted(np.arange(1, bins) / bins, pred) == k)]"
        ") / np.sum(weight)"
    },
    pitfalls=(
        "It is biased upwards: of calibrated probabilities it is about √(2 bins / (π N)) times the "
        "mean of √(p (1 - p)), not 0; the interval does not correct that.",
        "A bin is (low, high]; its edges are k/bins, or quantiles of the confidence.",
        "Of (N, C) only the largest probability counts.",
    ),
)
_of_classes = replace(_of_one, pred=SIMPLEX, target=INDICES, rows_of=shapes.LABELLED)
ece = replace(_of_one, variants=(_of_classes,))
