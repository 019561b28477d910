"""Accurate slopes and ratios of predicted rates and observations."""

from typing import Any

from losscli.losses.core.domain import NON_NEGATIVE, REAL, Domain
from losscli.losses.core.loss import Array


def excess(rate: Array, target: Array) -> Array:
    """1 - target / rate, and 1 if both are 0.

    Next to rate = target, the plain form cancels.
    """
    empty = (rate == 0.0) & (target == 0.0)
    return ((rate - target) + empty) / (rate + empty)


def domains_of_rate(*, log_input: bool, **_: Any) -> tuple[Domain, Domain]:
    """The domains of a rate, or of its logarithm, and of counts."""
    return (REAL if log_input else NON_NEGATIVE), NON_NEGATIVE
