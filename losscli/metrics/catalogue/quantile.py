"""A quantile of the losses of the rows."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.accumulators.quantiles import Quantiles
from losscli.losses.declare import REAL, Interval, Param
from losscli.metrics.core.estimate import Estimate
from losscli.metrics.core.metric import Array
from losscli.metrics.core.nested import LOSS, NestedMetric, row_losses
from losscli.stats.distributions import normal_critical

_FEWEST = 5  # rows beyond the quantile, from which the interval covers its level


def _terms(pred: Array, target: Array | None, **params: Any) -> Floats:
    """The smallest loss of a row with at least a share q of the rows at or below it.

    pred and target are as for the loss, whose parameters are given too.

    >>> quantile([1.0, 2.0, 5.0], [0.0, 0.0, 0.0], loss="mae", q=0.5)
    2.0
    """
    return row_losses(pred, target, params)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Quantile(NestedMetric):
    def state_of(
        self,
        terms: Any,
        rows: int,
        weight: Floats | None,
        design: Design | None = None,
    ) -> Quantiles:
        if design is not None and design.frequency and weight is not None:
            return Quantiles.of(np.repeat(terms[:rows], weight.astype(np.intp)), None)
        return Quantiles.of(terms[:rows], weight)

    def estimate(self, state: Any, params: Any) -> Estimate:
        if not state.rows:
            return Estimate(math.nan, None, 0)
        level = Fraction(repr(params["q"]))  # as typed: 0.9 is 9/10
        # The order statistics one standard error of the share away (Woodruff, 1952).
        half = _error_of_share(state, level)
        low, value, high = state.quantiles([level - half, level, level + half])
        stderr = (high - low) / 2 if state.rows > 1 and math.isfinite(high - low) else None
        return Estimate(value, stderr, state.rows)

    def interval(
        self,
        found: Estimate,  # noqa: ARG002
        state: Any,
        params: Any,
        level: float,
    ) -> tuple[float, float]:
        """The order statistics between which the quantile lies (Woodruff, 1952)."""
        share = Fraction(repr(params["q"]))
        half = Fraction(normal_critical(level) * _error_of_share(state, share))
        low, high = state.quantiles([share - half, share + half])
        return low, high

    def caution(self, state: Any, params: Any) -> tuple[str, str] | None:
        share = Fraction(repr(params["q"]))
        beyond = state.effective_rows() * float(min(share, 1 - share))
        if beyond >= _FEWEST:
            return None
        side = "above" if share > Fraction(1, 2) else "below"
        words = f"{beyond:.3g} rows lie {side} it"
        return words, f"a quantile nearer to 0.5, or {_FEWEST} rows {side} it"


def _error_of_share(state: Quantiles, share: Fraction) -> float:
    """The standard error of the share of rows below the quantile."""
    return math.sqrt(share * (1 - share) / state.effective_rows())


def _reference(pred: Any, target: Any, weight: Any, **params: Any) -> float:
    from losscli import losses

    loss = getattr(losses, params["loss"])
    given = {key: value for key, value in params.items() if key not in ("loss", "q")}
    arrays = (np.array(column, np.float64) for column in (pred, target))
    below, level = Fraction(0), Fraction(repr(params["q"])) * sum(weight)
    for value, w in sorted(zip(loss(*arrays, **given).tolist(), weight, strict=True)):
        below += w
        if below >= level:
            return float(value)
    return math.nan


quantile = _Quantile(
    name="quantile",
    aliases=("percentile",),
    family="distribution",
    formula="min {x: share of rows with loss <= x is at least q}",
    latex=r"\inf \{x : F_N(x) \ge q\}",
    source="Hyndman and Fan, Sample quantiles in statistical packages, 1996, definition 1",
    pred=REAL,
    target=REAL,
    params=(LOSS, Param("q", 0.5, Interval(0.0, 1.0, "()"), "the share of rows below")),
    terms=_terms,
    value=_terms,
    reference=_reference,
    higher_is_better=False,
    memory="8 bytes a row up to 4,194,304 rows, then bins; 16 bytes a row with weights",
    use="the typical row or the bad ones matter, and the mean hides them",
    avoid="rare rows beyond the quantile matter: --max or the mean",
    equivalents={"numpy": "np.quantile(loss, q, method='inverted_cdf', weights=weight)"},
    pitfalls=(
        "Beyond 4,194,304 rows losses are counted in bins of 16 binary digits: the quantile has a "
        "relative error of at most 2^-17. With weights all rows are kept.",
        "It is one of the losses, not interpolated between two.",
        "-l quantile is another name of the pinball loss.",
    ),
)
