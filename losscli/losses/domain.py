"""What predictions and targets may be, checked once, outside the loss.

A check takes a block as it was read and returns which of its rows offend; it knows neither files
nor what is done about them.
"""

import math
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Raw: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]


class Interval(NamedTuple):
    """A range of real numbers; an end belongs to it where its bracket is square."""

    low: float = -math.inf
    high: float = math.inf
    ends: Literal["[]", "[)", "(]", "()"] = "[]"

    def holds(self, x: Any) -> Any:
        """Where x lies in the range; nan lies in none."""
        above = x >= self.low if self.ends[0] == "[" else x > self.low
        return above & (x <= self.high if self.ends[1] == "]" else x < self.high)

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"{'>=' if self.ends[0] == '[' else '>'} {self.low:g}"
        return f"in {self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"


class Offenders(NamedTuple):
    """The offending entries of a block, as masks of its shape; None where there are none.

    missing: nan, and infinities where the loss takes finite numbers: the `--nan` policy decides.
    outside: numbers that the loss cannot take, whatever the policy.
    """

    missing: Mask | None = None
    outside: Mask | None = None


def rows_with(mask: Mask) -> Mask:
    """The rows of a block in which any entry is marked."""
    return np.asarray(mask.reshape(len(mask), -1).any(axis=1))


class Domain(Protocol):
    """A set of values with a name, and what to do about a value outside it."""

    @property
    def words(self) -> str:
        """How a message names them."""

    @property
    def hint(self) -> str:
        """What a person may have meant."""

    @property
    def bounded(self) -> bool:
        """Whether some finite number lies outside."""

    def fault(self, value: float, classes: int | None, /) -> str:
        """Why a value does not belong, to follow the value in a message."""

    def offenders(self, raw: Raw, classes: int | None, spared: int | None, /) -> Offenders:
        """The entries that do not belong; `classes` and `spared` as for `Labels`."""


class Numbers(NamedTuple):
    """Real numbers in an interval. words: how a message names them."""

    words: str
    interval: Interval
    hint: str = ""

    @property
    def bounded(self) -> bool:
        """Whether the interval has an end."""
        return not (math.isinf(self.interval.low) and math.isinf(self.interval.high))

    def offenders(self, raw: Raw, *_: int | None) -> Offenders:
        """The entries that are nan or outside the interval."""
        if not raw.size or (
            bool(self.interval.holds(raw.min())) and bool(self.interval.holds(raw.max()))
        ):
            return Offenders()
        missing = np.isnan(raw)
        if not self.bounded:
            missing |= ~self.interval.holds(raw)
        outside = ~self.interval.holds(raw) & ~missing
        return Offenders(_or_none(missing), _or_none(outside))

    def fault(self, value: float, *_: int | None) -> str:
        """Below, above, or not a number at all."""
        if math.isnan(value) or self.interval.low < value < self.interval.high:
            return "is not one"
        return "is not finite" if math.isinf(value) else "is below" if value < 1 else "is above"


class Labels(NamedTuple):
    """Class indices 0 … C - 1 for N rows; a matrix (N, C) in their place holds weights >= 0."""

    words: str = "class indices 0 ... C - 1"
    hint: str = "labels count from 0; -l cross_entropy:ignore_index=K leaves label K out"
    bounded: bool = True

    def offenders(
        self, raw: Raw, classes: int | None = None, spared: int | None = None
    ) -> Offenders:
        """The entries that are no index of `classes` classes and not `spared` (ignore_index)."""
        if raw.ndim > 1:
            return SOFT_TARGETS.offenders(raw)
        if not raw.size:
            return Offenders()
        high = math.inf if classes is None else classes
        if raw.dtype.kind in "iub" and raw.min() >= 0 and raw.max() < high:
            return Offenders()
        missing = np.isnan(raw) if raw.dtype.kind == "f" else None
        good = (raw >= 0) & (raw < high) & (raw == np.floor(raw))
        if spared is not None:
            good |= raw == spared
        outside = ~good if missing is None else ~good & ~missing
        return Offenders(_or_none(missing), _or_none(outside))

    def fault(self, value: float, classes: int | None) -> str:
        """Not whole, negative, or past the last class."""
        if not math.isfinite(value) or value != math.floor(value):
            return "is not a whole number"
        return "is negative" if value < 0 else f"is past the last of {classes} classes"


def _or_none(mask: Mask | None) -> Mask | None:
    return mask if mask is not None and mask.any() else None


REAL = Numbers("finite numbers", Interval(ends="()"))
LOGIT = Numbers("logits", Interval())
PROBABILITY = Numbers(
    "probabilities in [0, 1]", Interval(0.0, 1.0), "if these are logits: -l bce_with_logits"
)
SOFT_LABEL = Numbers("targets in [0, 1]", Interval(0.0, 1.0))
SOFT_TARGETS = Numbers("target weights >= 0", Interval(0.0, ends="[)"))
WEIGHT = Numbers("weights >= 0", Interval(0.0, ends="[)"))
LABELS = Labels()


def looks_like_probabilities(rows: Raw) -> bool:
    """Whether every value lies in [0, 1], and every row of a matrix sums to 1."""
    if rows.dtype.kind != "f" or not rows.size:
        return False
    head = rows[:16]  # most logits are found out here
    return _plausible(head) and _plausible(rows)


def _plausible(rows: Raw) -> bool:
    if not (rows.min() >= 0 and rows.max() <= 1):
        return False
    if rows.ndim == 1:
        return True
    slack = 1e-6 + rows.shape[1] * float(np.finfo(rows.dtype).eps)
    return bool((np.abs(rows.sum(axis=1, dtype=np.float64) - 1.0) <= slack).all())
