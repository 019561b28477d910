"""The sum of the squared weights."""

from typing import Any

from losscli.losses.penalty._penalty import Floats, Penalty, exact_sum_of_squares


def _values(weights: Floats) -> float:
    """The sum of the squares: no root, no half, not their mean; within 1 ULP of the truth.

    >>> l2_penalty([[1.0, -2.0], [0.0, 0.5]])
    5.25
    """
    return exact_sum_of_squares(weights)


def _derivative(weights: Floats) -> Floats:
    """Twice each weight."""
    return 2.0 * weights


def _reference(mp: Any, weights: Any) -> Any:
    return mp.fsum(w**2 for w in weights)


l2_penalty = Penalty(
    name="l2_penalty",
    symbol="l2",
    formula="Σ w²",
    latex=r"\sum_i w_i^2",
    source="Hoerl and Kennard, Ridge regression, Technometrics 12, 1970",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    use="weights should stay small, all of them",
    avoid="some weights should be 0 exactly: l1 does that",
    equivalents={
        "torch": "w.square().sum()",
        "keras": "regularizers.L2(λ)(w) / λ",
        "sklearn": "linear_model.Ridge(alpha)  # added to a sum of squares",
    },
    pitfalls=(
        "Weight decay λ of torch and optax adds λw to the gradient: that of (λ / 2) Σ w², half as "
        "strong as λ here.",
        "Ridge's data term is a sum over rows: divide its α by N for mse.",
    ),
)
