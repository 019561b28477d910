"""What predictions and targets may be, checked once, outside the loss.

A check takes a block as it was read and returns which of its rows offend; it knows neither files
nor what is done about them. What no block can say alone, such as which convention a column of
labels follows, is collected as marks and judged at the end.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Raw: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]
Random: TypeAlias = np.random.Generator


class Interval(NamedTuple):
    """A range of real numbers; an end belongs to it where its bracket is square."""

    low: float = -math.inf
    high: float = math.inf
    ends: Literal["[]", "[)", "(]", "()"] = "[]"

    def holds(self, x: Any) -> Any:
        """Where x lies in the range; nan lies in none."""
        above = x >= self.low if self.ends[0] == "[" else x > self.low
        return above & (x <= self.high if self.ends[1] == "]" else x < self.high)

    def below(self, x: float) -> bool:
        """Whether a number lies before the range."""
        return x < self.low or (x == self.low and self.ends[0] == "(")

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"{'>=' if self.ends[0] == '[' else '>'} {self.low:g}"
        if math.isinf(self.low):
            return f"{'<=' if self.ends[1] == ']' else '<'} {self.high:g}"
        return f"in {self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"


ANY = Interval()


class Either(NamedTuple):
    """Several ranges, any of which holds a number."""

    parts: tuple[Interval, ...]

    def holds(self, x: Any) -> Any:
        """Where x lies in any of the ranges."""
        first, *others = (part.holds(x) for part in self.parts)
        for other in others:
            first = first | other
        return first

    @property
    def low(self) -> float:
        """The end of the first range where another number could begin."""
        return self.parts[0].high

    @property
    def high(self) -> float:
        """The beginning of the last range."""
        return self.parts[-1].low

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


class Violations(NamedTuple):
    """The offending entries of a block, as masks of its shape; None where there are none.

    missing: nan, and infinities where the loss takes finite numbers: the `--nan` policy decides.
    outside: numbers that the loss cannot take, whatever the policy.
    """

    missing: Mask | None = None
    outside: Mask | None = None


class Finding(NamedTuple):
    """What marks came to: a note with its code, or without one an error; hint: how to mend it."""

    message: str
    code: str = ""
    hint: str = ""


def rows_with(mask: Mask) -> Mask:
    """The rows of a block in which any entry is marked."""
    return np.asarray(mask.reshape(len(mask), -1).any(axis=1))


def or_none(mask: Mask | None) -> Mask | None:
    """A mask in which something is marked."""
    return mask if mask is not None and mask.any() else None


@dataclass(frozen=True)
class Domain:
    """A set of values with a name, and what to do about a value outside it.

    words: how a message names them. hint: what a person may have meant.
    bounded: whether some finite number lies outside. leaves_marks: whether blocks leave marks.
    logit_scale: what makes logits of them: 1 for all numbers that count by their differences in a
    row, so that their size says what arithmetic can keep; 0 where they do not.
    """

    words: str
    hint: str = ""
    logit_scale: float = field(default=0.0, kw_only=True)

    @property
    def bounded(self) -> bool:
        """Whether some finite number lies outside."""
        return True

    @property
    def leaves_marks(self) -> bool:
        """Whether blocks leave marks, which only the whole can judge."""
        return False

    def computed_in(self, dtype: Any) -> "Domain":
        """What of it arithmetic in this floating-point type can take."""
        return self

    def surely_valid(self, raw: Raw) -> bool:
        """Whether one look shows that nothing offends or leaves a mark; False is a doubt."""
        return False

    def violations(
        self, raw: Raw, classes: int | None = None, ignore_index: int | None = None
    ) -> Violations:
        """The entries that do not belong; `classes` and `ignore_index` as for `Labels`."""
        raise NotImplementedError

    def reason(self, value: float, classes: int | None = None) -> str:
        """Why a value does not belong, to follow the value in a message."""
        return "is not one"

    def marks(self, raw: Raw) -> frozenset[str]:
        """What a block shows that bears on the whole."""
        return frozenset()

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """What the marks of all blocks come to."""
        return None


@dataclass(frozen=True)
class Numbers(Domain):
    """Real numbers in an interval.

    often: those that are mostly seen, where some are. usual: where ordinary ones lie, if not all
    that can be computed with are ordinary.
    """

    interval: Interval = ANY
    often: tuple[float, ...] = ()
    usual: Interval | None = None

    @property
    def bounded(self) -> bool:
        """Whether the interval has an end."""
        return not (math.isinf(self.interval.low) and math.isinf(self.interval.high))

    def violations(
        self,
        raw: Raw,
        classes: int | None = None,
        ignore_index: int | None = None,
    ) -> Violations:
        """The entries that are nan or outside the interval."""
        if not raw.size or self._holds_all(raw):
            return Violations()
        missing = np.isnan(raw)
        if not self.bounded:
            missing |= ~self.interval.holds(raw)
        outside = ~self.interval.holds(raw) & ~missing
        return Violations(or_none(missing), or_none(outside))

    def _holds_all(self, raw: Raw) -> bool:
        """Whether a pass, or two, find nothing that does not belong; False may be a false alarm.

        No finite sum has a term that is nan or infinite. A nan is the least and the largest of any
        numbers, so that one of these is enough where nothing lies beyond the other end.
        """
        low, high, ends = self.interval
        if not self.bounded and ends == "()":
            with np.errstate(all="ignore"):
                return math.isfinite(raw.sum())
        if low == -math.inf and ends[0] == "[":
            return bool(self.interval.holds(raw.max()))
        if high == math.inf and ends[1] == "]":
            return bool(self.interval.holds(raw.min()))
        return bool(self.interval.holds(raw.min())) and bool(self.interval.holds(raw.max()))

    def reason(self, value: float, classes: int | None = None) -> str:
        """Below, above, or not a number at all."""
        if math.isnan(value) or self.interval.holds(value):
            return "is not one"
        if math.isinf(value):
            return "is not finite"
        if value in (self.interval.low, self.interval.high):
            return "is not one"
        return "is below" if self.interval.below(value) else "is above"


REAL = Numbers("finite numbers", "", Interval(ends="()"))
POINTS = Numbers("finite numbers", "", Interval(ends="()"), logit_scale=1.0)
LOGIT = Numbers("logits", logit_scale=1.0)
SCORE = Numbers("scores", "", Interval(ends="()"), logit_scale=1.0)
SOFT_LABEL = Numbers("targets in [0, 1]", "", Interval(0.0, 1.0), (0.0, 1.0))
SOFT_TARGETS = Numbers("target weights >= 0", "", Interval(0.0, ends="[)"))
WEIGHT = Numbers("weights >= 0", "", Interval(0.0, ends="[)"))
NON_NEGATIVE = Numbers("numbers >= 0", "", Interval(0.0, ends="[)"))
POSITIVE = Numbers("numbers > 0", "", Interval(0.0, ends="()"))
