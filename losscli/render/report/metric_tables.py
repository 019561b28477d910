"""The numbers of a metric in a report: a confusion matrix, a diagram of reliability, a table."""

import math
from collections.abc import Sequence

from losscli.render.report.blocks import Block, Cell, Column, Figure, Figures, Grid
from losscli.render.report.charts.lines import Axis, Point, Series, lines
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import MetricResult, MetricTable

_MOST = 50  # labels of a confusion matrix, rows of another table
_SHADES = 8
_RELIABILITY = ("confidence", "accuracy", "rows")
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def metric_blocks(result: Evaluation) -> list[Block]:
    """The tables of the metrics that have one."""
    blocks: list[Block] = []
    for metric in result.metrics:
        if metric.table is not None:
            blocks += _blocks(metric, metric.table)
    return blocks


def _blocks(metric: MetricResult, table: MetricTable) -> list[Block]:
    if table.columns == _RELIABILITY:
        return [Figures([_reliability(metric, table)])]
    if table.columns == tuple(table.rows):
        return [_confusion(metric, table)]
    return [_plain(metric, table)]


def _confusion(metric: MetricResult, table: MetricTable) -> Grid:
    """Each row of the matrix shaded by its own share; the diagonal is right."""
    names = table.columns[:_MOST]
    rows = []
    for name, numbers in list(table.rows.items())[:_MOST]:
        total = sum(numbers)
        cells = [Cell(_number(each), each, shade=_shade(each, total)) for each in numbers[:_MOST]]
        rows.append([Cell(name), *cells])
    columns = [Column(table.corner), *(Column(name, "number") for name in names)]
    words = "shade: the share of its row"
    left_out = len(table.columns) - len(names)
    return Grid(metric.label, columns, rows, words + _left_out(left_out, "labels"))


def _plain(metric: MetricResult, table: MetricTable) -> Grid:
    columns = [Column(table.corner), *(Column(name, "number") for name in table.columns[:_MOST])]
    rows = [
        [Cell(name), *(Cell(f"{each:.6g}", each) for each in numbers[:_MOST])]
        for name, numbers in list(table.rows.items())[:_MOST]
    ]
    left_out = max(len(table.rows) - _MOST, 0)
    return Grid(metric.label, columns, rows, _left_out(left_out, "rows").removeprefix("; "))


def _reliability(metric: MetricResult, table: MetricTable) -> Figure:
    """Accuracy against confidence, a point a bin, of a size by its share of the rows."""
    most = max((numbers[2] for numbers in table.rows.values()), default=0.0)
    points = [_bin(name, numbers, most) for name, numbers in table.rows.items()]
    shown = [
        Series("calibrated", "limit", [Point(0.0, 0.0), Point(1.0, 1.0)]),
        Series("bins, larger with more rows", "s0", points, joined=False),
    ]
    x = Axis("mean confidence", text="{:g}".format, ticks=_SHARES)
    y = Axis("accuracy", text="{:g}".format, ticks=_SHARES)
    title = f"reliability diagram of {metric.label}"
    picture = lines(shown, x, y, title)
    return Figure(title, picture, [("limit", "calibrated"), ("dots", shown[1].name)])


def _bin(name: str, numbers: Sequence[float], most: float) -> Point:
    confidence, accuracy, rows = numbers
    words = f"bin {name}: confidence {confidence:.4g}, accuracy {accuracy:.4g}, {rows:,.6g} rows"
    size = math.sqrt(rows / most) if most > 0 else 0.0
    return Point(confidence, accuracy, words=words, size=size)


def _shade(value: float, total: float) -> int:
    share = value / total if total > 0 and math.isfinite(value / total) else 0.0
    return min(_SHADES, math.ceil(_SHADES * share))


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) else f"{value:.4g}"


def _left_out(count: int, noun: str) -> str:
    return f"; {count:,} more {noun} are not shown: --format json has all" if count > 0 else ""
