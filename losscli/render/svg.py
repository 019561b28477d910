"""SVG in a page: elements with escaped attributes, and scales from values to coordinates.

Colours and fonts come from the style sheet of the page, by classes, so that a drawing follows its
light or dark scheme and needs no `style` attribute.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # of ticks, times a power of ten


class Scale(NamedTuple):
    """A map from [low, high] to the coordinates [start, end], linear or logarithmic.

    >>> Scale(0.0, 10.0, 100.0, 200.0).at(2.5)
    125.0
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The coordinate of a value; one outside the range is clipped to its end."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """At most so many round values in the range.

        >>> Scale(0.0, 93.0, 0.0, 1.0).ticks()
        [0.0, 20.0, 40.0, 60.0, 80.0]
        """
        if self.log:
            return self._decades(most)
        width = (self.high - self.low) / max(most - 1, 1)
        if not width > 0:
            return [self.low]
        power = 10.0 ** math.floor(math.log10(width))
        step = next(step * power for step in _STEPS if step * power >= width * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _decades(self, most: int) -> list[float]:
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        every = max(1, math.ceil((last - first + 1) / most))
        found = [10.0**power for power in range(first, last + 1, every)]
        return found if len(found) > 1 else [self.low, self.high]


def scale_of(
    values: Iterable[float], start: float, end: float, *, log: bool = False, margin: float = 0.05
) -> Scale:
    """A scale over all finite values; margin: at both ends, a share of the range."""
    known = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    low, high = (min(known), max(known)) if known else (1.0, 1.0)
    if log:
        room = (high / low) ** margin if high > low else 2.0
        return Scale(low / room, high * room, start, end, log=True)
    room = margin * (high - low) if high > low else abs(high) or 1.0
    return Scale(low - room, high + room, start, end)


def tag(name: str, *inside: Markup | str, **attributes: float | str | None) -> Markup:
    """An element, its numbers to a tenth; `_` in an attribute is a hyphen, at its end dropped.

    >>> tag("text", "a < b", x=1.26, class_="axis")
    Markup('<text x="1.3" class="axis">a &lt; b</text>')
    """
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    content = "".join(map(escape, inside))
    return Markup(f"<{name}{words}>{content}</{name}>" if inside else f"<{name}{words}/>")


def drawing(width: float, height: float, parts: Sequence[Markup], title: str) -> Markup:
    """A picture that scales with the page; title: its text for who does not see it."""
    box = f"0 0 {coordinate(width)} {coordinate(height)}"
    return tag("svg", *parts, viewBox=box, class_="chart", role="img", aria_label=title)


def coordinate(value: float) -> str:
    """A coordinate to a tenth.

    >>> coordinate(12.0), coordinate(0.26)
    ('12', '0.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """A line through points."""
    steps = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return tag("path", d=f"M{steps}", class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return path([(x1, y1), (x2, y2)], class_)


def label(x: float, y: float, text: str, anchor: str = "start", class_: str = "") -> Markup:
    """A text; anchor: the part of it at x, which is start, middle or end."""
    shown = None if anchor == "start" else anchor
    return tag("text", text, x=x, y=y, text_anchor=shown, class_=class_ or None)


def _text(value: float | str) -> Markup:
    return escape(coordinate(value) if isinstance(value, float | int) else value)
