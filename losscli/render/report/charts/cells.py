"""Small pictures in the cells of tables: bars and intervals."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from losscli.render.svg import Scale, coordinate, line, scale_of, tag

_WIDTH, _HEIGHT, _EDGE = 120.0, 14.0, 4.0


class Estimate(NamedTuple):
    """A value and its interval, if it has one."""

    value: float | None
    ci: tuple[float, float] | None = None

    def ends(self) -> Iterator[float]:
        """The finite numbers among them."""
        for number in (self.value, *(self.ci or ())):
            if number is not None and math.isfinite(number):
                yield number


def estimate_scale(estimates: Iterable[Estimate], others: Iterable[float | None] = ()) -> Scale:
    """A scale over all estimates; from 0 where there is only one of them.

    others: further numbers that it shows, such as the limit of a gate.
    """
    found = list(estimates)
    values = [end for each in found for end in each.ends()]
    more = [value for value in others if value is not None and math.isfinite(value)]
    alone = len(found) == 1 and not more
    return scale_of([*values, *more, *([0.0] if alone else [])], _EDGE, _WIDTH - _EDGE)


def interval_cell(
    scale: Scale, own: Estimate, reference: Estimate | None = None, limits: Iterable[float] = ()
) -> Markup:
    """An interval with its value; the reference below it, and a line for each limit."""
    middle = _HEIGHT / 2
    parts: list[Markup] = []
    if reference is not None:
        parts += _interval(scale, reference, middle + 4, "reference")
    parts += [line(scale.at(at), 0, scale.at(at), _HEIGHT, "limit") for at in limits]
    parts += _interval(scale, own, middle - (2 if reference is not None else 0), "own")
    return _cell(parts)


def bar_cell(share: float) -> Markup:
    """A bar; share: its length, from 0 to 1."""
    length = _WIDTH * min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
    return _cell([line(0, _HEIGHT / 2, length, _HEIGHT / 2, "bar")])


def _interval(scale: Scale, of: Estimate, height: float, class_: str) -> Iterator[Markup]:
    if of.ci is not None and all(map(math.isfinite, of.ci)):
        yield line(scale.at(of.ci[0]), height, scale.at(of.ci[1]), height, class_)
    if of.value is not None and math.isfinite(of.value):
        x = scale.at(of.value)
        yield line(x, height - 2.5, x, height + 2.5, f"{class_} dot")


def _cell(parts: Iterable[Markup]) -> Markup:
    box = f"0 0 {coordinate(_WIDTH)} {coordinate(_HEIGHT)}"
    return tag("svg", *parts, viewBox=box, class_="cell", aria_hidden="true")
