"""The page of an evaluation: one row a loss, then the groups, such as `mae[region=eu]`."""

import math
from collections.abc import Iterator, Sequence

from losscli.render.numbers import interval, percent, significant, value_cells
from losscli.render.page import Page, Quantity, ReportCase, Table, TableRow
from losscli.render.pivot import FEW, pivots
from losscli.results.documents.eval import Evaluation, Input
from losscli.results.gate import groups_text
from losscli.results.statistics import Group, LossResult, MetricResult, Statistic
from losscli.results.text import escape
from losscli.stats.formatting import number

_DROP_ORDER = ("min", "at row", "max")
_MOST_GROUPS = 40  # rows of groups


def page(result: Evaluation) -> Page:
    """The page of an evaluation."""
    tables = [_metrics_table(result) if result.metrics else _losses_table(result)]
    tables += [_number_table(each) for each in result.metrics if each.table is not None]
    if result.groups:
        tables += pivots(result) or [_groups_table(result)]
    if any(loss.worst or loss.distribution for loss in result.losses):
        from losscli.render.details import detail_tables

        tables += detail_tables(result)
    footer = [_rows_line(result), _method_line(result)]
    footer += [f"saved {escape(result.saved)}"] if result.saved else []
    notes = [note.message for note in result.notes]
    if result.gates:
        from losscli.render.gates import gates_line

        footer.append(gates_line(result.gates, result.exit_code))
    return Page((), tables, footer, notes, result.gates)


def report_cases(result: Evaluation) -> list[ReportCase]:
    """A case a loss or metric, which passes whatever its number is."""
    cases = []
    for loss in result.statistics:
        value, ci = value_cells(loss)
        message = f"{value}, {percent(loss.ci_level)} interval {ci}, {_counts(loss)}"
        cases.append(ReportCase(f"{loss.label} evaluated", "pass", message))
    return cases


def quantities(result: Evaluation) -> Iterator[Quantity]:
    """The losses and metrics, then those of the groups; none under the reduction none."""
    for found in result.statistics:
        yield from _quantities(found, {})
    for group in result.groups:
        for found in group.statistics:
            yield from _quantities(found, {"group": groups_text(list(group.by.items()))})


def _quantities(found: Statistic, setting: dict[str, str]) -> Iterator[Quantity]:
    if isinstance(found, MetricResult):
        better = found.higher_is_better
        yield Quantity("metric", found.label, found.value, setting, found.ci, better)
    elif found.value is not None:
        ci = found.ci if found.reduction == "mean" else None  # it is that of the mean
        yield Quantity("loss", found.label, found.value, setting, ci)


def _losses_table(result: Evaluation) -> Table:
    """The rows of the losses; a derived statistic stands under its loss, indented."""
    headers = (*_headers(result), "min", "max", "at row")
    rows = []
    for loss in result.losses:
        rows.append(TableRow((*_first_cells(loss, result), *_extremes(loss))))
        rows += _derived_rows(loss, len(headers))
    most = len(headers) - 3
    if all(loss.statistic for loss in result.losses):  # none has extremes to show
        headers, rows = headers[:most], [row._replace(cells=row.cells[:most]) for row in rows]
    return Table(headers, rows, (1, most, most + 1, most + 2), _DROP_ORDER)


def _metrics_table(result: Evaluation) -> Table:
    """The rows of the losses and metrics; a derived statistic stands under its loss, indented."""
    headers = (*_headers(result), "n", "")
    rows = []
    for each in result.statistics:
        cells = (*_first_cells(each, result), f"{each.n:,}", _direction(each))
        rows += [TableRow(cells), *_derived_rows(each, len(headers))]
    return Table(headers, rows, (1, len(headers) - 2), ("n", ""))


def _derived_rows(each: Statistic, columns: int) -> list[TableRow]:
    """A row a derived statistic that is shown under a loss."""
    found = [
        (f"  {name}", number(value, _root_stderr(each, value))) for name, value in _derived(each)
    ]
    return [TableRow((*cells, *[""] * (columns - 2))) for cells in found]


def _derived(each: Statistic) -> list[tuple[str, float]]:
    """The derived statistics that are shown under a loss."""
    if isinstance(each, MetricResult) or each.reduction != "mean":
        return []
    return [(name, value) for name, value in each.derived.items() if each.statistic != name]


def _direction(each: Statistic) -> str:
    higher = each.higher_is_better if isinstance(each, MetricResult) else False
    if higher is None:
        return ""
    return "higher is better" if higher else "lower is better"


def _number_table(metric: MetricResult) -> Table:
    """The numbers that belong to a metric, such as a confusion matrix, at most 20 by 20."""
    table = metric.table
    assert table is not None
    most = 20
    headers = (escape(f"{metric.label}: {table.corner}"), *map(escape, table.columns[:most]))
    rows = [
        TableRow((escape(name), *(_plain_number(each) for each in numbers[:most])))
        for name, numbers in list(table.rows.items())[:most]
    ]
    if len(table.columns) > most or len(table.rows) > most:
        rows.append(TableRow(("… the table has more: --format json has all",)))
    return Table(headers, rows, range(1, len(headers)))


