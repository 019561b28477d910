"""Domains of probabilities: single ones, rows that sum to 1, and their logarithms."""

import numpy as np
from numpy.typing import NDArray

from losscli.backends.rowwise import ROWWISE
from losscli.losses.core.domain import Finding, Interval, Numbers, Raw


class Simplex(Numbers):
    """Numbers >= 0 that sum to 1 along the last axis; other sums give a note."""

    def marks(self, raw: Raw) -> frozenset[str]:
        """A mark if the sum of a row is off by more than 1e-6 plus the rounding of its type."""
        if raw.ndim < 2 or not raw.size:
            return frozenset()
        eps = np.finfo(raw.dtype).eps if raw.dtype.kind == "f" else 0.0
        with np.errstate(all="ignore"):
            off = np.abs(_row_sums(raw) - 1.0)
        return frozenset({"off"}) if (off > 1e-6 + raw.shape[-1] * eps).any() else frozenset()

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """A note: rows are not normalised."""
        words = "rows do not sum to 1; they are used as they are"
        return Finding(words, "not_normalised") if marks else None


class LogProbabilities(Numbers):
    """Logarithms of probabilities; those above 0 are used as they are, with a note."""

    def surely_valid(self, raw: Raw) -> bool:
        """True if no number is above 0; a nan would be the maximum."""
        return not raw.size or bool(raw.max() <= 0)

    def marks(self, raw: Raw) -> frozenset[str]:
        """A mark if a number is above 0."""
        return frozenset({"above"}) if (raw > 0).any() else frozenset()

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """A note: from rounding, or from probabilities in their place."""
        words = "log-probabilities above 0; they are used as they are"
        return Finding(words, "not_normalised", self.hint) if marks else None


PROBABILITY = Numbers(
    "probabilities in [0, 1]", "if these are logits: -l bce_with_logits", Interval(0.0, 1.0)
)
SIMPLEX = Simplex("probabilities >= 0 a class", "", Interval(0.0, ends="[)"))
LOG_PROBABILITY = LogProbabilities(
    "log-probabilities <= 0",
    "are they probabilities? take their logarithms",
    Interval(ends="[)"),
    usual=Interval(high=0.0),
)


def looks_like_probabilities(rows: Raw) -> bool:
    """True if every value is in [0, 1], and every row of a matrix sums to 1."""
    if rows.dtype.kind != "f" or not rows.size:
        return False
    head = rows[:16]  # this recognises most logits
    return _plausible(head) and _plausible(rows)


def _plausible(rows: Raw) -> bool:
    if not (rows.min() >= 0 and rows.max() <= 1):
        return False
    if rows.ndim == 1:
        return True
    slack = 1e-6 + rows.shape[1] * float(np.finfo(rows.dtype).eps)
    return bool((np.abs(_row_sums(rows) - 1.0) <= slack).all())


def _row_sums(rows: Raw) -> NDArray[np.float64]:
    return np.asarray(ROWWISE.sum(np.asarray(rows, np.float64), axis=-1))
