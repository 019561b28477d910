"""Domains of probabilities: single ones, rows that sum to 1, and their logarithms."""

from typing import Any

import numpy as np

from losscli.backends.rowwise import ROWWISE
from losscli.losses.core.domain import Finding, Interval, Numbers, Raw


class Simplex(Numbers):
    """Numbers >= 0 that sum to 1 along the last axis; other sums give a note."""

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """Rows whose sum is off by more than 1e-6 plus the rounding of their type."""
        if x.ndim < 2:
            return {}
        return {"off": xp.abs(_row_sums(xp, x) - 1.0) > _slack(x.shape[-1], spacing)}

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """A note: rows are not normalised."""
        words = "rows do not sum to 1; they are used as they are"
        return Finding(words, "not_normalised") if marks else None


class LogProbabilities(Numbers):
    """Logarithms of probabilities; those above 0 are used as they are, with a note."""

    def surely_valid(self, raw: Raw) -> bool:
        """True if no number is above 0; a nan would be the maximum."""
        return not raw.size or bool(raw.max() <= 0)

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """Numbers above 0."""
        return {"above": x > 0}

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
    slack = _slack(rows.shape[1], float(np.finfo(rows.dtype).eps))
    return bool((np.abs(_row_sums(ROWWISE, rows) - 1.0) <= slack).all())


def _row_sums(xp: Any, rows: Any) -> Any:
    return xp.sum(xp.asarray(rows, dtype=xp.float64), axis=-1)


def _slack(columns: int, spacing: float) -> float:
    """The difference from 1 that the rounding of a row may give its sum."""
    return 1e-6 + columns * spacing
