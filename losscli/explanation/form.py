"""The form of a loss along its line, computed: corners, jumps, growth, convexity.

Where two neighbouring points of a grid differ, the interval between them is bisected until no
floating-point number lies between: a difference that remains is a corner of the loss (its gradient
jumps) or a jump of its value.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.explanation.curves import LossOnLine
from losscli.explanation.lines import Points
from losscli.results.documents.explain import Corner, Point, Tail

_MOST_BISECTIONS = 1100  # from any float64 to the smallest above 0
_FAR = (1e2, 1e4, 1e6)
_POINTS = (-1e6, -10.0, -1.0, 1.0, 10.0, 1e6)
_ZERO = 1e-9  # limits of gradients below it are rounding errors
_EXPLODES = 1e20  # of a gradient at 1e4: more than any power in use


class Form(NamedTuple):
    """The computed properties of a loss along its line.

    left, right: its gradient at both ends. largest: the largest absolute gradient, None where it is
    unbounded or unknown. convex: None where the gradient is unknown. even: True if symmetric.
    """

    points: tuple[Point, ...]
    corners: tuple[Corner, ...]
    jumps: tuple[Corner, ...]
    left: Tail
    right: Tail
    largest: float | None
    convex: bool | None
    even: bool


def form_of(loss: LossOnLine) -> Form:
    """The form of a loss along its line."""
    grid = _grid(loss)
    values, gradients = loss.values(grid), loss.gradients(grid)
    points = tuple(_points(loss))
    jumps = tuple(_breaks(loss.values, grid, values))
    even = loss.line.unbounded and bool(
        np.allclose(loss.values(-grid), values, rtol=1e-12, atol=0.0, equal_nan=True)
    )
    if gradients is None:
        return Form(points, (), jumps, Tail("none"), Tail("none"), None, None, even)
    corners = tuple(_breaks(lambda x: _gradients(loss, x), grid, gradients))
    left, right = (_tail(loss, side) for side in (-1, 1))
    finite = gradients[np.isfinite(gradients)]
    unbounded = {"grows", "explodes"} & {left.growth, right.growth}
    largest = None if unbounded or not finite.size else float(np.abs(finite).max())
    convex = not jumps and _nondecreasing(gradients)
    return Form(points, corners, jumps, left, right, largest, convex, even)


def _gradients(loss: LossOnLine, at: Points) -> Points:
    gradients = loss.gradients(at)
    assert gradients is not None
    return gradients


def _grid(loss: LossOnLine) -> Points:
    """Even steps where the curve is drawn, and growing ones beyond."""
    line = loss.line
    near = np.linspace(line.low, line.high, 385)
    far = np.logspace(0.0, 6.0, 97)
    grid = np.unique(np.concatenate([near, -far, far]))
    return np.asarray(grid[np.asarray(line.interval.holds(grid), np.bool_)])


def _points(loss: LossOnLine) -> Iterator[Point]:
    line = loss.line
    ends = [end for end in (line.interval.low, line.interval.high) if np.isfinite(end)]
    middle = [(line.low + line.high) / 2.0] if len(ends) == 2 else []
    wanted = sorted({*_POINTS, *line.landmarks, *ends, *middle})
    at = np.array([x for x in wanted if line.interval.holds(x)])
    gradients = loss.gradients(at)
    slopes: Sequence[float | None] = [None] * len(at) if gradients is None else gradients.tolist()
    for x, value, slope in zip(at.tolist(), loss.values(at).tolist(), slopes, strict=True):
        yield Point(x, value, slope)


def _breaks(function: Callable[[Points], Points], grid: Points, values: Points) -> Iterator[Corner]:
    """The points where a function jumps, by bisection of all intervals of the grid at once."""
    sizes = np.abs(values[np.isfinite(values)])
    least = 1e-9 * float(np.median(sizes[sizes > 0])) if (sizes > 0).any() else 0.0
    low, high, below, above = grid[:-1], grid[1:], values[:-1], values[1:]
    for _ in range(_MOST_BISECTIONS):
        kept = _differ(below, above, least)
        low, high, below, above = low[kept], high[kept], below[kept], above[kept]
        middle = low + (high - low) / 2.0
        if ((middle == low) | (middle == high)).all():
            break
        at = function(middle)
        with np.errstate(all="ignore"):  # the half with the larger difference
            first = np.abs(at - below) >= np.abs(above - at)
        high, above = np.where(first, middle, high), np.where(first, at, above)
        low, below = np.where(first, low, middle), np.where(first, below, at)
    kept = _differ(below, above, least)
    if not kept.any():
        return
    # At the corner itself the gradient is a convention: evaluate it a little further out.
    low, high = low[kept], high[kept]
    aside = 4.0 * np.spacing(np.maximum(np.abs(low), 1.0))
    below = function(np.maximum(low - aside, grid[0]))
    above = function(np.minimum(high + aside, grid[-1]))
    yield from _merged(low, high, below, above)


def _differ(below: Points, above: Points, least: float) -> NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(below), np.abs(above))
        step = np.abs(above - below)
        return np.asarray(np.isfinite(step) & (step > 1e-6 * size) & (step > least))


def _merged(low: Points, high: Points, below: Points, above: Points) -> Iterator[Corner]:
    """The breaks, with those that touch merged: the value at a corner is a convention."""
    apart = low[1:] - high[:-1] > 1e-9 * (1 + np.abs(high[:-1]))
    firsts, lasts = np.append(True, apart), np.append(apart, True)
    places = (low[firsts] + high[lasts]) / 2.0
    for middle, left, right in zip(places, below[firsts], above[lasts], strict=True):
        place = float(f"{middle:.9g}")
        if abs(place) < 1e-15:
            place = 0.0
        yield Corner(place, *(float(f"{side:.12g}") for side in (left, right)))


def _tail(loss: LossOnLine, side: int) -> Tail:
    end = loss.line.interval.low if side < 0 else loss.line.interval.high
    if np.isfinite(end):
        near = end - side * np.array([1e-6, 1e-9]) * max(1.0, abs(end))
        sizes = np.abs(_gradients(loss, near))
        limit = (
            float(_gradients(loss, np.array([end]))[0]) if loss.line.interval.holds(end) else np.inf
        )
        if not np.isfinite(limit):  # at the end itself the gradient may be a convention
            if not np.isfinite(sizes).all() or sizes[1] > 1.05 * sizes[0]:
                return Tail("explodes")
            limit = float(_gradients(loss, near)[1])
        return Tail("bounded", float(f"{limit:.6g}") if abs(limit) > _ZERO else 0.0)
    slopes = _gradients(loss, side * np.array(_FAR))
    sizes = np.abs(slopes)
    if not np.isfinite(sizes[:2]).all() or sizes[1] > _EXPLODES:
        return Tail("explodes")
    if sizes[2] <= 0.9 * sizes[1] or not sizes[2]:
        return Tail("vanishes", 0.0)
    power = float(np.log10(sizes[2] / sizes[1])) / 2.0
    if abs(power) < 1e-3:
        return Tail("bounded", float(f"{slopes[2]:.6g}"))
    return Tail("grows", None, round(power, 2))


def _nondecreasing(gradients: Points) -> bool:
    finite = gradients[np.isfinite(gradients)]
    steps = np.diff(finite)
    size = np.maximum(np.abs(finite[:-1]), np.abs(finite[1:]))
    return bool((steps >= -1e-9 * size - 1e-12).all())
