"""A picture of a benchmark: time and bandwidth against size, on logarithmic axes."""

import io
import math
from typing import Any

from losscli.results.documents.bench import Benchmark, BenchmarkRow

_INCHES = (9.0, 3.6)  # of one line of panels
_MARKS = "osD^vP*X"
_LINE: dict[str, Any] = {"linewidth": 1.2, "markersize": 4}


def draw(result: Benchmark, form: str) -> bytes:
    """The picture in a format: a line of two panels a loss, dtype and direction."""
    from matplotlib.figure import Figure

    panels: dict[tuple[str, str, str, str], list[BenchmarkRow]] = {}
    for row in result.rows:
        key = (row.label, row.dtype, row.device, str(row.passes))
        panels.setdefault(key, []).append(row)
    figure = Figure(figsize=(_INCHES[0], _INCHES[1] * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (key, rows), pair in zip(panels.items(), axes, strict=True):
        _time(pair[0], rows)
        _bandwidth(pair[1], rows)
        pair[0].set_title(" ".join(key), loc="left", fontsize=9)
    stream = io.BytesIO()
    figure.savefig(stream, format=form, dpi=150)
    return stream.getvalue()


def _time(axis: Any, rows: list[BenchmarkRow]) -> None:
    for number, (impl, own) in enumerate(_by_impl(rows).items()):
        times = [row.times for row in own if row.times]
        medians = [1e3 * each.median for each in times]
        ends = [each.ci or (each.median, each.median) for each in times]
        low, high = ([1e3 * end[side] for end in ends] for side in (0, 1))
        axis.plot(list(map(_size, own)), medians, _style(number), label=impl, **_LINE)
        axis.fill_between(list(map(_size, own)), low, high, alpha=0.2)
    peaks = {_size(row): 1e3 * row.limit_time_s for row in rows if row.limit_time_s is not None}
    _finish(axis, peaks, "median time, ms")
    axis.legend(fontsize=8, frameon=False)


def _bandwidth(axis: Any, rows: list[BenchmarkRow]) -> None:
    for number, own in enumerate(_by_impl(rows).values()):
        known = {_size(row): row.gb_per_s for row in own if row.gb_per_s}
        axis.plot(list(known), list(known.values()), _style(number), **_LINE)
    peaks = {_size(row): row.bytes / row.limit_time_s / 1e9 for row in rows if row.limit_time_s}
    _finish(axis, peaks, "useful GB/s")


def _finish(axis: Any, peaks: dict[int, float], name: str) -> None:
    """The line of the peak bandwidth by size, the axes and the grid."""
    if peaks:
        axis.plot(list(peaks), list(peaks.values()), "k--", linewidth=1.0, label="peak bandwidth")
    axis.set(xscale="log", yscale="log", xlabel="elements", ylabel=name)
    axis.grid(visible=True, which="major", alpha=0.3)


def _by_impl(rows: list[BenchmarkRow]) -> dict[str, list[BenchmarkRow]]:
    """The correct and timed rows of each implementation, by size."""
    by_impl: dict[str, list[BenchmarkRow]] = {}
    for row in sorted(rows, key=_size):
        if row.correct and row.times is not None:
            by_impl.setdefault(row.impl, []).append(row)
    return by_impl


def _size(row: BenchmarkRow) -> int:
    return math.prod(row.shape)


def _style(number: int) -> str:
    return f"{_MARKS[number % len(_MARKS)]}-"
