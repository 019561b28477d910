"""Targets that name something: one of several classes, one of two, a set of labels."""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from losscli.losses.core.domain import (
    SOFT_TARGETS,
    Domain,
    Finding,
    Interval,
    Numbers,
    Raw,
    Violations,
    or_none,
)

_PIXEL_TO_IGNORE = 255
_LISTED = 30  # classes at most that a hint lists


@dataclass(frozen=True)
class Labels(Domain):
    """Class indices 0 … C - 1 for N rows; a matrix (N, C) in their place holds weights >= 0."""

    words: str = "class indices 0 ... C - 1"
    hint: str = "labels count from 0; -l cross_entropy:ignore_index=K ignores label K"

    def interval_of(self, row: Sequence[int]) -> Interval | None:
        """The interval of weights for a row of them."""
        return SOFT_TARGETS.interval if row else None

    def holds(self, xp: Any, x: Any) -> Any:
        """True for an index of any number of classes, or for a weight in a row."""
        if x.ndim > 1:
            return SOFT_TARGETS.holds(xp, x)
        return (x >= 0) & (x < math.inf) & (x == xp.floor(x))

    def violations(
        self, raw: Raw, classes: int | None = None, ignore_index: int | None = None
    ) -> Violations:
        """The entries that are neither an index of `classes` classes nor `ignore_index`."""
        if raw.ndim > 1:
            return SOFT_TARGETS.violations(raw)
        if not raw.size:
            return Violations()
        high = math.inf if classes is None else classes
        if raw.dtype.kind in "iub" and raw.min() >= 0 and raw.max() < high:
            return Violations()
        missing = np.isnan(raw) if raw.dtype.kind == "f" else None
        good = self.holds(np, raw) & (raw < high)
        if ignore_index is not None:
            good |= raw == ignore_index
        outside = ~good if missing is None else ~good & ~missing
        return Violations(or_none(missing), or_none(outside))

    def reason(self, value: float, classes: int | None = None) -> str:
        """Not an integer, negative, or greater than the last class."""
        if not math.isfinite(value) or value != math.floor(value):
            return "is not an integer"
        return "is negative" if value < 0 else f"is not one of {classes} classes"

    def advice(self, raw: Raw, value: float, classes: int | None, ignoring: str) -> str:
        """To name the classes that seem to count from 1, to ignore 255 where labels are pixels."""
        if value == _PIXEL_TO_IGNORE and ignoring:
            return f"255 often means no label: -l {ignoring}255"
        if classes == 1:
            return "one number a row means two classes: -l bce_with_logits, or -l bce"
        if value == classes and not (raw == 0).any():
            return f"no label is 0: if they count from 1: --classes {_from_one(int(classes))}"
        return self.hint


@dataclass(frozen=True)
class Choice(Domain):
    """A few numbers. clash: two of them that belong to different conventions."""

    values: tuple[float, ...] = ()
    clash: tuple[float, ...] = ()

    @property
    def leaves_marks(self) -> bool:
        """True if two conventions can be mixed."""
        return bool(self.clash)

    def holds(self, xp: Any, x: Any) -> Any:
        """True for one of these numbers."""
        return reduce(operator.or_, (x == value for value in self.values))

    @property
    def signs(self) -> "Choice | None":
        """The same of -1 and 1 only, where both 0 and -1 may mean negative; else None."""
        if set(self.clash) != {0.0, -1.0}:
            return None
        return replace(self, values=tuple(v for v in self.values if v), clash=())

    def reason(self, value: float, classes: int | None = None) -> str:
        """Not one of the numbers."""
        return "is not one of them"

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """The numbers of different conventions."""
        return {f"{value:g}": x == value for value in self.clash}

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """An error for two mixed conventions: one of them would misread every row."""
        if len(marks) < 2:
            return None
        both = " and ".join(sorted(marks, key=float))
        return Finding(f"labels mix two conventions: {both} both mean negative", hint=self.hint)


@dataclass(frozen=True)
class BothSides(Choice):
    """Labels of two classes; a library misreads a column with positive labels only.

    alone: the message for such a column.
    """

    alone: str = ""

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """The numbers of different conventions, and positive ones."""
        return super().marked(xp, x, spacing) | {"positive": x > 0}

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """An error for two mixed conventions, and for a missing class."""
        if marks == {"positive"}:
            return Finding(
                self.alone, hint="omit --like: its number depends on the labels that are present"
            )
        return super().finding(marks - {"positive"})


class IntegerLabels(Numbers):
    """Integers that name classes, up to the largest that a floating-point type distinguishes."""

    def computed_in(self, dtype: Any) -> "IntegerLabels":
        """The integers below 2^24 in float32, where 2^24 and 2^24 + 1 are the same number."""
        whole = 2.0 ** (np.finfo(dtype).nmant + 1)
        if whole >= self.interval.high:
            return self
        hint = f"{np.dtype(dtype)} represents integers exactly below {whole:.0f}"
        return replace(self, hint=hint, interval=Interval(-whole, whole, "()"))

    def interval_of(self, row: Sequence[int]) -> Interval | None:
        """None: they are integers too."""
        return None

    def holds(self, xp: Any, x: Any) -> Any:
        """True for integers in the interval."""
        return super().holds(xp, x) & (x == xp.floor(x))

    def violations(self, raw: Raw, *_: Any, **__: Any) -> Violations:
        """The entries with a fraction or too many digits; nan is missing."""
        if raw.dtype.kind in "iub":
            return super().violations(raw)
        told = self.computed_in(raw.dtype)
        if told is not self:
            return told.violations(raw)
        good = self.holds(np, raw)
        if good.all():
            return Violations()
        missing = np.isnan(raw)
        return Violations(or_none(missing), or_none(~good & ~missing))

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """Labels of -1, and labels other than -1 and 1."""
        return {"-1": x == -1, "other": (x != -1) & (x != 1)}

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """A note: -1 among labels other than 1 often means that a row has no label."""
        if len(marks) < 2:
            return None
        words = "labels of -1 are compared like any other"
        return Finding(
            words, "negative_labels", "where -1 means no label, give these rows weight 0"
        )

    def reason(self, value: float, classes: int | None = None) -> str:
        """Not finite, not an integer, or too large to be exact."""
        if not math.isfinite(value):
            return "is not finite"
        return "is not an integer" if value % 1 else "is too large to be exact"


LABELS = Labels()
INDICES = Labels("class indices 0 ... C - 1", "labels count from 0")
HARD_LABEL = Choice(
    "labels of {0, 1} or {-1, 1}", "map one of them to the other", (0.0, 1.0, -1.0), (0.0, -1.0)
)
SIGN = Choice("labels of -1 or 1", "from 0 and 1: 2 * label - 1", (1.0, -1.0))
CLASS = IntegerLabels(
    "labels, as integers",
    "number them from 0; for scores: -l zero_one:threshold=0.5",
    Interval(-(2.0**53), 2.0**53, "()"),
)
BINARY = Choice("labels of 0 or 1", "from -1 and 1: (label + 1) / 2", (0.0, 1.0))


def _from_one(classes: int) -> str:
    """The names of classes that count from 1, as a shell reads them."""
    if classes > _LISTED:
        return f"$(seq -s, {classes})"
    return ",".join(map(str, range(1, classes + 1)))
