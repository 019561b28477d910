"""The curves of losses as SVG that is part of a page, in the colours of its style sheet."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from losscli import plot
from losscli.render.canvas import Trace, frame_of
from losscli.render.svg import Scale, coordinate, drawing, label, line, tag

_WIDTH, _HEIGHT = 360.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 10.0, 24.0, 40.0


def curves(name: str) -> str:
    """The drawings of a loss and of its gradient, where it has one, as `losscli plot` has them."""
    result = plot(name)
    (curve,) = result.curves
    heights = {"loss": curve.losses, "gradient": curve.gradients}
    panels = [
        _panel(f"{panel} of {name}", panel, result.axis, curve.at, values)
        for panel, values in heights.items()
        if values is not None
    ]
    return tag("div", *panels, class_="curves")


def _panel(title: str, panel: str, axis: str, at: Any, heights: Any) -> Markup:
    """A drawing with axes; far outliers are clipped."""
    frame = frame_of([Trace(at, heights)], 2, 2)
    margin = 0.04 * (frame.top - frame.bottom)
    wide = Scale(frame.left, frame.right, _LEFT, _WIDTH - _RIGHT)
    high = Scale(frame.bottom - margin, frame.top + margin, _HEIGHT - _BOTTOM, _TOP)
    inside = np.isfinite(heights) & (heights >= high.low) & (heights <= high.high)
    parts = [*_axes(wide, high, panel, axis)]
    parts.append(tag("path", d=_path(at, heights, inside, wide, high), class_="curve"))
    return drawing(_WIDTH, _HEIGHT, parts, title)


def _path(at: Any, heights: Any, inside: Sequence[bool], wide: Scale, high: Scale) -> str:
    """The steps of a line, which is interrupted outside the panel."""
    steps, before = [], False
    for x, y, shown in zip(at, heights, inside, strict=True):
        if shown:
            place = f"{coordinate(wide.at(x))} {coordinate(high.at(y))}"
            steps.append(f"{'L' if before else 'M'}{place}")
        before = shown
    return "".join(steps)


def _axes(wide: Scale, high: Scale, panel: str, axis: str) -> Iterator[Markup]:
    for value in high.ticks(5):
        y = high.at(value)
        yield line(wide.start, y, wide.end, y, "axis" if value == 0 else "grid")
        yield label(wide.start - 6, y + 4, f"{value:.4g}", "end")
    for value in wide.ticks(7):
        x = wide.at(value)
        yield line(x, high.start, x, high.start + 4, "axis")
        yield label(x, high.start + 17, f"{value:.4g}", "middle")
    yield label(wide.start, 14, panel, class_="name")
    yield label((wide.start + wide.end) / 2, high.start + 34, axis, "middle")
