"""The form of a loss along its line, found by computing: corners, jumps, growth, convexity.

Nothing here is said of a loss by hand. Where two neighbouring points of a grid differ, the interval
between them is halved until no number lies between: what still differs then is a corner of the
loss (its slope jumps) or a jump of its value.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from losscli.explanation.curves import Along
from losscli.explanation.lines import Points

Growth = Literal["none", "vanishes", "bounded", "grows", "explodes"]

_HALVINGS = 1100  # from any number to the smallest beside 0
_FAR = (1e2, 1e4, 1e6)
_POINTS = (-1e6, -10.0, -1.0, 1.0, 10.0, 1e6)
_NOTHING = 1e-9
_EXPLOSION = 1e20  # of a slope at 1e4, which no power in use has


class Corner(NamedTuple):
    """A place where the slope, or the value, jumps: from what to what."""

    at: float
    left: float
    right: float


class Tail(NamedTuple):
    """How the gradient behaves far out, or at the end of the domain.

    growth: of its size. limit: what it tends to, where it is bounded. power: the exponent with
    which it grows.
    """

    growth: Growth
    limit: float | None = None
    power: float | None = None


class Point(NamedTuple):
    """The loss and its gradient at one point of the line."""

    at: float
    loss: float
    gradient: float | None


class Form(NamedTuple):
    """What the shape of a loss along its line is.

    left, right: its gradient to either side. largest: the largest size of the gradient, None where
    there is none. convex: None where no gradient is known.
    """

    points: tuple[Point, ...]
    corners: tuple[Corner, ...]
    jumps: tuple[Corner, ...]
    left: Tail
    right: Tail
    largest: float | None
    convex: bool | None
    even: bool

    def smooth_at(self, x: float) -> bool:
        """Whether neither value nor slope jumps there."""
        return all(abs(corner.at - x) > 1e-9 for corner in (*self.corners, *self.jumps))

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "points": [point._asdict() for point in self.points],
            "corners": [corner._asdict() for corner in self.corners],
            "jumps": [jump._asdict() for jump in self.jumps],
            "left": self.left._asdict(),
            "right": self.right._asdict(),
            "largest_gradient": self.largest,
            "convex": self.convex,
            "even": self.even,
        }


def form_of(loss: Along) -> Form:
    """The form of a loss along its line."""
    grid = _grid(loss)
    values = loss.values(grid)
    gradients = loss.gradients(grid)
    points = tuple(_points(loss))
    jumps = tuple(_breaks(loss.values, grid, values))
    even = loss.line.unbounded and bool(
        np.allclose(loss.values(-grid), values, rtol=1e-12, atol=0.0, equal_nan=True)
    )
    if gradients is None:
        none = Tail("none")
        return Form(points, (), jumps, none, none, None, None, even)
    corners = tuple(_breaks(lambda x: _known(loss, x), grid, gradients))
    left, right = (_tail(loss, side) for side in (-1, 1))
    finite = gradients[np.isfinite(gradients)]
    unbounded = {"grows", "explodes"} & {left.growth, right.growth}
    largest = None if unbounded or not finite.size else float(np.abs(finite).max())
    convex = not jumps and _never_falls(gradients)
    return Form(points, corners, jumps, left, right, largest, convex, even)


def _known(loss: Along, at: Points) -> Points:
    found = loss.gradients(at)
    assert found is not None
    return found


def _grid(loss: Along) -> Points:
    """Even steps where the curve is drawn, and ever longer ones beyond."""
    line = loss.line
    near = np.linspace(line.low, line.high, 385)
    far = np.logspace(0.0, 6.0, 97)
    grid = np.unique(np.concatenate([near, -far, far]))
    return np.asarray(grid[np.asarray(line.ends.holds(grid), np.bool_)])


def _points(loss: Along) -> Iterator[Point]:
    line = loss.line
    ends = [end for end in (line.ends.low, line.ends.high) if np.isfinite(end)]
    middle = [(line.low + line.high) / 2.0] if len(ends) == 2 else []
    wanted = sorted({*_POINTS, *line.marks, *ends, *middle})
    at = np.array([x for x in wanted if line.inside(x)])
    gradients = loss.gradients(at)
    slopes: Sequence[float | None] = [None] * len(at) if gradients is None else gradients.tolist()
    for x, value, slope in zip(at.tolist(), loss.values(at).tolist(), slopes, strict=True):
        yield Point(x, value, slope)


def _breaks(function: Callable[[Points], Points], grid: Points, found: Points) -> Iterator[Corner]:
    """Where a function jumps: each interval is halved to where its ends differ the most."""
    low, high = grid[:-1].copy(), grid[1:].copy()
    below, above = found[:-1].copy(), found[1:].copy()
    finite = np.abs(found[np.isfinite(found)])
    least = 1e-9 * float(np.median(finite[finite > 0])) if (finite > 0).any() else 0.0

    def differ() -> Any:
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(below), np.abs(above))
            step = np.abs(above - below)
            return np.isfinite(step) & (step > 1e-6 * size) & (step > least)

    for _ in range(_HALVINGS):
        kept = differ()
        low, high, below, above = low[kept], high[kept], below[kept], above[kept]
        if not len(low):
            return
        middle = low + (high - low) / 2.0
        if ((middle == low) | (middle == high)).all():
            break
        at = function(middle)
        with np.errstate(all="ignore"):
            first = np.abs(at - below) >= np.abs(above - at)
        high, above = np.where(first, middle, high), np.where(first, at, above)
        low, below = np.where(first, low, middle), np.where(first, below, at)
    kept = differ()
    if not kept.any():
        return
    # At the place itself the slope is a convention: both sides are asked a little further out.
    low, high = low[kept], high[kept]
    aside = 4.0 * np.spacing(np.maximum(np.abs(low), 1.0))
    below = function(np.maximum(low - aside, grid[0]))
    above = function(np.minimum(high + aside, grid[-1]))
    yield from _merged(low, high, below, above)


def _merged(low: Points, high: Points, below: Points, above: Points) -> Iterator[Corner]:
    """Breaks that touch are one: the value at a corner is a convention between both sides."""
    at = 0
    while at < len(low):
        last = at
        while last + 1 < len(low) and low[last + 1] - high[last] <= 1e-9 * (1 + abs(high[last])):
            last += 1
        place = float(f"{(low[at] + high[last]) / 2.0:.9g}")
        if abs(place) < 1e-15:
            place = 0.0
        yield Corner(place, *(float(f"{side:.12g}") for side in (below[at], above[last])))
        at = last + 1


def _tail(loss: Along, side: int) -> Tail:
    end = loss.line.ends.low if side < 0 else loss.line.ends.high
    if np.isfinite(end):
        near = end - side * np.array([1e-6, 1e-9]) * max(1.0, abs(end))
        sizes = np.abs(_known(loss, near))
        limit = float(_known(loss, np.array([end]))[0]) if loss.line.inside(end) else np.inf
        if not np.isfinite(limit):  # there the slope may be a convention
            if not np.isfinite(sizes).all() or sizes[1] > 1.05 * sizes[0]:
                return Tail("explodes")
            limit = float(_known(loss, near)[1])
        return Tail("bounded", float(f"{limit:.6g}") if abs(limit) > _NOTHING else 0.0)
    slopes = _known(loss, side * np.array(_FAR))
    sizes = np.abs(slopes)
    if not np.isfinite(sizes[:2]).all() or sizes[1] > _EXPLOSION:
        return Tail("explodes")
    if sizes[2] <= 0.9 * sizes[1] or not sizes[2]:
        return Tail("vanishes", 0.0)
    power = float(np.log10(sizes[2] / sizes[1])) / 2.0
    if abs(power) < 1e-3:
        return Tail("bounded", float(f"{slopes[2]:.6g}"))
    return Tail("grows", None, round(power, 2))


def _never_falls(gradients: Points) -> bool:
    """Whether the slope only rises, but for rounding."""
    finite = gradients[np.isfinite(gradients)]
    steps = np.diff(finite)
    size = np.maximum(np.abs(finite[:-1]), np.abs(finite[1:]))
    return bool((steps >= -1e-9 * size - 1e-12).all())
