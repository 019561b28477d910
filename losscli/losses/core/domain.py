"""The domains of predictions and targets, checked once, outside the loss.

A check takes a block as it was read and returns its invalid entries; it knows neither files nor the
policy for them. A property of the whole column, such as the convention that its labels follow, is
collected as marks of the blocks, from which a finding follows at the end.

A domain says in functions of an array namespace which entries are valid and which leave marks:
NumPy runs them, and the compiled machine runs them as part of the program of a loss.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.backends.rowwise import ROWWISE

Raw: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]


class Interval(NamedTuple):
    """A range of real numbers; an end belongs to it if its bracket is square.

    >>> Interval(0.0, 1.0, "[)").holds(1.0)
    False
    """

    low: float = -math.inf
    high: float = math.inf
    ends: Literal["[]", "[)", "(]", "()"] = "[]"

    def holds(self, x: Any) -> Any:
        """True where x lies in the range; False for nan."""
        above = x >= self.low if self.ends[0] == "[" else x > self.low
        return above & (x <= self.high if self.ends[1] == "]" else x < self.high)

    def below(self, x: float) -> bool:
        """True if a number lies below the range."""
        return x < self.low or (x == self.low and self.ends[0] == "(")

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"{'>=' if self.ends[0] == '[' else '>'} {self.low:g}"
        if math.isinf(self.low):
            return f"{'<=' if self.ends[1] == ']' else '<'} {self.high:g}"
        return f"in {self.ends[0]}{self.low:g}, {self.high:g}{self.ends[1]}"


ANY = Interval()


class Either(NamedTuple):
    """A union of ranges."""

    parts: tuple[Interval, ...]

    def holds(self, x: Any) -> Any:
        """True where x lies in any of the ranges."""
        first, *others = (part.holds(x) for part in self.parts)
        for other in others:
            first = first | other
        return first

    @property
    def low(self) -> float:
        """The upper end of the first range."""
        return self.parts[0].high

    @property
    def high(self) -> float:
        """The lower end of the last range."""
        return self.parts[-1].low

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


class Violations(NamedTuple):
    """The invalid entries of a block, as masks of its shape; None for no such entries.

    missing: nan: the `--nan` policy decides. outside: numbers that the loss cannot take, whatever
    the policy; infinities are among them where it takes finite numbers.
    """

    missing: Mask | None = None
    outside: Mask | None = None


class Finding(NamedTuple):
    """A conclusion from marks: a note with a code, or without one an error; hint: how to fix it."""

    message: str
    code: str = ""
    hint: str = ""


def rows_with(mask: Mask) -> Mask:
    """The rows of a block in which any entry is set."""
    return np.asarray(mask.reshape(len(mask), -1).any(axis=1))


def or_none(mask: Mask | None) -> Mask | None:
    """A mask, or None where no entry of it is set."""
    return mask if mask is not None and mask.any() else None


@dataclass(frozen=True)
class Domain:
    """A set of valid values.

    words: its name in messages. hint: the likely fix for a value outside it.
    logit_scale: the factor that turns the values into logits: 1 for numbers of which only the
    differences within a row count, so that their size limits the accuracy; 0 for all others.
    """

    words: str
    hint: str = ""
    logit_scale: float = field(default=0.0, kw_only=True)

    @property
    def bounded(self) -> bool:
        """True if a finite number may lie outside."""
        return True

    @property
    def leaves_marks(self) -> bool:
        """True if blocks leave marks, from which a finding about the whole column follows."""
        return type(self).marked is not Domain.marked

    def computed_in(self, dtype: Any) -> "Domain":
        """The part of the domain that arithmetic in this floating-point type can represent."""
        return self

    def interval_of(self, row: Sequence[int]) -> Interval | None:
        """The interval that is the domain of each number of rows of this shape; None if none is."""
        return None

    def holds(self, xp: Any, x: Any) -> Any:
        """True where an entry, or a row of several, is valid; nothing is missing where all are."""
        raise NotImplementedError

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """True where an entry, or a row, leaves a mark; by the names of the marks.

        spacing: the distance of 1 from the next number in the type in which the values were read; 0
        for integers.
        """
        return {}

    def surely_valid(self, raw: Raw) -> bool:
        """True if one pass shows that all values are valid, without marks; False proves nothing."""
        return False

    def violations(
        self, raw: Raw, classes: int | None = None, ignore_index: int | None = None
    ) -> Violations:
        """The invalid entries; `classes` and `ignore_index` as for `Labels`."""
        good = self.holds(ROWWISE, raw)
        if good.all():
            return Violations()
        missing = np.isnan(raw) if raw.dtype.kind == "f" else None
        outside = ~good if missing is None else ~good & ~missing
        return Violations(or_none(missing), or_none(outside))

    def reason(self, value: float, classes: int | None = None) -> str:
        """The reason that a value is invalid, to follow the value in a message."""
        return "is not one"

    def advice(self, raw: Raw, value: float, classes: int | None, ignoring: str) -> str:
        """The likely fix for a value outside the domain, the first of the block's entries `raw`.

        ignoring: the spec with which the loss ignores a label, without the label; empty if it
        ignores none.
        """
        return self.hint

    def marks(self, raw: Raw) -> frozenset[str]:
        """The properties of a block that affect the whole column."""
        if not raw.size:
            return frozenset()
        spacing = float(np.finfo(raw.dtype).eps) if raw.dtype.kind == "f" else 0.0
        with np.errstate(all="ignore"):
            found = self.marked(ROWWISE, raw, spacing)
        return frozenset(name for name, mask in found.items() if mask.any())

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """The conclusion from the marks of all blocks."""
        return None


@dataclass(frozen=True)
class Numbers(Domain):
    """Real numbers in an interval.

    often: the values that are mostly seen, if there are such. usual: the interval of ordinary
    values, if it is narrower than that of valid ones.
    """

    interval: Interval = ANY
    often: tuple[float, ...] = ()
    usual: Interval | None = None

    @cached_property
    def bounded(self) -> bool:
        """True if the interval has a finite end."""
        return not (math.isinf(self.interval.low) and math.isinf(self.interval.high))

    def interval_of(self, row: Sequence[int]) -> Interval | None:
        """Its interval."""
        return self.interval

    def holds(self, xp: Any, x: Any) -> Any:
        """True in the interval."""
        return self.interval.holds(x)

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """The entries that are nan or outside the interval."""
        if not raw.size or self._holds_all(raw):
            return Violations()
        missing = np.isnan(raw)
        outside = ~self.interval.holds(raw) & ~missing
        return Violations(or_none(missing), or_none(outside))

    def _holds_all(self, raw: Raw) -> bool:
        """True if one or two passes show that all values are valid; False proves nothing.

        A finite sum has no term that is nan or infinite. A nan is both the minimum and the maximum
        of an array, so that one of the two is sufficient if only one end is finite.
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
        """Below, above, or not a number."""
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


