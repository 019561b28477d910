"""Intervals below each other on one axis, with a line at a reference and a shaded margin."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from losscli.render.report.blocks import Tone
from losscli.render.report.charts.cells import Estimate
from losscli.render.svg import Scale, drawing, label, line, path, scale_of, tag

_WIDTH, _ROW, _TOP, _BOTTOM = 480.0, 26.0, 8.0, 26.0
_NAME = 22  # characters


class Line(NamedTuple):
    """A named estimate, and its value in words."""

    name: str
    estimate: Estimate
    words: str = ""
    tone: Tone = ""


def forest(
    lines: Sequence[Line],
    title: str,
    reference: float | None = None,
    margin: tuple[float, float] | None = None,
) -> Markup:
    """The drawing; reference: where a line is, such as 0. margin: the ends of a shaded range."""
    names = min(max((len(each.name) for each in lines), default=0), _NAME)
    start, end = 12.0 + 7.0 * names, _WIDTH - 12.0
    ends = [number for each in lines for number in each.estimate.ends()]
    ends += [] if reference is None else [reference]
    ends += [] if margin is None else [side for side in margin if math.isfinite(side)]
    scale = scale_of(ends, start, end)
    bottom = _TOP + _ROW * len(lines)
    parts = [*_shade(scale, margin, bottom), *_axis(scale, bottom)]
    if reference is not None:
        parts.append(line(scale.at(reference), _TOP, scale.at(reference), bottom, "zero"))
    for number, each in enumerate(lines):
        parts += _row(scale, each, _TOP + _ROW * (number + 0.5))
    return drawing(_WIDTH, bottom + _BOTTOM, parts, title)


def _row(scale: Scale, each: Line, y: float) -> Iterator[Markup]:
    name = each.name if len(each.name) <= _NAME else f"{each.name[: _NAME - 1]}…"
    yield label(4, y + 4, name)
    value, ci = each.estimate
    inside = [tag("title", f"{each.name}: {each.words}")]
    if ci is not None and all(map(math.isfinite, ci)):
        inside.append(path([(scale.at(ci[0]), y), (scale.at(ci[1]), y)], "interval"))
    if value is not None and math.isfinite(value):
        inside.append(tag("circle", cx=scale.at(value), cy=y, r=4.0))
    yield tag("g", *inside, class_=f"mark {each.tone}".strip())


def _axis(scale: Scale, y: float) -> Iterator[Markup]:
    yield line(scale.start, y, scale.end, y, "axis")
    for value in scale.ticks():
        x = scale.at(value)
        yield line(x, _TOP, x, y, "grid")
        yield label(x, y + 16, f"{value:.6g}", "middle", "tick")


def _shade(scale: Scale, margin: tuple[float, float] | None, bottom: float) -> Iterator[Markup]:
    if margin is not None:
        low, high = (scale.at(side) for side in margin)
        yield tag("rect", x=low, y=_TOP, width=high - low, height=bottom - _TOP, class_="shade")
