"""D², the share of a loss that predictions explain."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from losscli.accumulators.cells import Cells, CellSums, Column
from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.accumulators.quantiles import Quantiles
from losscli.losses.declare import REAL
from losscli.metrics.core.estimate import Estimate, Means, estimate
from losscli.metrics.core.exact import square, squared_difference
from losscli.metrics.core.kept import kept
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.metrics.core.nested import LOSS, NestedMetric, row_losses
from losscli.stats.dual import Dual, exp, log, total

Params = Mapping[str, Any]


def _terms(pred: Array, target: Array, **params: Any) -> Any:
    """1 - loss / loss of the best constant prediction: 1 is perfect, 0 as good as a constant.

    pred and target are as for the loss, whose parameters are given too.

    >>> d2([2.0, 3.0, 4.0], [2.0, 3.0, 5.0], loss="mae").__round__(6)
    0.666667
    """
    name = params["loss"]
    if name in ("mae", "pinball"):
        return row_losses(pred, target, params), target
    loss: Column = row_losses(pred, target, params)
    if name == "mse":
        loss = squared_difference(pred, target)
    if pred.ndim == 2:
        used, codes = np.unique(target, return_inverse=True)
        return Terms({"loss": loss}, Cells(codes, used.tolist()))
    columns = _columns(name)(target, params)
    return Terms({"loss": loss, "y": target, "f": columns})


def _columns(name: str) -> Callable[[Array, Params], Column]:
    """The column of targets, which gives the loss of the constant with their mean."""
    functions: dict[str, Callable[[Array, Params], Column]] = {
        "poisson_deviance": lambda y, _: y * np.log(np.where(y > 0, y, 1.0)),
        "gamma_deviance": lambda y, _: np.log(y),
        "tweedie_deviance": _tweedie_column,
    }
    return functions.get(name, lambda y, _: square(y))


def _tweedie_column(target: Array, params: Params) -> Column:
    power = params["power"]
    if power in (0, 1, 2):
        return _columns(("mse", "poisson_deviance", "gamma_deviance")[int(power)])(target, {})
    found: Column = target ** (2.0 - power)
    return found


def _constant_loss(means: Means, params: Params) -> Dual:
    """The mean loss of the best constant prediction, which is the mean target."""
    name, power = params["loss"], params.get("power")
    if means.cells and () not in means.cells:
        return -total([means.share(each) * log(means.share(each)) for each in means.cells])
    y, f = means["y"], means["f"]
    if name in ("bce", "categorical_cross_entropy"):
        return -_weighted_log(y) - _weighted_log(1 - y)
    if name == "poisson_deviance" or power == 1:
        return 2 * _gap(f, _weighted_log(y))
    if name == "gamma_deviance" or power == 2:
        return 2 * _gap(log(y), f)
    if power in (None, 0):
        return f - y**2
    exponent = 2 - Fraction(power)
    return 2 * _gap(f, exp(exponent * log(y))) / ((exponent - 1) * exponent)


def _gap(a: Dual, b: Dual) -> Dual:
    """The difference; nan where all its digits are lost, as targets do not vary."""
    scale = max(abs(float(a)), abs(float(b)))
    return a - b if abs(float(a) - float(b)) > scale * 2.0**-50 else Dual(math.nan)


def _weighted_log(x: Dual) -> Dual:
    """X log x, and 0 at 0."""
    return x * log(x) if x.value else x


def _value(means: Means, **params: Any) -> Dual:
    loss = total([means.of(each, "loss") for each in means.cells])
    return 1 - loss / _constant_loss(means, params)


@dataclass(frozen=True, eq=False, kw_only=True)
class _D2(NestedMetric):
    """Losses whose best constant is a quantile need all targets; the others sums of them."""

    def for_params(self, params: Params) -> Metric:
        found = NestedMetric.for_params(self, params)
        # Columns of quantiles have no single best constant.
        return replace(found, variants=()) if params["loss"] == "pinball" else found

    def state_of(
        self, terms: Any, rows: int, weight: Floats | None, design: Design | None = None
    ) -> Any:
        if not isinstance(terms, Terms):
            return kept(terms, rows, weight, design)
        return CellSums.of(rows, list(terms.columns.values()), weight, terms.cells, design)

    def estimate(self, state: Any, params: Params) -> Estimate:
        if isinstance(state, CellSums):
            return estimate(lambda means: _value(means, **params), state, ("loss", "y", "f"))
        if not state.blocks:
            return Estimate(math.nan, None, 0)
        loss, target, weights = state.columns()
        weight = weights if weights.size else None
        constant = self._constant(target, weight, params)
        sums = CellSums.of(len(loss), [loss, constant], weight)
        return estimate(lambda means: 1 - means["loss"] / means["constant"], sums, _BOTH)

    def _constant(self, target: Floats, weight: Floats | None, params: Params) -> Floats:
        """The losses of the constant prediction, a quantile of the targets."""
        level = Fraction(repr(params.get("quantile", 0.5)))
        (best,) = Quantiles(((target, weight),), len(target)).quantiles([level])
        return row_losses(np.full_like(target, best), target, params)


_BOTH = ("loss", "constant")


def _reference(pred: Any, target: Any, weight: Any, **params: Any) -> float:
    from losscli import losses

    loss = getattr(losses, params["loss"])
    given = {key: value for key, value in params.items() if key != "loss"}
    y, w = (np.array([float(x) for x in column]) for column in (target, weight))
    p = np.array([[float(x) for x in np.atleast_1d(row)] for row in pred])
    if p.shape[1] == 1:
        p = p[:, 0]
    if loss.name in ("mae", "pinball"):
        constant: Any = min(
            y, key=lambda c: float(np.sum(w * loss(np.full_like(y, c), y, **given)))
        )
        null = np.full_like(y, constant)
    elif p.ndim == 2:
        null = np.broadcast_to([np.sum(w[y == c]) / np.sum(w) for c in range(p.shape[1])], p.shape)
    else:
        null = np.full_like(y, np.sum(w * y) / np.sum(w))
    labels = y.astype(np.int64) if p.ndim == 2 else y
    worst = float(np.sum(w * loss(null, labels, **given)))
    return 1 - float(np.sum(w * loss(p, labels, **given))) / worst if worst else math.nan


d2 = _D2(
    name="d2",
    aliases=("d2_score", "skill_score"),
    family="regression",
    formula="1 - mean loss / mean loss of the best constant prediction",
    latex=r"1 - \frac{\sum_i L(\hat y_i, y_i)}{\min_c \sum_i L(c, y_i)}",
    source="Hastie, Tibshirani and Wainwright, Statistical learning with sparsity, 2015, eq. 3.11",
    pred=REAL,
    target=REAL,
    losses=(
        "mse",
        "mae",
        "pinball",
        "poisson_deviance",
        "gamma_deviance",
        "tweedie_deviance",
        "bce",
        "categorical_cross_entropy",
        "brier",
    ),
    params=(LOSS,),
    terms=_terms,
    value=_value,
    reference=_reference,
    higher_is_better=True,
    undefined="a constant prediction is perfect",
    memory="16 bytes a row for mae and pinball, 24 with weights",
    use="a loss is set against that of a constant prediction, without a unit",
    avoid="sets of different spread are compared: the same loss gives another D²",
    equivalents={
        "sklearn": "metrics.d2_tweedie_score(target, pred, power=0, sample_weight=weight)"
        "  # of loss=tweedie_deviance; d2_pinball_score, d2_log_loss_score, d2_brier_score"
    },
    pitfalls=(
        "d2:loss=mse is r2. log_loss of one probability a row is bce.",
        "The constant of pinball and mae is the quantile that is one of the targets, which is the "
        "best one; scikit-learn interpolates.",
        "Of deviances and log losses digits are lost where targets hardly vary.",
    ),
)
