"""What lies in several domains at once: the domain of a sum."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    """A domain; allows_ignored: whether a label that is to be ignored may lie outside it."""

    domain: Domain
    allows_ignored: bool = True


def together(parts: Sequence[Part]) -> Domain:
    """The domain of what lies in all of these; the narrowest where that says it all."""
    kept: list[Part] = []
    for part in dict.fromkeys(parts):
        if any(_within(other, part) for other in kept):
            continue
        kept = [other for other in kept if not _within(part, other)] + [part]
    if len(kept) == 1 and kept[0].allows_ignored:
        return kept[0].domain
    return _crossed([part.domain for part in kept]) or Every.of(kept)


def _crossed(domains: Sequence[Domain]) -> Numbers | None:
    """Where all are intervals, the interval that they share; None where it is no more than that."""
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
    """Whether what lies in one lies in the other; of plain numbers alone can that be told."""
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
    """Several domains, each of which must hold a value."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Every":
        """The domain of these parts, in their words."""
        words = " and ".join(dict.fromkeys(part.domain.words for part in parts))
        hint = next((part.domain.hint for part in parts if part.domain.hint), "")
        return cls(words, hint, tuple(parts))

    @property
    def bounded(self) -> bool:
        """Whether some finite number lies outside one of them."""
        return any(part.domain.bounded for part in self.parts)

    @property
    def leaves_marks(self) -> bool:
        """Whether one of them leaves marks."""
        return any(part.domain.leaves_marks for part in self.parts)

    def computed_in(self, dtype: Any) -> "Every":
        """What of each it can take."""
        parts = tuple(p._replace(domain=p.domain.computed_in(dtype)) for p in self.parts)
        return self if parts == self.parts else self.of(parts)

    def violations(
        self, raw: Raw, classes: int | None = None, ignore_index: int | None = None
    ) -> Violations:
        """The entries that lie outside any of them."""
        missing = outside = None
        for part in self.parts:
            found = part.domain.violations(
                raw, classes, ignore_index if part.allows_ignored else None
            )
            missing = _either(missing, found.missing)
            outside = _either(outside, found.outside)
        return Violations(missing, outside)

    def reason(self, value: float, classes: int | None = None) -> str:
        """What the first that does not hold it says; plain numbers can tell by the value alone."""
        domains = [part.domain for part in self.parts]
        blind = [domain for domain in domains if not isinstance(domain, Numbers)]
        for domain in domains:
            if isinstance(domain, Numbers) and not domain.interval.holds(value):
                return domain.reason(value, classes)
        return blind[0].reason(value, classes) if blind else "is not one"

    def marks(self, raw: Raw) -> frozenset[str]:
        """The marks of each, told apart by its place."""
        return frozenset(
            f"{at}:{mark}"
            for at, part in self._parts_with_marks()
            for mark in part.domain.marks(raw)
        )

    def finding(self, marks: frozenset[str]) -> Finding | None:
        """The first of theirs."""
        for at, part in self._parts_with_marks():
            own = {mark.removeprefix(f"{at}:") for mark in marks if mark.startswith(f"{at}:")}
            finding = part.domain.finding(frozenset(own))
            if finding is not None:
                return finding
        return None

    def _parts_with_marks(self) -> Iterator[tuple[int, Part]]:
        return ((at, part) for at, part in enumerate(self.parts) if part.domain.leaves_marks)


def _either(mask: Mask | None, other: Mask | None) -> Mask | None:
    return mask if other is None else other if mask is None else mask | other
