"""Losses and metrics in a report: value and interval, drawn next to the baseline's."""

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from losscli.explanation.panels import limits_of
from losscli.render.numbers import interval, percent, significant, value_cells
from losscli.render.report.blocks import Block, Cell, Column, Figure, Figures, Grid
from losscli.render.report.charts.cells import Estimate, estimate_scale, interval_cell
from losscli.render.report.charts.forest import Line, forest
from losscli.results.documents.eval import Evaluation
from losscli.results.statistics import LossResult, MetricResult
from losscli.stats.formatting import number

Measured: TypeAlias = LossResult | MetricResult


def losses_grid(result: Evaluation, baseline: object = None) -> Grid:
    """A row a loss; a statistic derived from its mean has a row below it."""
    old = _by_label(baseline)
    compared = any(loss.label in old for loss in result.losses)
    levels = {loss.ci_level for loss in result.losses}
    statistic = "sum" if all(loss.reduction == "sum" for loss in result.losses) else "mean"
    columns = [
        Column("loss"), Column(statistic, "number"),
        Column(f"{percent(max(levels))} interval", "number"), Column("", "picture"),
        *([Column("baseline", "number"), Column("change", "number")] if compared else []),
        Column("rows", "number"), Column("min", "number"), Column("max", "number"),
        Column("at row", "number"),
    ]  # fmt: skip
    rows = [
        row
        for loss in result.losses
        for row in _loss_rows(loss, old.get(loss.label), limits_of(result, loss), compared=compared)
    ]
    return Grid("", columns, rows, _legend(result, compared=compared))


def metrics_grid(result: Evaluation, baseline: object = None) -> Grid:
    """A row a metric."""
    old = _by_label(baseline)
    compared = any(metric.label in old for metric in result.metrics)
    columns = [
        Column("metric"), Column("value", "number"),
        Column(f"{percent(result.metrics[0].ci_level)} interval", "number"), Column("", "picture"),
        *([Column("baseline", "number"), Column("change", "number")] if compared else []),
        Column("rows", "number"), Column("better"),
    ]  # fmt: skip
    words = {True: "higher", False: "lower", None: ""}
    rows = []
    for metric in result.metrics:
        own, other = estimate_of(metric), old.get(metric.label)
        rows.append([
            Cell(metric.label),
            Cell(number(metric.value, metric.stderr)),
            Cell(interval(metric.ci, metric.stderr)),
            _picture(own, other, limits_of(result, metric)),
            *(_next_to(own, other, higher=metric.higher_is_better) if compared else ()),
            Cell(f"{metric.n:,}"),
            Cell(words[metric.higher_is_better]),
        ])  # fmt: skip
    return Grid("", columns, rows)


def models_figures(result: Evaluation) -> list[Block]:
    """Where several models were evaluated: their intervals side by side, a drawing a loss."""
    panels: dict[str, list[LossResult]] = {}
    for loss in result.losses:
        if loss.model is not None:
            panels.setdefault(loss.label.removeprefix(f"{loss.model}: "), []).append(loss)
    figures = [
        Figure(f"{label} by model", forest([_line(loss) for loss in losses], f"{label} by model"))
        for label, losses in panels.items()
        if len(losses) > 1
    ]
    return [Figures(figures)] if figures else []


def estimate_of(found: Measured) -> Estimate:
    """The value and the interval of a loss or a metric."""
    if isinstance(found, MetricResult):
        return Estimate(found.value, found.ci)
    return Estimate(found.of_mean, found.ci)


def gate_limits(result: Evaluation) -> dict[str, list[float]]:
    """The limits of the gates on all rows, by the label of the loss or metric."""
    return {each.label: limits_of(result, each) for each in result.statistics}


def _line(loss: LossResult) -> Line:
    return Line(loss.model or loss.label, estimate_of(loss), number(loss.of_mean, loss.stderr))


def _loss_rows(
    loss: LossResult, old: Measured | None, limits: Sequence[float], *, compared: bool
) -> Iterator[list[Cell]]:
    own = estimate_of(loss)
    value, ci = value_cells(loss)
    at_row = "-" if loss.max_row is None else f"{loss.max_row:,}"
    shown = not loss.statistic  # the extremes are those of another loss
    yield [
        Cell(loss.label), Cell(value), Cell(ci), _picture(own, old, limits),
        *(_next_to(own, old, higher=False) if compared else ()),
        Cell(f"{loss.n:,}"),
        Cell(significant(loss.min, 3) if shown else ""),
        Cell(significant(loss.max, 6) if shown else ""),
        Cell(at_row if shown else ""),
    ]  # fmt: skip
    blank = [Cell("")] * (8 if compared else 6)
    for name, root in loss.derived.items():
        if loss.statistic != name and loss.reduction == "mean":
            stderr = loss.stderr / (2.0 * root) if loss.stderr is not None and root else None
            yield [
                Cell(f"{name} of {loss.label}", tone="quiet"),
                Cell(number(root, stderr)), *blank,
            ]  # fmt: skip


def _picture(own: Estimate, old: Measured | None, limits: Sequence[float]) -> Cell:
    reference = None if old is None else estimate_of(old)
    shown = [own] if reference is None else [own, reference]
    scale = estimate_scale(shown, limits)
    return Cell("", picture=interval_cell(scale, own, reference, limits))


def _next_to(own: Estimate, old: Measured | None, *, higher: bool | None) -> Iterator[Cell]:
    """The baseline's value, and the relative change to it."""
    if old is None:
        yield from (Cell("-"), Cell("-"))
        return
    before = estimate_of(old).value
    yield Cell("-" if before is None else number(before, old.stderr), before)
    if before is None or own.value is None or not before or not math.isfinite(own.value - before):
        yield Cell("-")
        return
    change = 100 * (own.value - before) / abs(before)
    tone = "" if higher is None or not change else "good" if (change > 0) is higher else "bad"
    yield Cell(f"{change:+.3g} %" if change else "0 %", change, tone=tone)  # type: ignore[arg-type]


def _by_label(result: object) -> dict[str, Measured]:
    if not isinstance(result, Evaluation):
        return {}
    found: list[Measured] = [*result.losses, *result.metrics]
    return {each.label: each for each in found}


def _legend(result: Evaluation, *, compared: bool) -> str:
    words = ["interval: the value and its confidence interval"]
    if compared:
        words.append("grey: the baseline")
    if any(limits_of(result, loss) for loss in result.losses):
        words.append("red: the limit of a gate")
    return "; ".join(words)