def _plain_number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def _headers(result: Evaluation) -> tuple[str, ...]:
    """The headers of the label, the value and its intervals."""
    level = percent(result.statistics[0].ci_level)
    hall = "Hall " if any(loss.ci_method for loss in result.losses) else ""
    intervals = [f"{level} {hall}interval"]
    if _is_resampled(result):
        intervals.append(f"{level} bootstrap")
    if result.metrics:
        return "loss or metric" if result.losses else "metric", "value", *intervals
    statistic = "sum" if result.losses[0].reduction == "sum" else "mean"
    return "loss", statistic, *intervals


def _first_cells(each: Statistic, result: Evaluation, group: str = "") -> tuple[str, ...]:
    """The cells under `_headers`; group: that of the row, in brackets."""
    cells = (escape(f"{each.label}{group}"), *value_cells(each))
    if not _is_resampled(result):
        return cells
    is_sum = isinstance(each, LossResult) and each.reduction == "sum"
    return *cells, "-" if is_sum else interval(each.bootstrap_ci, each.stderr)


def _is_resampled(result: Evaluation) -> bool:
    return any(each.bootstrap_ci is not None for each in result.statistics)


def _extremes(loss: LossResult) -> tuple[str, ...]:
    """The extremes of a loss. Those of a derived statistic would be those of another loss."""
    at_row = "-" if loss.max_row is None else str(loss.max_row)
    if loss.statistic:
        return "", "", ""
    return significant(loss.min, 3), significant(loss.max, 6), at_row


def _root_stderr(loss: Statistic, root: float) -> float | None:
    """The standard error of a root: that of the mean, over twice the root (delta method)."""
    return None if loss.stderr is None or not root else loss.stderr / (2.0 * root)


def _groups_table(result: Evaluation) -> Table:
    """A row a loss or metric and group, at most 40, the largest share of a total first.

    The worst group of each is among them.
    """
    rows: list[TableRow] = []
    most = max(1, _MOST_GROUPS // len(result.statistics))  # of each
    for at in range(len(result.statistics)):
        worst, shares = _worst(result.groups, at), _shares(result, at)
        order = sorted(range(len(shares)), key=lambda place: -(shares[place] or 0.0))
        for place in _shown(order, most, worst):
            group, share = result.groups[place], shares[place]
            shown = "" if share is None else f"{100 * share:.0f} %"
            marks = ["worst"] * (place == worst) + ["*"] * (group.statistics[at].n < FEW)
            each, key = group.statistics[at], groups_text(list(group.by.items()))
            cells = (*_first_cells(each, result, key), f"{each.n:,}", shown, " ".join(marks))
            rows.append(TableRow(cells))
    if any(row.cells[-1].endswith("*") for row in rows):
        rows.append(TableRow((f"* fewer than {FEW} rows",)))
    hidden = len(result.groups) - most
    if hidden > 0:
        words = f"… and {hidden:,} more group{'' if hidden == 1 else 's'}: --format json has all"
        rows.append(TableRow((words,)))
    headers = (*_headers(result), "n", "share", "")
    most = len(headers)
    return Table(headers, rows, (1, most - 3, most - 2), ("n", "share"))


def _shares(result: Evaluation, at: int) -> list[float | None]:
    """The part of Σ w·L of each group; None for metrics, and where it would not be a part."""
    whole = result.statistics[at]
    if not isinstance(whole, LossResult) or whole.min is None or whole.min < 0:
        return [None for _ in result.groups]
    known = 0 < whole.sum < math.inf
    return [group.losses[at].sum / whole.sum if known else None for group in result.groups]


def _worst(groups: Sequence[Group], at: int) -> int | None:
    """The place of the worst value of a loss or metric; None where all of them are alike."""
    means = [(_badness(group.statistics[at]), -place) for place, group in enumerate(groups)]
    known = [pair for pair in means if not math.isnan(pair[0])]
    differ = len({mean for mean, _ in known}) > 1
    return -max(known)[1] if differ else None


def _badness(each: Statistic) -> float:
    """A number that is larger where the value is worse; nan where neither is."""
    if isinstance(each, LossResult):
        return each.mean
    if each.higher_is_better is None:
        return math.nan
    return -each.value if each.higher_is_better else each.value


def _shown(order: Sequence[int], most: int, worst: int | None) -> list[int]:
    """The places that are shown: the first of an order, and the worst in place of the last."""
    places = list(order[:most])
    if worst is not None and worst not in places:
        places[-1] = worst
    return places


def _rows_line(result: Evaluation) -> str:
    labels: dict[str, list[str]] = {}
    for loss in result.statistics:
        labels.setdefault(_counts(loss), []).append(escape(loss.label))
    if len(labels) == 1:
        counts = list(labels)
    else:  # a row may count in one loss and not in another
        counts = [f"{words} ({', '.join(names)})" for words, names in labels.items()]
    return " · ".join([*counts, *map(_input, result.inputs)])


def _counts(loss: Statistic) -> str:
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
