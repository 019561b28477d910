"""How numbers and names are written for people, the same in every format."""

import math

from losscli.render.gates import gates_line
from losscli.render.page import Line, Outcome, Page, Table
from losscli.results.evaluation import Evaluation, Input, LossResult
from losscli.results.text import escape
from losscli.stats.formatting import exponent, number

ROW = tuple[str, ...]
LEAVING = ("min", "at row", "max")  # in a narrow terminal, in this order
HEADS: ROW = ("loss", "mean", "{level} interval", "min", "max", "at row")


def page(result: Evaluation) -> Page:
    """An evaluation as a page: one line a loss."""
    heads, rows = table_of(result)
    tables = [Table(heads, [Line(row) for row in rows], frozenset({0, 2}), LEAVING)]
    if result.groups:
        from losscli.render.groups import groups_table  # here: it needs the words of this module

        tables.append(groups_table(result))
    tail = [rows_line(result), how_line(result)]
    tail += [f"saved {escape(result.saved)}"] if result.saved else []
    notes = [note.message for note in result.notes]
    if result.gates:
        tail.append(gates_line(result.gates, result.exit_code))
    return Page((), tables, tail, notes, result.gates)


def outcomes(result: Evaluation) -> list[Outcome]:
    """A loss that has a number was evaluated, whatever the number is."""
    found = []
    for loss in result.losses:
        _, value, ci, *_ = _cells(loss)
        words = f"{value}, {percent(loss.ci_level)} interval {ci}, {_counts(loss)}"
        found.append(Outcome(f"{loss.label} evaluated", "pass", words))
    return found


def table_of(result: Evaluation) -> tuple[ROW, list[ROW]]:
    """The header and the rows of cells; a derived statistic stands under its loss, indented."""
    level = percent(result.losses[0].ci_level)
    heads = list(HEADS)
    heads[1] = {"mean": "mean", "sum": "sum", "none": "mean"}[result.losses[0].reduction]
    heads[2] = heads[2].format(level=level)
    rows: list[ROW] = []
    for loss in result.losses:
        rows.append(_cells(loss))
        rows += [
            (f"  {name}", number(value, _slope(loss, value)), "", "", "", "")
            for name, value in loss.derived.items()
            if loss.statistic != name and loss.reduction == "mean"
        ]
    return tuple(heads), rows


def _cells(loss: LossResult) -> ROW:
    value = value_of(loss)
    stderr = loss.stderr if loss.reduction != "sum" else None
    at = "-" if loss.max_row is None else str(loss.max_row)
    return (
        escape(loss.label),
        number(value, stderr),
        "-" if loss.reduction == "sum" else interval(loss.ci, loss.stderr),  # it is the mean's
        _digits(loss.min, 3),
        _digits(loss.max, 6),
        at,
    )


def value_of(loss: LossResult) -> float:
    """What the reduction asks for; under none the mean, or the statistic of it."""
    if loss.value is not None:
        return loss.value
    return loss.of_mean


def _digits(value: float | None, digits: int) -> str:
    if value is None:
        return "-"
    return f"{value:#.{digits}g}".rstrip(".") if value else "0"


def _slope(loss: LossResult, value: float) -> float | None:
    """The standard error of a root: that of the mean, halved, over the root."""
    return None if loss.stderr is None or not value else loss.stderr / (2.0 * value)


def interval(ci: tuple[float, float] | None, stderr: float | None, sign: str = "") -> str:
    """Both ends, to two digits of the standard error and at least four of their own.

    sign: "+" for one of changes, whose ends above 0 have a sign too.
    """
    if ci is None or stderr is None:
        return "-"
    if not all(math.isfinite(end) for end in (*ci, stderr)):
        return f"[{ci[0]:{sign}.4g}, {ci[1]:{sign}.4g}]"
    largest = max(abs(end) for end in ci)
    if not largest:
        return "[0, 0]"
    own = 3 - exponent(largest)
    places = max(own, 1 - exponent(stderr)) if stderr else own
    if not -4 <= exponent(largest) < 7:
        return f"[{ci[0]:{sign}.4g}, {ci[1]:{sign}.4g}]"
    places = max(0, places)
    return f"[{ci[0]:{sign}.{places}f}, {ci[1]:{sign}.{places}f}]"


def percent(level: float) -> str:
    """A level as people say it: 95 %."""
    return f"{100 * level:.6g} %"


def rows_line(result: Evaluation) -> str:
    """How many rows count, of how many, and what they were read from."""
    labels: dict[str, list[str]] = {}
    for loss in result.losses:
        labels.setdefault(_counts(loss), []).append(escape(loss.label))
    if len(labels) == 1:
        counts = list(labels)
    else:  # a row may count in one loss and not in another
        counts = [f"{words} ({', '.join(names)})" for words, names in labels.items()]
    return " · ".join([*counts, *map(_input, result.inputs)])


def _counts(loss: LossResult) -> str:
    left = [f"{loss.ignored:,} ignored"] if loss.ignored else []
    left += [f"{loss.skipped:,} skipped"] if loss.skipped else []
    tail = f"; {', '.join(left)}" if left else ""
    return f"{loss.n:,} of {loss.rows:,} rows{tail}"


def how_line(result: Evaluation) -> str:
    """Where and how it was computed."""
    where = f"{result.backend} on {result.device} in {result.dtype}, exact sums"
    where += f" · conventions of {result.like}" if result.like else ""
    return f"{where} · {result.wall_s:.2f} s"


def _input(part: Input) -> str:
    columns = f" [{', '.join(part.columns[:3])}{', …' if len(part.columns) > 3 else ''}]"
    name = escape(part.path.rsplit("/", 1)[-1]) + (escape(columns) if part.columns else "")
    shape = ", ".join(map(str, part.shape)) + ("," if len(part.shape) == 1 else "")
    return f"{name} {part.dtype} ({shape})"
