"""The page of an evaluation: one row a loss, then the groups, such as `mae[region=eu]`."""

import math
from collections.abc import Sequence

from losscli.render.numbers import interval, percent, significant, value_cells
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.documents.eval import Evaluation, Group, Input, LossResult, MetricResult
from losscli.results.gate import groups_text
from losscli.results.text import escape
from losscli.stats.formatting import number

_DROP_ORDER = ("min", "at row", "max")
_MOST_GROUPS = 40  # rows of groups


def page(result: Evaluation) -> Page:
    """The page of an evaluation."""
    tables = [_losses_table(result)] if result.losses else []
    if result.metrics:
        tables.append(_metrics_table(result))
    if result.groups and result.losses:
        tables.append(_groups_table(result))
    footer = [_rows_line(result), _method_line(result)]
    footer += [f"saved {escape(result.saved)}"] if result.saved else []
    notes = [note.message for note in result.notes]
    if result.gates:
        from losscli.render.gates import gates_line

        footer.append(gates_line(result.gates, result.exit_code))
    return Page((), tables, footer, notes, result.gates)


def report_cases(result: Evaluation) -> list[ReportCase]:
    """A case a loss, which passes whatever its number is."""
    cases = []
    for loss in result.losses:
        _, value, ci, *_ = _cells(loss)
        message = f"{value}, {percent(loss.ci_level)} interval {ci}, {_counts(loss)}"
        cases.append(ReportCase(f"{loss.label} evaluated", "pass", message))
    return cases


def _losses_table(result: Evaluation) -> Table:
    """The rows of the losses; a derived statistic stands under its loss, indented."""
    headers = (*_headers(result.losses[0]), "min", "max", "at row")
    rows = []
    for loss in result.losses:
        rows.append(TableRow(_cells(loss)))
        rows += [
            TableRow((f"  {name}", number(value, _root_stderr(loss, value)), "", "", "", ""))
            for name, value in loss.derived.items()
            if loss.statistic != name and loss.reduction == "mean"
        ]
    if all(loss.statistic for loss in result.losses):  # none has extremes to show
        headers, rows = headers[:3], [row._replace(cells=row.cells[:3]) for row in rows]
    return Table(headers, rows, (1, 3, 4, 5), _DROP_ORDER)


def _metrics_table(result: Evaluation) -> Table:
    """The rows of the metrics."""
    headers = ("metric", "value", f"{percent(result.metrics[0].ci_level)} interval", "n", "")
    rows = [
        TableRow(
            (
                escape(metric.label),
                number(metric.value, metric.stderr),
                interval(metric.ci, metric.stderr),
                f"{metric.n:,}",
                _direction(metric.higher_is_better),
            )
        )
        for metric in result.metrics
    ]
    return Table(headers, rows, (1, 3), ("n",))


def _direction(higher: bool | None) -> str:
    if higher is None:
        return ""
    return "higher is better" if higher else "lower is better"


def _headers(loss: LossResult) -> tuple[str, ...]:
    statistic = "sum" if loss.reduction == "sum" else "mean"
    return "loss", statistic, f"{percent(loss.ci_level)} interval"


def _cells(loss: LossResult) -> tuple[str, ...]:
    """The cells of a loss. The extremes of a derived statistic would be those of another loss."""
    at_row = "-" if loss.max_row is None else str(loss.max_row)
    extremes = (significant(loss.min, 3), significant(loss.max, 6), at_row)
    return (
        escape(loss.label),
        *value_cells(loss),
        *(("", "", "") if loss.statistic else extremes),
    )


def _root_stderr(loss: LossResult, root: float) -> float | None:
    """The standard error of a root: that of the mean, over twice the root (delta method)."""
    return None if loss.stderr is None or not root else loss.stderr / (2.0 * root)


def _groups_table(result: Evaluation) -> Table:
    """A row a loss and group, at most 40; the worst group of each loss is among them."""
    rows: list[TableRow] = []
    most = max(1, _MOST_GROUPS // len(result.losses))  # of each loss
    for at in range(len(result.losses)):
        worst = _worst(result.groups, at)
        for place in _shown(len(result.groups), most, worst):
            group = result.groups[place]
            mark = "worst" if place == worst else ""
            rows.append(TableRow((*_group_cells(group, group.losses[at]), mark)))
    hidden = len(result.groups) - most
    if hidden > 0:
        words = f"… and {hidden:,} more group{'' if hidden == 1 else 's'}: --format json has all"
        rows.append(TableRow((words,)))
    return Table((*_headers(result.losses[0]), "n", ""), rows, (1, 3), ("n",))


def _group_cells(group: Group, loss: LossResult) -> tuple[str, ...]:
    key = groups_text(list(group.by.items()))
    return escape(f"{loss.label}{key}"), *value_cells(loss), f"{loss.n:,}"


def _worst(groups: Sequence[Group], at: int) -> int | None:
    """The place of the largest mean of a loss; None where all means are alike."""
    means = [(group.losses[at].mean, -place) for place, group in enumerate(groups)]
    known = [pair for pair in means if not math.isnan(pair[0])]
    differ = len({mean for mean, _ in known}) > 1
    return -max(known)[1] if differ else None


def _shown(count: int, most: int, worst: int | None) -> list[int]:
    """The places that are shown: the first ones, and the worst in place of the last."""
    places = list(range(min(count, most)))
    if worst is not None and worst >= most:
        places[-1] = worst
    return places


def _rows_line(result: Evaluation) -> str:
    labels: dict[str, list[str]] = {}
    results: list[LossResult | MetricResult] = [*result.losses, *result.metrics]
    for loss in results:
        labels.setdefault(_counts(loss), []).append(escape(loss.label))
    if len(labels) == 1:
        counts = list(labels)
    else:  # a row may count in one loss and not in another
        counts = [f"{words} ({', '.join(names)})" for words, names in labels.items()]
    return " · ".join([*counts, *map(_input, result.inputs)])


def _counts(loss: LossResult | MetricResult) -> str:
    left_out = [f"{loss.ignored:,} ignored"] if loss.ignored else []
    left_out += [f"{loss.skipped:,} skipped"] if loss.skipped else []
    return f"{loss.n:,} of {loss.rows:,} rows{'; ' if left_out else ''}{', '.join(left_out)}"


def _method_line(result: Evaluation) -> str:
    conventions = f" · conventions of {result.like}" if result.like else ""
    method = f"{result.backend} on {result.device} in {result.dtype}, exact sums"
    return f"{method}{conventions} · {result.wall_s:.2f} s"


def _input(part: Input) -> str:
    columns = f" [{', '.join(part.columns[:3])}{', …' if len(part.columns) > 3 else ''}]"
    name = escape(part.path.rsplit("/", 1)[-1]) + (escape(columns) if part.columns else "")
    shape = ", ".join(map(str, part.shape)) + ("," if len(part.shape) == 1 else "")
    return f"{name} {part.dtype} ({shape})"
