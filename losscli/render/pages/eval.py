"""The page of an evaluation: one row a loss, then the groups."""

from losscli.render.gates import gates_line
from losscli.render.groups import groups_table
from losscli.render.numbers import interval, percent, significant, value_of
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.results.documents.eval import Evaluation, Input, LossResult
from losscli.results.text import escape
from losscli.stats.formatting import number

_DROP_ORDER = ("min", "at row", "max")


def page(result: Evaluation) -> Page:
    """The page of an evaluation."""
    tables = [_losses_table(result)]
    if result.groups:
        tables.append(groups_table(result))
    footer = [_rows_line(result), _method_line(result)]
    footer += [f"saved {escape(result.saved)}"] if result.saved else []
    notes = [note.message for note in result.notes]
    if result.gates:
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
    first = result.losses[0]
    statistic = "sum" if first.reduction == "sum" else "mean"
    headers: tuple[str, ...] = (
        "loss",
        statistic,
        f"{percent(first.ci_level)} interval",
        "min",
        "max",
        "at row",
    )
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
    return Table(headers, rows, frozenset({0, 2}), _DROP_ORDER)


def _cells(loss: LossResult) -> tuple[str, ...]:
    """The cells of a loss. The extremes of a derived statistic would be those of another loss."""
    of_mean = loss.reduction != "sum"
    at_row = "-" if loss.max_row is None else str(loss.max_row)
    extremes = (significant(loss.min, 3), significant(loss.max, 6), at_row)
    return (
        escape(loss.label),
        number(value_of(loss), loss.stderr if of_mean else None),
        interval(loss.ci, loss.stderr) if of_mean else "-",
        *(("", "", "") if loss.statistic else extremes),
    )


def _root_stderr(loss: LossResult, root: float) -> float | None:
    """The standard error of a root: that of the mean, over twice the root (delta method)."""
    return None if loss.stderr is None or not root else loss.stderr / (2.0 * root)


def _rows_line(result: Evaluation) -> str:
    """The counts of rows, and the inputs that they were read from."""
    labels: dict[str, list[str]] = {}
    for loss in result.losses:
        labels.setdefault(_counts(loss), []).append(escape(loss.label))
    if len(labels) == 1:
        counts = list(labels)
    else:  # a row may count in one loss and not in another
        counts = [f"{words} ({', '.join(names)})" for words, names in labels.items()]
    return " · ".join([*counts, *map(_input, result.inputs)])


def _counts(loss: LossResult) -> str:
    left_out = [f"{loss.ignored:,} ignored"] if loss.ignored else []
    left_out += [f"{loss.skipped:,} skipped"] if loss.skipped else []
    return f"{loss.n:,} of {loss.rows:,} rows{'; ' if left_out else ''}{', '.join(left_out)}"


def _method_line(result: Evaluation) -> str:
    """Where and how the result was computed."""
    conventions = f" · conventions of {result.like}" if result.like else ""
    method = f"{result.backend} on {result.device} in {result.dtype}, exact sums"
    return f"{method}{conventions} · {result.wall_s:.2f} s"


def _input(part: Input) -> str:
    columns = f" [{', '.join(part.columns[:3])}{', …' if len(part.columns) > 3 else ''}]"
    name = escape(part.path.rsplit("/", 1)[-1]) + (escape(columns) if part.columns else "")
    shape = ", ".join(map(str, part.shape)) + ("," if len(part.shape) == 1 else "")
    return f"{name} {part.dtype} ({shape})"
