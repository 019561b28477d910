"""Lines through points with intervals, on linear or logarithmic axes."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from losscli.render.svg import Scale, drawing, label, line, path, scale_of, tag

_WIDTH, _HEIGHT = 480.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 24.0, 10.0, 40.0
SERIES = 8  # lines that the style sheet distinguishes


class Point(NamedTuple):
    """A point of a line, its interval, and its text for who points at it.

    size: of its circle, from 0 to 1.
    """

    x: float
    y: float
    ci: tuple[float, float] | None = None
    words: str = ""
    failed: bool = False
    size: float = 0.3


class Series(NamedTuple):
    """A line. class_: its style, s0 to s7, or limit for a limit.

    joined: False for points without a line through them.
    """

    name: str
    class_: str
    points: Sequence[Point]
    joined: bool = True


class Axis(NamedTuple):
    """An axis: its name, whether it is logarithmic, and the text of a tick.

    ticks: the values that have one; by default round ones.
    """

    name: str
    log: bool = False
    text: Callable[[float], str] = "{:.4g}".format
    ticks: Sequence[float] = ()


def lines(series: Sequence[Series], x: Axis, y: Axis, title: str) -> Markup:
    """The drawing of all lines."""
    points = [point for each in series for point in each.points if _known(point, x, y)]
    wide = scale_of((point.x for point in points), _LEFT, _WIDTH - _RIGHT, log=x.log)
    heights = [height for point in points for height in (point.y, *(point.ci or ()))]
    high = scale_of(heights, _HEIGHT - _BOTTOM, _TOP, log=y.log)
    parts = [*_axes(wide, high, x, y)]
    for each in series:
        known = [point for point in each.points if _known(point, x, y)]
        parts += _line(each, known, wide, high)
    return drawing(_WIDTH, _HEIGHT, parts, title)


def _known(point: Point, x: Axis, y: Axis) -> bool:
    finite = math.isfinite(point.x) and math.isfinite(point.y)
    return finite and (point.x > 0 or not x.log) and (point.y > 0 or not y.log)


def _line(each: Series, points: Sequence[Point], wide: Scale, high: Scale) -> Iterator[Markup]:
    places = [(wide.at(point.x), high.at(point.y)) for point in points]
    if len(places) > 1 and each.joined:
        yield path(places, f"line {each.class_}")
    if each.class_ == "limit":
        return
    for point, (left, top) in zip(points, places, strict=True):
        inside = [tag("title", point.words or f"{each.name}: {point.y:.6g}")]
        if point.ci is not None and all(map(math.isfinite, point.ci)):
            low, up = (high.at(side) for side in point.ci)
            inside.append(line(left, low, left, up, "whisker"))
        if point.failed:
            cross = [path([(left - 4, top - 4), (left + 4, top + 4)], "interval")]
            inside += [*cross, path([(left - 4, top + 4), (left + 4, top - 4)], "interval")]
        else:
            inside.append(tag("circle", cx=left, cy=top, r=2.0 + 5.0 * point.size))
        yield tag("g", *inside, class_=f"mark {'bad' if point.failed else each.class_}")


def _axes(wide: Scale, high: Scale, x: Axis, y: Axis) -> Iterator[Markup]:
    bottom = high.start
    for value in y.ticks or high.ticks():
        at = high.at(value)
        yield line(wide.start, at, wide.end, at, "grid")
        yield label(wide.start - 6, at + 4, y.text(value), "end", "tick")
    for value in x.ticks or wide.ticks():
        at = wide.at(value)
        yield line(at, bottom, at, bottom + 4, "axis")
        yield label(at, bottom + 17, x.text(value), "middle", "tick")
    yield line(wide.start, bottom, wide.end, bottom, "axis")
    yield label((wide.start + wide.end) / 2, bottom + 34, x.name, "middle", "name")
    yield tag(
        "text", y.name, transform=f"translate(13 {(_TOP + bottom) / 2:.0f}) rotate(-90)",
        text_anchor="middle", class_="name",
    )  # fmt: skip
