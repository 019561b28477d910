"""The page of a run of a config: its results, its gates, the files written."""

from collections.abc import Iterable, Iterator

from losscli.render.gates import gates_line
from losscli.render.numbers import interval, percent
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.render.pages import builder_of
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.results.documents.eval import Evaluation, LossResult
from losscli.results.documents.run import Run
from losscli.results.gate import groups_text
from losscli.results.text import escape
from losscli.stats.formatting import duration, number

_BENCH_HEADERS = ("run", "implementation", "median", "speed-up", "")
_MOST_GROUPS = 40


def page(result: Run) -> Page:
    """The page of a run, new or read back."""
    tables = [table for table in (_evals(result), _benches(result)) if table]
    footer = [*_failures(result), *_incorrect(result)]
    written = [*result.outputs, *([result.saved] if result.saved else [])]
    footer += [f"wrote {', '.join(map(escape, written))}"] if written else []
    footer.append(gates_line(result.gates, result.exit_code))
    return Page((), tables, footer, [note.message for note in result.all_notes], result.gates)


def report_cases(result: Run) -> list[ReportCase]:
    """The losses of each run, or the rows of its benchmark."""
    return [
        case._replace(run=name)
        for name, part in result.results.items()
        for case in builder_of(part).report_cases(part)
    ]


def _evals(result: Run) -> Table | None:
    evals = {n: part for n, part in result.results.items() if isinstance(part, Evaluation)}
    lines = [line for name, part in evals.items() for line in _losses(name, part)]
    head = _interval_head(evals.values())
    heads = ("run", "loss", "mean", head, "n")
    return Table(heads, lines, frozenset({0, 1, 3}), (head,)) if lines else None


def _interval_head(parts: Iterable[Evaluation]) -> str:
    """The head of the intervals, with their level where it is the same for all."""
    levels = {loss.ci_level for part in parts for loss in part.losses}
    return f"{percent(*levels)} interval" if len(levels) == 1 else "interval"


def _losses(name: str, part: Evaluation) -> Iterator[TableRow]:
    for loss in part.losses:
        yield TableRow((escape(name), escape(loss.label), *_cells(loss)))
    for group in part.groups[:_MOST_GROUPS]:
        key = groups_text(list(group.by.items()))
        for loss in group.losses:
            yield TableRow((escape(name), escape(f"{loss.label}{key}"), *_cells(loss)))
    if len(part.groups) > _MOST_GROUPS:
        more = f"… and {len(part.groups) - _MOST_GROUPS:,} more groups: the JSON has all"
        yield TableRow((escape(name), more, "", "", ""))


def _cells(loss: LossResult) -> tuple[str, str, str]:
    mean = loss.reduction == "mean"
    return (
        "-" if loss.value is None else number(loss.value, loss.stderr if mean else None),
        interval(loss.ci, loss.stderr) if mean else "-",
        f"{loss.n:,}",
    )


def _rows(result: Run) -> Iterator[tuple[str, BenchmarkRow]]:
    for name, part in result.results.items():
        if isinstance(part, Benchmark):
            yield from ((name, row) for row in part.rows)


def _benches(result: Run) -> Table | None:
    lines = [
        TableRow(
            (
                escape(name),
                escape(_name_of(row)),
                "-" if row.times is None else duration(row.times.median),
                "-" if row.speedup is None else f"{row.speedup:.3g}",
                "" if row.correct else "WRONG",
            ),
            "" if row.correct else "red",
        )
        for name, row in _rows(result)
    ]
    return Table(_BENCH_HEADERS, lines, frozenset({0, 1, 4})) if lines else None


def _name_of(row: BenchmarkRow) -> str:
    where = "" if row.device == "cpu" else f" {row.device}"
    return f"{row.label} {row.impl} {row.size} {row.dtype} {row.passes}{where}"


def _failures(result: Run) -> Iterator[str]:
    """Why a step gave no result, where no gate of it says so."""
    gated = {gate.run for gate in result.gates}
    for name, failure in result.failures.items():
        if name not in gated:
            place = f" ({escape(failure.place)})" if failure.place else ""
            yield f"{escape(name)} failed: {escape(failure.message)}{place}"


def _incorrect(result: Run) -> Iterator[str]:
    """Why a row of a benchmark is not correct."""
    for name, row in _rows(result):
        if not row.correct:
            yield f"WRONG {escape(name)} {escape(_name_of(row))}: {escape(str(row.fault))}"
