"""The sum of the absolute weights."""

from typing import Any

import numpy as np

from losscli.losses.penalty._penalty import Floats, Penalty, exact_sum


def _values(weights: Floats) -> float:
    """The sum of the absolute values, not their mean; the exact sum, rounded once.

    >>> l1_penalty([[1.0, -2.0], [0.0, 0.5]])
    3.5
    """
    return exact_sum(np.abs(weights))


def _derivative(weights: Floats) -> Floats:
    """The sign of each weight, 0 at 0."""
    return np.sign(weights)


def _reference(mp: Any, weights: Any) -> Any:
    return mp.fsum(mp.fabs(w) for w in weights)


l1_penalty = Penalty(
    name="l1_penalty",
    symbol="l1",
    formula="Σ |w|",
    latex=r"\sum_i |w_i|",
    source="Tibshirani, Regression shrinkage and selection via the lasso, JRSS B 58, 1996",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    use="few weights should differ from 0",
    avoid="weights are correlated: it keeps one of a group and drops the others",
    equivalents={
        "torch": "w.abs().sum()",
        "keras": "regularizers.L1(λ)(w) / λ",
        "sklearn": "linear_model.Lasso(alpha)  # added to half the mse",
    },
    pitfalls=(
        "Lasso's data term is mse / 2: its α is half the weight of the penalty next to mse here.",
    ),
)