@dataclass(frozen=True)
class Columns(Domain):
    """One domain a column. names: of the columns."""

    parts: tuple[Numbers, ...] = ()
    names: tuple[str, ...] = ()

    def holds(self, xp: Any, x: Any) -> Any:
        """True for rows of which each column is valid."""
        found = [part.holds(xp, x[:, at]) for at, part in enumerate(self.parts)]
        return reduce(operator.and_, found)

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """The entries outside the domain of their column."""
        missing = outside = None
        for at, part in enumerate(self.parts):
            found = part.violations(raw[:, at])
            missing = _put(missing, raw, at, found.missing)
            outside = _put(outside, raw, at, found.outside)
        return Violations(missing, outside)

    def reason(self, value: float, classes: int | None = None) -> str:
        """The column whose bounds the value violates."""
        for part, name in zip(self.parts, self.names, strict=True):
            if math.isfinite(value) and not part.interval.holds(value):
                return f"is not a {name}"
        return "is not finite"


@dataclass(frozen=True)
class Ordered(Domain):
    """Finite numbers in pairs (low, high) of columns, low <= high: the ends of an interval.

    pairs: the columns of each.
    """

    pairs: tuple[tuple[int, int], ...] = ()

    def holds(self, xp: Any, x: Any) -> Any:
        """True for rows of finite pairs in order."""
        ordered = [x[:, low] <= x[:, high] for low, high in self.pairs]
        return reduce(operator.and_, ordered, xp.all(REAL.holds(xp, x), axis=-1))

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """Entries that are not finite, and upper ends below their lower ends."""
        missing, outside = REAL.violations(raw)
        for low, high in self.pairs:
            wrong = raw[:, high] < raw[:, low]
            outside = _put(outside, raw, high, wrong if wrong.any() else None)
        return Violations(missing, outside)

    def reason(self, value: float, classes: int | None = None) -> str:
        """The reason, of the upper end."""
        return "is below its lower end" if np.isfinite(value) else "is not finite"


def _put(mask: Any, raw: Raw, at: int, part: Any) -> Any:
    """A mask of the whole with one column added; None if no entry is set."""
    if part is None:
        return mask
    if mask is None:
        mask = np.zeros(raw.shape, np.bool_)
    mask[:, at] |= part
    return mask


INTERVAL = Ordered("intervals, low <= high", "the lower end comes first", ((0, 1),))
BOX = Ordered(
    "boxes x1, y1, x2, y2, x1 <= x2 and y1 <= y2",
    "are they x, y, width, height? convert them to corners",
    ((0, 2), (1, 3)),
)
MEAN_VARIANCE = Columns(
    "a mean and a variance >= 0", "", (REAL, NON_NEGATIVE), ("mean", "variance")
)
MEAN_DEVIATION = Columns(
    "a mean and a standard deviation >= 0", "", (REAL, NON_NEGATIVE), ("mean", "deviation")
)
