"""Brier score of probabilities of one of two labels."""

from losscli.losses.catalogue.regression.mse import mse
from losscli.losses.declare import (
    BINARY,
    PROBABILITY,
    SOFT_LABEL,
    Array,
    Convention,
    Loss,
    Namespace,
)


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The squared difference of a probability and the outcome.

    pred lies in [0, 1]; target is 0 or 1, or a share in [0, 1]; both have the same shape, (N,) or
    (N, D), as has the result.

    >>> brier([0.75, 0.5], [1, 0]).tolist()
    [0.0625, 0.25]
    """
    error = pred - target
    return error * error


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """2 (p - t): at most 2 in size, so that no row dominates the mean."""
    return 2.0 * (pred - target)


brier = Loss(
    name="brier",
    aliases=("brier_score",),
    family="classification",
    formula="(p - t)²",
    latex=r"(p - t)^2",
    source="Brier, Verification of forecasts expressed in terms of probability, 1950",
    values=_values,
    derivative=_derivative,
    reference=mse.reference,
    pred=PROBABILITY,
    target=SOFT_LABEL,
    flops=2,
    use="probabilities are evaluated, and one confident mistake must not dominate the mean",
    avoid="rare events: a constant prediction of 0 scores nearly as well as a good one",
    equivalents={
        "sklearn": "metrics.brier_score_loss(target, pred, pos_label=1)  # of (N,)",
    },
    like={"sklearn": Convention(target=BINARY, alone="it reads them as probabilities of classes")},
    pitfalls=("Brier's own score adds both classes and is twice this.",),
)
