"""The intersection of domains: the domain of a sum."""

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

from losscli.losses.core.domain import (
    Domain,
    Finding,
    Interval,
    Mask,
    Numbers,
    Raw,
    Violations,
)


class Part(NamedTuple):
    """A domain; allows_ignored: True if a label that is ignored may lie outside it."""

    domain: Domain
    allows_ignored: bool = True


def together(parts: Sequence[Part]) -> Domain:
    """The intersection of domains; the narrowest one where it contains no other's violations."""
    kept: list[Part] = []
    for part in dict.fromkeys(parts):
        if any(_within(other, part) for other in kept):
            continue
        kept = [other for other in kept if not _within(part, other)] + [part]
    if len(kept) == 1 and kept[0].allows_ignored:
        return kept[0].domain
    return _crossed([part.domain for part in kept]) or Every.of(kept)


def _crossed(domains: Sequence[Domain]) -> Numbers | None:
    """The common interval where all are plain intervals; else None."""
    words = " and ".join(dict.fromkeys(domain.words for domain in domains))
    low, high = -math.inf, math.inf
    ends: Any = "[]"
    for domain in domains:
        if type(domain) is not Numbers or not isinstance(domain.interval, Interval):
            return None
        mine = domain.interval
        if mine.low > low or (mine.low == low and mine.ends[0] == "("):
            low, ends = mine.low, mine.ends[0] + ends[1]
        if mine.high < high or (mine.high == high and mine.ends[1] == ")"):
            high, ends = mine.high, ends[0] + mine.ends[1]
    return Numbers(words, "", Interval(low, high, ends))


def _within(inner: Part, outer: Part) -> bool:
    """True if the outer domain contains the inner one; known for plain intervals only."""
    one, other = inner.domain, outer.domain
    if type(other) is not Numbers or not isinstance(one, Numbers):
        return one == other and outer.allows_ignored >= inner.allows_ignored
    a, b = one.interval, other.interval
    if not isinstance(a, Interval) or not isinstance(b, Interval):
        return one == other
    return _holds(b, a.low, a.ends[0], 0) and _holds(b, a.high, a.ends[1], 1)


def _holds(interval: Interval, end: float, bracket: str, at: int) -> bool:
    mine = (interval.low, interval.high)[at]
    if end == mine:
        return interval.ends[at] in "[]" or bracket in "()"
    return bool(end > mine if at == 0 else end < mine)


@dataclass(frozen=True)
class Every(Domain):
    """Several domains, all of which must hold a value."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Every":
        """The intersection of these parts, in their words."""
        words = " and ".join(dict.fromkeys(part.domain.words for part in parts))
        hint = next((part.domain.hint for part in parts if part.domain.hint), "")
        return cls(words, hint, tuple(parts))

    @property
    def bounded(self) -> bool:
        """True if a finite number may lie outside one of them."""
        return any(part.domain.bounded for part in self.parts)

    @property
    def leaves_marks(self) -> bool:
        """True if one of them leaves marks."""
        return any(part.domain.leaves_marks for part in self.parts)

    def computed_in(self, dtype: Any) -> "Every":
        """The part of each that the type can represent."""
        parts = tuple(p._replace(domain=p.domain.computed_in(dtype)) for p in self.parts)
        return self if parts == self.parts else self.of(parts)

    def holds(self, xp: Any, x: Any) -> Any:
        """True for rows that all of them hold."""
        found = (part.domain.holds(xp, x) for part in self.parts)
        return reduce(operator.and_, (_of_rows(xp, mask) for mask in found))

    def violations(
        self, raw: Raw, classes: int | None = None, ignore_index: int | None = None
    ) -> Violations:
        """The entries outside any of them."""
        missing = outside = None
        for part in self.parts:
            found = part.domain.violations(
                raw, classes, ignore_index if part.allows_ignored else None
            )
            missing = _either(missing, found.missing)
            outside = _either(outside, found.outside)
        return Violations(missing, outside)

    def reason(self, value: float, classes: int | None = None) -> str:
        """The reason of the first that does not hold the value; of intervals where possible."""
        domains = [part.domain for part in self.parts]
        blind = [domain for domain in domains if not isinstance(domain, Numbers)]
        for domain in domains:
            if isinstance(domain, Numbers) and not domain.interval.holds(value):
                return domain.reason(value, classes)
        return blind[0].reason(value, classes) if blind else "is not one"

    def marked(self, xp: Any, x: Any, spacing: float) -> dict[str, Any]:
        """The marks of each, prefixed with its position."""
        return {
            f"{at}:{name}": mask
            for at, part in self._parts_with_marks()
            for name, mask in part.domain.marked(xp, x, spacing).items()
        }

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """The first of their findings."""
        for at, part in self._parts_with_marks():
            own = {mark.removeprefix(f"{at}:") for mark in marks if mark.startswith(f"{at}:")}
            finding = part.domain.finding(frozenset(own))
            if finding is not None:
                return finding
        return None

    def _parts_with_marks(self) -> Iterator[tuple[int, Part]]:
        return ((at, part) for at, part in enumerate(self.parts) if part.domain.leaves_marks)


def _of_rows(xp: Any, mask: Any) -> Any:
    """A mask of entries, or of rows, as one of rows."""
    while mask.ndim > 1:
        mask = xp.all(mask, axis=-1)
    return mask


def _either(mask: Mask | None, other: Mask | None) -> Mask | None:
    return mask if other is None else other if mask is None else mask | other
