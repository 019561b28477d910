"""The page of a run of a config: its results, its gates, the files written."""

from collections.abc import Iterable, Iterator

from losscli.render.gates import gates_line
from losscli.render.numbers import interval, percent, short_names, signed, value_cells
from losscli.render.page import Page, Quantity, ReportCase, Table, TableRow
from losscli.render.pages import cases_of_runs, quantities_of_runs
from losscli.render.verdicts import STYLES
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.results.documents.compare import ModelComparison
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Run
from losscli.results.gate import groups_text
from losscli.results.statistics import Statistic
from losscli.results.text import escape
from losscli.stats.formatting import duration

_MOST_GROUPS = 40


def page(result: Run) -> Page:
    """The page of a run, new or read back."""
    parts = (_evals(result), _benches(result), _comparisons(result))
    tables = [table for table in parts if table]
    footer = [*_failures(result), *_incorrect(result)]
    written = [*result.outputs, *([result.saved] if result.saved else [])]
    footer += [f"wrote {', '.join(map(escape, written))}"] if written else []
    footer.append(gates_line(result.gates, result.exit_code))
    return Page((), tables, footer, [note.message for note in result.all_notes], result.gates)


def report_cases(result: Run) -> list[ReportCase]:
    """The losses of each run, or the rows of its benchmark."""
    return cases_of_runs(result.results)


def quantities(result: Run) -> Iterator[Quantity]:
    """The numbers of each run that gave a result."""
    return quantities_of_runs(result.results)


def _evals(result: Run) -> Table | None:
    evals = {n: part for n, part in result.results.items() if isinstance(part, Evaluation)}
    rows = [row for name, part in evals.items() for row in _losses(name, part)]
    interval_header = _interval_header(evals.values())
    headers = ("run", "loss", "mean", interval_header, "n")
    return Table(headers, rows, (2, 4), (interval_header,)) if rows else None


def _interval_header(parts: Iterable[Evaluation]) -> str:
    levels = {found.ci_level for part in parts for found in part.statistics}
    return f"{percent(*levels)} interval" if len(levels) == 1 else "interval"


def _losses(name: str, part: Evaluation) -> Iterator[TableRow]:
    for loss in part.statistics:
        yield TableRow((escape(name), escape(loss.label), *_cells(loss)))
    for group in part.groups[:_MOST_GROUPS]:
        key = groups_text(list(group.by.items()))
        for loss in group.statistics:
            yield TableRow((escape(name), escape(f"{loss.label}{key}"), *_cells(loss)))
    if len(part.groups) > _MOST_GROUPS:
        more = f"… and {len(part.groups) - _MOST_GROUPS:,} more groups: the JSON has all"
        yield TableRow((escape(name), more, "", "", ""))


def _cells(loss: Statistic) -> tuple[str, str, str]:
    # Under the reduction none a run shows no value.
    value, ci = ("-", "-") if loss.value is None else value_cells(loss)
    return value, ci, f"{loss.n:,}"


def _rows(result: Run) -> Iterator[tuple[str, BenchmarkRow]]:
    for name, part in result.results.items():
        if isinstance(part, Benchmark):
            yield from ((name, row) for row in part.rows)


def _benches(result: Run) -> Table | None:
    names = short_names(row.impl for _, row in _rows(result))
    rows = [_bench_row(name, row, names[row.impl]) for name, row in _rows(result)]
    headers = ("run", "implementation", "median", "speed-up", "")
    return Table(headers, rows, (2, 3)) if rows else None


def _bench_row(name: str, row: BenchmarkRow, impl: str) -> TableRow:
    cells = (
        escape(name),
        escape(_described(row, impl)),
        "-" if row.times is None else duration(row.times.median),
        "-" if row.speedup is None else f"{row.speedup:.3g}",
        "" if row.correct else "INCORRECT",
    )
    return TableRow(cells, "" if row.correct else "red")


def _described(row: BenchmarkRow, impl: str) -> str:
    where = "" if row.device == "cpu" else f" {row.device}"
    return f"{row.label} {impl} {row.size} {row.dtype} {row.passes}{where}"


def _comparisons(result: Run) -> Table | None:
    """A row a loss and pair of each comparison, over all rows; groups are in its own page."""
    parts = {n: part for n, part in result.results.items() if isinstance(part, ModelComparison)}
    rows = [
        TableRow(
            (
                escape(name),
                escape(loss.label),
                escape(f"{pair.model} - {pair.baseline}"),
                signed(pair),
                interval(pair.ci, pair.stderr, "+"),
                pair.verdict,
            ),
            STYLES.get(pair.verdict, ""),
        )
        for name, part in parts.items()
        for loss in part
        for pair in loss.pairs
    ]
    headers = ("run", "loss", "models", "difference", "interval", "verdict")
    return Table(headers, rows, (3,), ("interval",)) if rows else None


def _failures(result: Run) -> Iterator[str]:
    """The reasons of steps without a result, where none of their gates says so."""
    gated = {gate.run for gate in result.gates}
    for name, failure in result.failures.items():
        if name not in gated:
            place = f" ({escape(failure.place)})" if failure.place else ""
            yield f"{escape(name)} failed: {escape(failure.message)}{place}"


def _incorrect(result: Run) -> Iterator[str]:
    for name, row in _rows(result):
        if not row.correct:
            described = escape(f"{name} {_described(row, row.impl)}")
            yield f"INCORRECT {described}: {escape(str(row.fault))}"
