"""A benchmark as a picture: time and bandwidth against size, on logarithmic axes."""

import io
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from losscli.results.documents.bench import Benchmark, BenchmarkRow

_INCHES = (9.0, 3.6)  # of one line of panels
_MARKS = "osD^vP*X"


def draw(result: "Benchmark", form: str) -> bytes:
    """The picture in a format: a line of two panels a loss, dtype and direction."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels: dict[tuple[str, str, str, str], list[BenchmarkRow]] = {}
    for row in result.rows:
        key = (row.label, row.dtype, row.device, str(row.passes))
        panels.setdefault(key, []).append(row)
    figure = Figure(figsize=(_INCHES[0], _INCHES[1] * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(panels), 2, squeeze=False)
    for (key, rows), pair in zip(panels.items(), axes, strict=True):
        _time(pair[0], rows)
        _bandwidth(pair[1], rows)
        pair[0].set_title(" ".join(key), loc="left", fontsize=9)
    stream = io.BytesIO()
    figure.savefig(stream, format=form, dpi=150)
    return stream.getvalue()


def _time(axis: Any, rows: "list[BenchmarkRow]") -> None:
    for number, (impl, mine) in enumerate(_by_impl(rows).items()):
        medians = [1e3 * row.times.median for row in mine if row.times]
        low = [_end(row, 0) for row in mine if row.times]
        high = [_end(row, 1) for row in mine if row.times]
        sizes = [math.prod(row.shape) for row in mine if row.times]
        style = f"{_MARKS[number % len(_MARKS)]}-"
        axis.plot(sizes, medians, style, label=impl, linewidth=1.2, markersize=4)
        axis.fill_between(sizes, low, high, alpha=0.2)
    limits = {
        math.prod(row.shape): 1e3 * row.limit_time_s for row in rows if row.limit_time_s is not None
    }
    axis.plot(list(limits), list(limits.values()), "k--", linewidth=1.0, label="peak bandwidth")
    axis.set(xscale="log", yscale="log", xlabel="elements", ylabel="median time, ms")
    axis.legend(fontsize=8, frameon=False)
    axis.grid(visible=True, which="major", alpha=0.3)


def _bandwidth(axis: Any, rows: "list[BenchmarkRow]") -> None:
    for number, (impl, mine) in enumerate(_by_impl(rows).items()):
        found = [(math.prod(row.shape), row.gb_per_s) for row in mine if row.gb_per_s]
        style = f"{_MARKS[number % len(_MARKS)]}-"
        axis.plot(*zip(*found, strict=True), style, label=impl, linewidth=1.2, markersize=4)
    limits = {
        math.prod(row.shape): row.bytes / row.limit_time_s / 1e9 for row in rows if row.limit_time_s
    }
    axis.plot(list(limits), list(limits.values()), "k--", linewidth=1.0, label="peak bandwidth")
    axis.set(xscale="log", yscale="log", xlabel="elements", ylabel="useful GB/s")
    axis.grid(visible=True, which="major", alpha=0.3)


def _by_impl(rows: "list[BenchmarkRow]") -> "dict[str, list[BenchmarkRow]]":
    """Right and timed rows of each implementation, by size."""
    found: dict[str, list[BenchmarkRow]] = {}
    for row in sorted(rows, key=lambda row: math.prod(row.shape)):
        if row.correct and row.times is not None:
            found.setdefault(row.impl, []).append(row)
    return found


def _end(row: "BenchmarkRow", which: int) -> float:
    assert row.times is not None
    return 1e3 * (row.times.median if row.times.ci is None else row.times.ci[which])
