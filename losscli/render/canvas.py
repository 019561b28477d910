"""Curves in characters: Braille, of eight dots each, or letters for encodings without Braille."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

# The bits of the dots of a Braille character, by row from the top and by column.
_BITS = np.array(((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)))
_BLANK = 0x2800
_FLAT = 1e-9  # a range that is smaller, relative to its ends, is the rounding of a constant
_STEEP = 4.0  # a curve higher than this many times its usual range is clipped


class Trace(NamedTuple):
    """A curve, with gaps where it is not finite. mark: the letter that labels it."""

    at: NDArray[np.float64]
    heights: NDArray[np.float64]
    mark: str = ""


Sign: TypeAlias = tuple[float, float, str]  # coordinates, and a letter


class Frame(NamedTuple):
    """The drawn part of the plane, and its size in characters."""

    left: float
    right: float
    bottom: float
    top: float
    columns: int
    rows: int


def frame_of(traces: Sequence[Trace], columns: int, rows: int) -> Frame:
    """A frame around all curves; far outliers are clipped at the top or the bottom."""
    at = np.concatenate([trace.at for trace in traces])
    heights = np.concatenate([trace.heights for trace in traces])
    heights = heights[np.isfinite(heights)]
    if not heights.size:
        heights = np.zeros(1)
    low, high = _usual_range(heights)
    if high - low <= _FLAT * max(abs(low), abs(high)):
        constant = float(f"{high:.9g}")  # so that 0 is an end where the constant is 1
        low, high = constant - 1.0, constant + 1.0
    return Frame(float(at.min()), float(at.max()), low, high, columns, rows)


def drawn(
    traces: Sequence[Trace], frame: Frame, points: Sequence[Sign] = ()
) -> Iterator[tuple[str, str]]:
    """The lines of the picture from the top, each in Braille and in ASCII.

    points: the coordinates of letters, which are drawn over the curves.
    """
    both = (_drawn(traces, frame, points, braille=braille) for braille in (True, False))
    return zip(*both, strict=True)


def _drawn(
    traces: Sequence[Trace], frame: Frame, points: Sequence[Sign], *, braille: bool
) -> list[str]:
    """The lines of the picture, from the top; the height 0 is a dotted line."""
    wide, high = (2, 4) if braille else (1, 1)
    dots = np.full((frame.rows * high, frame.columns * wide), 0 if braille else ord(" "))
    if frame.bottom < 0 < frame.top:
        row = _row_of(frame, len(dots), 0.0)
        dots[row, :: 4 if braille else 2] = 1 if braille else ord(".")
    for trace in traces:
        for column, row in _dots(trace, frame, *dots.shape[::-1]):
            dots[row, column] = 1 if braille else ord(trace.mark or "*")
    cells = dots
    if braille:
        cells = np.einsum("rhcw,hw->rc", dots.reshape(frame.rows, high, -1, wide), _BITS)
        cells[cells > 0] += _BLANK
        cells[cells == 0] = ord(" ")
    for number, trace in enumerate(traces):
        if trace.mark:
            _mark(cells, trace, frame, high, (number + 0.5) / len(traces))
    for x, height, sign in points:
        share = (x - frame.left) / (frame.right - frame.left) if frame.right > frame.left else 0.0
        inside = min(max(height, frame.bottom), frame.top)
        row = _row_of(frame, frame.rows * high, inside) // high
        cells[row, round(share * (frame.columns - 1))] = ord(sign)
    return ["".join(map(chr, line)) for line in cells]


def _usual_range(heights: NDArray[np.float64]) -> tuple[float, float]:
    """The range of the heights, without values far outside that of the middle 92 %."""
    low, early, late, high = np.quantile(heights, [0.0, 0.04, 0.96, 1.0])
    size = max(late - early, 1e-300)
    if high - late > _STEEP * size:
        high = late + 0.2 * size
    if early - low > _STEEP * size:
        low = early - 0.2 * size
    return float(low), float(high)


def _row_of(frame: Frame, rows: int, height: float) -> int:
    share = (frame.top - height) / (frame.top - frame.bottom)
    return round(share * (rows - 1))


def _dots(trace: Trace, frame: Frame, columns: int, rows: int) -> Iterator[tuple[int, int]]:
    """The dots of a curve, connected vertically between neighbouring columns."""
    slack = (frame.top - frame.bottom) / rows
    before: int | None = None
    for column in range(columns):
        height = _height(trace, frame.left + (frame.right - frame.left) * column / (columns - 1))
        if height is None:
            before = None
            continue
        # A point outside is drawn one dot beyond the edge, so that the curve still leads there.
        row = _row_of(frame, rows, min(max(height, frame.bottom - slack), frame.top + slack))
        first = row if before is None else before + (row > before) - (row < before)
        for between in range(min(first, row), max(first, row) + 1):
            if 0 <= between < rows:
                yield column, between
        before = row


def _height(trace: Trace, x: float) -> float | None:
    """The height at x by linear interpolation; None outside the curve, or where not finite."""
    if not trace.at[0] <= x <= trace.at[-1]:
        return None
    found = float(np.interp(x, trace.at, trace.heights))
    return found if np.isfinite(found) else None


def _mark(cells: NDArray[np.int_], trace: Trace, frame: Frame, high: int, offset: float) -> None:
    """Put the mark of a curve on it three times.

    high: the rows of dots of a character. offset: of the marks, in thirds of the width.
    """
    for part in range(3):
        share = (part + offset) / 3.0
        column = round(share * (frame.columns - 1))
        x = frame.left + (frame.right - frame.left) * column / (frame.columns - 1)
        height = _height(trace, x)
        if height is not None and frame.bottom <= height <= frame.top:
            cells[_row_of(frame, frame.rows * high, height) // high, column] = ord(trace.mark)
