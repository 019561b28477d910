"""The errors of the seasonal naive forecast of a training series, as a scale of errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.accumulators.cells import exact
from losscli.accumulators.exact import ExactSum
from losscli.backends.arrays import as_array
from losscli.errors import UsageError
from losscli.losses.declare import Interval, Param
from losscli.metrics.core.exact import difference, squared_difference
from losscli.metrics.core.metric import Metric

PARAMS = (
    Param("train", None, meaning="the training series in order, @FILE of one column", kind="any"),
    Param("season", 1, Interval(1.0, ends="[)"), "rows after which the series repeats", "whole"),
    Param("scale", None, Interval(0.0, ends="()"), "the scale itself, instead of train"),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class ScaledMetric(Metric):
    """A metric of errors over the naive errors of a training series."""

    def check_shapes(
        self, pred: Sequence[int], target: Sequence[int] | None, params: Mapping[str, Any]
    ) -> None:
        """Check the shapes, and that the scale is given once."""
        Metric.check_shapes(self, pred, target, params)
        if (params["train"] is None) == (params["scale"] is None):
            raise UsageError(
                f"{self.name} needs the training series, or the scale that it gives",
                hint=f"-m {self.name}:train=@train.npy,season=12 or -m {self.name}:scale=2.5",
            )
        if params["train"] is not None:
            series_of(params["train"], params["season"], self.name)


def series_of(train: Any, season: int, name: str) -> Any:
    """The training series as numbers; raises UsageError for one that is too short."""
    series = as_array(train, "train")
    if series.ndim == 2 and series.shape[1] == 1:
        series = series[:, 0]
    if series.ndim != 1 or len(series) <= season or not np.isfinite(series).all():
        raise UsageError(
            f"train of {name} is a series (N,) of finite numbers longer than a season of {season}; "
            f"it is {series.shape}"
        )
    return series.astype(np.float64)


def naive_scale(*, train: Any, season: int, scale: float | None, squared: bool) -> Fraction:
    """The mean absolute or squared error of the value a season before, exactly."""
    if scale is not None:
        return Fraction(scale) ** (2 if squared else 1)
    series = series_of(train, season, "the metric")
    if squared:
        parts = squared_difference(series[season:], series[:-season])
    else:
        high, low = difference(series[season:], series[:-season])
        sign = np.where(high < 0, -1.0, 1.0)
        parts = high * sign, low * sign
    total = sum((Fraction(exact(ExactSum.of(part))) for part in parts), Fraction(0))
    return total / (len(series) - season)


def reference_scale(params: Mapping[str, Any], power: int) -> Fraction:
    """The same, by the plain formula."""
    if params["scale"] is not None:
        return Fraction(params["scale"]) ** power
    series = [Fraction(float(x)) for x in np.asarray(params["train"])]
    season = params["season"]
    errors = [abs(b - a) ** power for a, b in zip(series, series[season:], strict=False)]
    return sum(errors, Fraction(0)) / len(errors)
